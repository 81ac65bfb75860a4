"""What a comparison leaves behind: tables and characterisations in a folder, and a run in MLflow."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from raysys.assess.methods.comparison import Comparison
from raysys.assess.methods.label_comparison import LabelComparison
from raysys.assess.notation import PLAIN
from raysys.assess.power.noticing import WHOLE
from raysys.assess.power.words import phases_verdict_words, set_verdict_words
from raysys.files import write_csv, written_aside
from raysys.stats import Characterisation
from raysys.stats.sets.physical import physical_columns

__all__ = ["track_comparison", "write_comparison"]

KIND = "comparison"
FILES = {
    "power.csv": "power",
    "errors.csv": "errors",
    "verdicts.csv": "verdicts",
    "methods.csv": "times",
    "nearest.csv": "copies",
}


def write_comparison(
    folder: Path, comparison: Comparison | LabelComparison, *, heard: Callable[[Path], object] | None = None
) -> list[Path]:
    """Write a characterisation (.npz) of each set, verdict.json, numbers.csv, power.csv, errors.csv, verdicts.csv,
    methods.csv and nearest.csv.

    Of label images there is one of each phase: gan-0.npz, gan-1.npz, by their numbers.

    Parameters
    ----------
    folder
        Where; files of an earlier comparison are replaced one by one, each by a complete one.
    comparison
        What was found.
    heard
        Is told each file when it is complete.

    Returns
    -------
    list of Path
        The files; a table without rows has none.
    """
    files: list[Path] = []

    def written(path: Path) -> None:
        files.append(path)
        if heard is not None:
            heard(path)

    sets = _characterisations(comparison)
    for name, measured in sets.items():
        measured.save(folder / f"{name}.npz")
        written(folder / f"{name}.npz")
    with written_aside(folder / "verdict.json") as aside:
        aside.write_text(json.dumps(_verdicts(comparison), indent=2, allow_nan=False) + "\n")
    written(folder / "verdict.json")
    tables = {"numbers.csv": _numbers(sets)} | {file: comparison.rows(table) for file, table in FILES.items()}
    for file, rows in tables.items():
        if rows:
            write_csv(folder / file, rows)
            written(folder / file)
    return files


def _numbers(sets: Mapping[str, Characterisation]) -> list[dict[str, Any]]:
    """What was measured of each set, as `raysys stats --csv` writes it: in pixels, and in units of length if known."""
    return [
        {"set": name, **row, **physical_columns(row, measured.spacing)}
        for name, measured in sets.items()
        for row in measured.rows()
    ]


def _verdicts(comparison: Comparison | LabelComparison) -> dict[str, Any]:
    """{set: verdict}; of label images {phase: {set: verdict}}, and "overall" over all phases.

    The sentence stands beside what it is written from.
    """
    if isinstance(comparison, LabelComparison):
        overall = {
            name: {"words": phases_verdict_words(name, each, PLAIN), **each.to_json()}
            for name, each in comparison.set_verdicts.items()
        }
        return {phase: _verdicts(one) for phase, one in comparison.phases.items()} | {"overall": overall}
    return {
        name: {"words": set_verdict_words(name, each, PLAIN), **each.to_json()}
        for name, each in comparison.set_verdicts.items()
    }


def _characterisations(comparison: Comparison | LabelComparison) -> dict[str, Characterisation]:
    if isinstance(comparison, Comparison):
        return comparison.characterisations
    return {
        f"{name}-{number}": measured
        for number, one in enumerate(comparison.phases.values())
        for name, measured in one.characterisations.items()
    }


def track_comparison(
    comparison: Comparison | LabelComparison,
    files: Sequence[Path],
    title: str,
    asked: dict[str, Any],
    *,
    tracking_uri: str | None = None,
    experiment: str = "raysys",
) -> str:
    """Record an MLflow run of the kind "comparison": errors and times as metrics, files as artifacts.

    Parameters
    ----------
    comparison, files
        What was found, and where it was written.
    title
        Of the run.
    asked
        What the sets were made of; the run's parameters are these and `comparison.parameters`.
    tracking_uri, experiment
        Where MLflow keeps the run, see `raysys.models.registry.tracking_location`.

    Returns
    -------
    str
        The run's id.
    """
    from raysys.models.registry import tracking_location
    from raysys.train.tracking import Tracker, ending_run, start_run

    uri = tracking_location(tracking_uri)
    tags = {"raysys.kind": KIND}
    parameters = asked | comparison.parameters
    words = f"Comparison of {', '.join(comparison.methods)} with real images."
    run_id = start_run(title, experiment=experiment, uri=uri, parameters=parameters, tags=tags, description=words)
    with ending_run(run_id, uri):
        tracker = Tracker(run_id, uri)
        tracker.log(0, {name: value for name, value in _metrics(comparison) if math.isfinite(value)})
        tracker.flush()
        for path in files:
            tracker.artifact(path, "characterisations" if path.suffix == ".npz" else None)
    return run_id


def _metrics(comparison: Comparison | LabelComparison) -> Iterator[tuple[str, float]]:
    for row in comparison.rows("errors"):
        place = "/".join(row[name] for name in ("set", "phase", "descriptor") if name in row)
        yield f"mse/{place}", row["mse"]
        yield f"times_band/{place}", row["times_band"]
    for row in comparison.rows("verdict"):
        if row["part"] == WHOLE:
            yield f"p/{'/'.join(row[name] for name in ('set', 'phase') if name in row)}", row["p"]
    for name, method in comparison.methods.items():
        yield f"seconds_per_image/{name}", method.per_image
        yield f"training_seconds/{name}", method.training
    for name, found in comparison.copies.items():
        yield f"near_share/{name}", found.near / len(found.generated)
        yield f"near_p/{name}", found.p
