"""What `raysys compare` leaves behind: the table of errors, characterisations, the page, and a run in MLflow."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.terminal import wrote

if TYPE_CHECKING:
    from raysys.assess.methods.comparison import Comparison
    from raysys.assess.methods.method import Method
    from raysys.stats import Memorising

KIND = "comparison"


def error_rows(comparison: Comparison, methods: dict[str, Method]) -> Iterator[dict[str, Any]]:
    """One row per set and descriptor: its error, the band of real images, how many times the band's upper end."""
    for name, errors in comparison.errors.items():
        for descriptor, error in errors.items():
            own, verdict = comparison.baseline.get(descriptor), comparison.verdict(name, descriptor)
            ends = {end: getattr(own, end) if own is not None else math.nan for end in ("low", "median", "high")}
            yield {
                "set": name,
                "method": methods[name].kind,
                "asked": " ".join(methods[name].asked),
                "descriptor": descriptor,
                "mse": error,
                **{f"band_{end}": value for end, value in ends.items()},
                "times_band": verdict.times,
                "verdict": verdict.kind,
                "white_noise": comparison.white_noise.get(descriptor, math.nan),
            }


def nearest_rows(nearest: dict[str, Memorising]) -> Iterator[dict[str, Any]]:
    """One row per set: how near its images are to the training images, beside tiles held out of the training."""
    import numpy as np

    for name, one in nearest.items():
        yield {
            "set": name,
            "images": len(one.generated),
            "held_out": len(one.held_out),
            "median_distance": float(np.median(one.generated.distances)),
            "median_distance_held_out": float(np.median(one.held_out.distances)),
            "least_distance": float(one.generated.distances.min()),
            "median_ratio": float(np.median(one.ratios)),
            "median_ratio_held_out": float(np.median(one.held_out_ratios)),
            "limit": one.limit,
            "near": one.near,
            "p": one.p,
            "verdict": one.kind,
        }


def write_records(
    output: Path,
    comparison: Comparison,
    methods: dict[str, Method],
    sentences: dict[str, str],
    nearest: dict[str, Memorising],
) -> list[Path]:
    """Write errors.csv, verdicts.csv, methods.csv, nearest.csv and characterisations; return the files."""
    tables: dict[str, list[dict[str, Any]]] = {
        "errors.csv": list(error_rows(comparison, methods)),
        "verdicts.csv": [{"subject": subject, "verdict": sentence} for subject, sentence in sentences.items()],
        "methods.csv": [_method_row(name, one) for name, one in methods.items()],
        "nearest.csv": list(nearest_rows(nearest)),
    }
    files = [output / f"{name}.npz" for name in comparison.characterisations]
    for path, one in zip(files, comparison.characterisations.values(), strict=True):
        one.save(path)
    for name, rows in tables.items():
        if rows:
            files.append(output / name)
            _write(files[-1], rows)
    wrote(output, f"{', '.join(path.name for path in files)}")
    return files


def record(
    title: str,
    comparison: Comparison,
    methods: dict[str, Method],
    nearest: dict[str, Memorising],
    files: list[Path],
    *,
    parameters: dict[str, Any],
    tracking: tuple[str | None, str],
) -> str:
    """An MLflow run of the kind "comparison": errors and times as metrics, files as artifacts; returns its id."""
    from raysys.models.registry import tracking_location
    from raysys.train.tracking import Tracker, ending_run, start_run

    uri = tracking_location(tracking[0])
    tags = {"raysys.kind": KIND}
    run_id = start_run(title, experiment=tracking[1], uri=uri, parameters=parameters, tags=tags)
    with ending_run(run_id, uri):
        tracker = Tracker(run_id, uri)
        tracker.log(0, {name: value for name, value in _metrics(comparison, methods, nearest) if math.isfinite(value)})
        tracker.flush()
        for path in files:
            tracker.artifact(path, "characterisations" if path.suffix == ".npz" else None)
    return run_id


def _metrics(
    comparison: Comparison, methods: dict[str, Method], nearest: dict[str, Memorising]
) -> Iterator[tuple[str, float]]:
    for row in error_rows(comparison, methods):
        yield f"mse/{row['set']}/{row['descriptor']}", row["mse"]
        yield f"times_band/{row['set']}/{row['descriptor']}", row["times_band"]
    for name, one in methods.items():
        yield f"seconds_per_image/{name}", one.per_image
        yield f"training_seconds/{name}", one.training
    for name, found in nearest.items():
        yield f"near_share/{name}", found.near / len(found.generated)
        yield f"near_p/{name}", found.p


def _method_row(name: str, one: Method) -> dict[str, Any]:
    return {
        "set": name,
        "method": one.kind,
        "source": one.source,
        "asked": " ".join(one.asked),
        "training_seconds": one.training,
        "seconds_per_image": one.per_image,
        "told": one.told,
    }


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    from raysys.files import written_aside

    with written_aside(path) as aside, aside.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
