"""Masks and scores of edits, which two commands read and show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from raysys.cli.parts.terminal import number, wrote
from raysys.errors import RaysysError
from raysys.files import written_aside

if TYPE_CHECKING:
    import numpy as np

    from raysys.assess import EditScores


def read_mask(path: str, option: str) -> np.ndarray:
    """A mask (H, W) of a picture or an array; whether it can serve is looked at with the image at hand."""
    from raysys.data import read_images

    mask = read_images(path)
    if mask.ndim != 2:
        raise RaysysError(f"{option} {path} holds {mask.shape}; allowed: one flat image, white and black")
    return mask


def edit_table(found: dict[str, EditScores]) -> Table:
    """A row for each edit."""
    first = next(iter(found.values()))
    what = first.recognised or "no classifier"
    seen = first.distance or "patch distance"
    table = Table(title=f"Edits; class: {what}; {seen}: {first.weights or 'no weights'}")
    table.add_column("edit", overflow="fold")
    heads = ("inside", "outside", f"{seen} inside", f"{seen} outside", "overlap", "largest piece", "exact", "kept")
    for head in (*heads, "probability", "before"):
        table.add_column(head, justify="right")
    for name, one in found.items():
        numbers = (one.inside, one.outside, one.seen_inside, one.seen_outside, one.overlap, one.largest_piece)
        more = (one.exact, one.kept, one.probability, one.probability_before)
        table.add_row(name, *map(number, (*numbers, *more)))
    return table


def write_scores(path: Path, found: dict[str, EditScores]) -> None:
    """All numbers as JSON {edit: {number: value}}."""
    with written_aside(path) as aside:
        aside.write_text(json.dumps({name: one.as_dict() for name, one in found.items()}, indent=2) + "\n")
    wrote(path)
