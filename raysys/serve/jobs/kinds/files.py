"""What jobs leave: files that are equal, byte for byte, whenever and wherever they are made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from raysys.files import written_aside

# What a job took differs from run to run, and its files do not.
SUMMARY = "summary.json"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, which appears when it is complete."""
    with written_aside(path) as aside:
        aside.write_bytes(content)


def write_summary(folder: Path, **facts: Any) -> None:
    """Write what was asked for and what has come of it, in JSON."""
    write_bytes(folder / SUMMARY, json.dumps(facts, indent=2, sort_keys=True).encode())
