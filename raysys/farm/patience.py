"""How long a farm waits before it gives something up."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Patience"]


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds.

    `checkpoint`: between two checkpoints of a job (at least one step), which is what a death may lose; `start`: for
    the first worker to get its CPU; `answer`: for a checkpoint from a worker, before it is taken for dead; `attempts`:
    deaths of workers in a row, without a checkpoint in between, after which a job counts as failed.
    """

    checkpoint: float = 1.0
    start: float = 60.0
    answer: float = 600.0
    attempts: int = 3
