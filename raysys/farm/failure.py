"""The error of a farm of which not all jobs have ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from raysys.errors import RaysysError
from raysys.farm.order import Nouns

__all__ = ["FarmError", "failure"]

NAMED = 5  # failed jobs whose reasons stand in the sentence; `failed` has them all


class FarmError(RaysysError):
    """Some jobs did not end: `failed` says why, by the jobs' numbers; `results` are those of the others, in order."""

    def __init__(self, message: str, failed: dict[int, str], results: list[Any]) -> None:
        super().__init__(message)
        self.failed, self.results = failed, results


def failure(
    nouns: Nouns, jobs: int, failed: Mapping[int, str], results: Mapping[int, Any], folder: Path | None
) -> FarmError:
    """The error of a farm of so many jobs, in words; `folder` is where the same call would go on."""
    reasons = "; ".join(f"{nouns.job} {number}: {reason}" for number, reason in sorted(failed.items())[:NAMED])
    more = f"; and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    resume = f"; the same call with checkpoint folder {folder} continues them" if folder else ""
    return FarmError(
        f"{nouns.work}: {len(failed)} of {jobs} {nouns.jobs} failed ({reasons}{more}){resume}",
        dict(sorted(failed.items())),
        [results[number] for number in sorted(results)],
    )
