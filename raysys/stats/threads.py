"""Threads for large images: compiled kernels release the interpreter, and parts of an image do not wait for each other.

Workers of Ray and of farms are given one thread each by the environment, and keep to it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numba

# Steps of a kernel, of about a nanosecond or less, from which on threads are worth being begun.
LARGE = 2**24
CONFIG: Any = numba.config
_HERE = threading.local()
PARTS_PER_THREAD = 4  # so that one that is held up leaves its parts to the others


def thread_count(size: int) -> int:
    """Threads for so many steps: one for few of them, else as many as numba, OpenMP's variable and the CPUs allow."""
    if size < LARGE:
        return 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    most = int(asked) if asked.isdigit() and int(asked) > 0 else CONFIG.NUMBA_NUM_THREADS
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(most, CONFIG.NUMBA_NUM_THREADS, cpus))


def over_threads(work: Callable[[int, int], None], total: int, size: int, parts: int | None = None) -> None:
    """Call `work(first, last)` for ranges that make up 0 to `total`, side by side where the size is worth it.

    Parameters
    ----------
    work
        Whose calls write to different places; a kernel that releases the interpreter.
    total
        Of what is divided: rows, images, blocks.
    size
        Steps of all of it.
    parts
        Ranges; four a thread by default.
    """
    count = min(thread_count(size), total)
    # Within a thread of the pool there is no other: to wait for one could be to wait for oneself.
    if count <= 1 or getattr(_HERE, "within", False):
        work(0, total)
        return
    ranges = min(total, parts or PARTS_PER_THREAD * count)
    edges = [total * k // ranges for k in range(ranges + 1)]
    for _ in _pool(count).map(work, edges[:-1], edges[1:]):
        pass


@cache
def _pool(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "raysys-stats", lambda: setattr(_HERE, "within", True))


# A forked process has the pool but none of its threads, and would wait for them for ever.
os.register_at_fork(after_in_child=_pool.cache_clear)
