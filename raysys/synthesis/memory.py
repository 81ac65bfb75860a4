"""What a picture takes in memory, and what there is."""

from __future__ import annotations

import os
from pathlib import Path

from raysys.synthesis.descent import Plan

__all__ = ["available", "bytes_of"]

BASE = 500e6  # the interpreter, torch and VGG-19 up to its fourth block
# Of one pixel at full size: features of the first two blocks with their gradients, patches' tables in chunks.
# benchmarks/texture_windows.py measures both.
PIXEL = 2500.0
QUILTED = 120.0  # of a quilt, whose float64 values and origins are held at once
SHARE = 0.8  # of what is free, that a picture may take
CGROUP = Path("/sys/fs/cgroup")


def bytes_of(plan: Plan) -> float:
    """Bytes that a picture takes at its largest scale, made in one piece."""
    rows, columns = plan.size
    return BASE + rows * columns * (PIXEL if plan.scales else QUILTED)


def available() -> float:
    """Bytes that this process may still take without harm: what the system, or the container's limit, leaves free."""
    free = [_of_system(), _of_container()]
    return SHARE * min(one for one in free if one is not None)


def _of_system() -> float:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        held = dict(line.split(":", 1) for line in lines)
        return 1024 * float(held["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):  # not Linux: what the machine has
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def _of_container() -> float | None:
    try:
        most = (CGROUP / "memory.max").read_text().strip()
        used = float((CGROUP / "memory.current").read_text())
        return None if most == "max" else float(most) - used
    except (OSError, ValueError):
        return None
