"""Ray Train's list of a run's checkpoints, which it reads when the run goes on, held against what is there.

A kill between two writes, or damage to one of them, leaves a list that names what is gone, or a checkpoint that no list
names; Ray Train then refuses to begin, or does steps again that were done.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from raysys.files import written_aside
from raysys.train.checkpoint import Progress, read_progress
from raysys.train.session import set_damaged_aside

LIST = "checkpoint_manager_snapshot.json"


def follow_what_is_there(folder: Path, best_by: str) -> None:
    """Set damaged checkpoints aside, and list those that are whole if Ray Train's list says otherwise.

    Parameters
    ----------
    folder
        Of the run.
    best_by
        The metric that chooses the best checkpoint: the recipe's `training.best_by`.
    """
    set_damaged_aside(folder)
    there = sorted(folder.glob("step-*"))
    if _listed(folder) == (there[-1].name if there else None, True):
        return
    if not there:
        (folder / LIST).unlink(missing_ok=True)
        return
    progress = {path.name: read_progress(path) for path in there}
    # The worst first, as Ray Train keeps them.
    names = sorted(progress, key=lambda name: _score(progress[name], best_by))
    entries = {name: {"checkpoint_dir_name": name, "metrics": progress[name].reported()} for name in names}
    with written_aside(folder / LIST) as aside:
        aside.write_text(json.dumps(_list(entries, order=list(progress))))


def _listed(folder: Path) -> tuple[str | None, bool]:
    """The newest checkpoint by Ray Train's list, and whether all that it names are there."""
    try:
        listed: dict[str, Any] = json.loads((folder / LIST).read_text())
        names = [result["checkpoint_dir_name"] for result in listed["checkpoint_results"]]
        newest = listed["latest_checkpoint_result"]
    except FileNotFoundError:
        return None, True
    except (OSError, ValueError, KeyError, TypeError):
        return None, False
    return newest and newest["checkpoint_dir_name"], all((folder / name).is_dir() for name in names)


def _score(progress: Progress, best_by: str) -> float:
    value = progress.metrics.get(best_by.removeprefix("-"), math.nan)
    if math.isnan(value):
        return -math.inf
    return value if best_by.startswith("-") else -value


def _list(entries: dict[str, Any], order: list[str]) -> dict[str, Any]:
    import ray

    return {
        "ray_version": ray.__version__,
        "checkpoint_results": list(entries.values()),
        "checkpoint_report_indices": [order.index(name) for name in entries],
        "latest_checkpoint_result": entries[order[-1]],
        "pending_training_results": [],
        "pending_validation_specs": [],
        "current_report_index": len(order),
        "validated_checkpoint_dir_names": [],
        "timed_out_validation_checkpoint_dir_names": [],
        "failed_validation_checkpoint_dir_names": [],
    }
