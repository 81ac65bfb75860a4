"""Images of different sizes: a row for each, and sets by size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from raysys.cli.parts.terminal import by, number

if TYPE_CHECKING:
    from raysys.cli.parts.measured import Study

__all__ = ["batch_table", "image_rows"]


def batch_table(studies: Sequence[Study]) -> Table:
    """Size, phase fraction, threshold and numbers of every image, in sets by size."""
    rows = image_rows(studies)
    sizes = "size" if len(studies) == 1 else "sizes"
    table = Table(title=f"{len(rows)} images of {len(studies)} {sizes}", caption="curves follow, by size")
    for name in rows[0]:
        table.add_column(name, justify="left" if name in ("image", "pixels") else "right")
    for row in rows:
        table.add_row(*(number(value) if isinstance(value, float) else str(value) for value in row.values()))
    return table


def image_rows(studies: Sequence[Study]) -> list[dict[str, Any]]:
    """A row for each image, with the same columns in all."""
    return [row for study in studies for row in _rows(study)]


def _rows(study: Study) -> Iterator[dict[str, Any]]:
    scalars = study.measured.scalars
    for k, path in enumerate(study.files):
        page = study.files[:k].count(path)
        several = study.files.count(path) > 1
        decision = study.decisions.get(path)
        threshold = None if decision is None else decision.threshold
        yield {
            "image": f"{Path(path).name}{f' {page}' if several else ''}",
            "pixels": by(study.measured.shape),
            "phase_fraction": float(study.measured.phase_fractions[k]),
            "threshold": "" if threshold is None else threshold,
            **{name: float(one.values[k]) for name, one in scalars.items()},
        }
