"""What a running reconstruction tells its caller."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Progress"]


@dataclass(frozen=True)
class Progress:
    """State after one chain has moved on.

    `chain` has made `stage` of `stages` stages and stands at `energy`; `finished` of `chains` chains have ended;
    `workers` Ray actors are at work and `pending` more wait for a free CPU (0 of both without Ray).
    """

    chain: int
    stage: int
    stages: int
    energy: float
    finished: int
    chains: int
    workers: int = 0
    pending: int = 0
