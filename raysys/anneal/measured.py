"""Terms of a target from what is measured on images, or from a table."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raysys.anneal.mixture import surface_of
from raysys.anneal.terms import Term
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.stats import Boundary, Characterisation


def curve_terms(
    characterisation: Characterisation, weights: Mapping[str, float], phase: int, r_max: int | None
) -> list[Term]:
    """The mean curves named in `weights`, where they are sampled and to be trusted, from r = 1 on."""
    return [_curve_term(name, characterisation, phase, weight, r_max) for name, weight in weights.items()]


def _curve_term(name: str, found: Characterisation, phase: int, weight: float, r_max: int | None) -> Term:
    curve = found.curves[name]
    r, mean = np.asarray(curve.r), curve.mean
    # Beyond 0.45 of a period a hexagon's vertices wrap onto each other, in the reconstruction in any case.
    longest = int(0.45 * min(found.shape)) if name == "P6" else min(found.shape)
    longest = min(longest, r_max if r_max is not None else longest)
    kept = (r >= 1) & (r <= longest) & np.isfinite(mean)
    if not kept.any():
        raise RaysysError(
            f"annealing target: {name} has no value at any lag from 1 to {longest}; allowed: larger images"
        )
    return Term(name, r[kept].astype(np.int64), mean[kept], phase, weight, dict(curve.protocol))


def two_point_map_term(labels: np.ndarray, phase: int, r_max: int | None, boundary: Boundary, weight: float) -> Term:
    """The mean two-point map of one half of all lag vectors (the other half is its mirror image), up to r_max."""
    from raysys.stats import autocorrelation

    shape = labels.shape[1:]
    longest = min(shape) // 2 if r_max is None else r_max
    # Open images are cut to the lags that every one of their windows has; periodic ones hold every vector.
    found = autocorrelation(labels, phase=phase, boundary=boundary).mean(axis=0)
    centre = np.array(found.shape) // 2
    steps = [np.arange(-min(longest, s // 2), min(longest, s // 2) + 1) for s in shape]
    vectors = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, len(shape))
    inside = (np.abs(vectors) <= longest).all(axis=1) & _first_half(vectors)
    chosen = vectors[inside]
    places = chosen + centre
    held = (places < found.shape).all(axis=1)
    return Term("map", chosen[held], found[tuple(places[held].T)], phase, weight)


def _first_half(vectors: np.ndarray) -> np.ndarray:
    """Of every vector and its opposite one; not the zero vector."""
    first = np.zeros(len(vectors), bool)
    undecided = np.ones(len(vectors), bool)
    for column in vectors.T:
        first |= undecided & (column > 0)
        undecided &= column == 0
    return first


def surface_term(labels: np.ndarray, phase: int, r_max: int | None, boundary: Boundary, weight: float) -> Term:
    """Mean two-point function, along the axes, of the pixels of a phase that touch another phase with a face."""
    from raysys.stats import two_point

    images = np.stack([_surface(image == phase, boundary) for image in labels]).astype(np.uint8)
    curve = two_point(images, r_max=r_max, boundary=boundary)
    return Term("surface", curve.r[1:].astype(np.int64), curve.mean[1:], phase, weight)


def _surface(inside: np.ndarray, boundary: Boundary) -> np.ndarray:
    if boundary == "periodic":
        return surface_of(inside)
    # What lies beyond an open image is unknown, and no other phase: the image is continued by its border.
    padded = surface_of(np.pad(inside, 1, mode="edge"))
    return padded[(slice(1, -1),) * inside.ndim]


def read_curves(path: str | Path) -> tuple[list[Term], float | None]:
    """Curves of a CSV file with the columns descriptor, r, mean, and their value at r = 0 if it is there.

    Raises
    ------
    RaysysError
        If the file is missing, lacks a column, or holds something that is no number.
    """
    rows = _rows(Path(path))
    terms, phi = [], None
    for name in dict.fromkeys(row[0] for row in rows):
        found = [(r, value) for other, r, value in rows if other == name]
        phi = next((value for r, value in found if r == 0), phi)
        lags = [(r, value) for r, value in found if r > 0 and math.isfinite(value)]
        terms.append(Term(name, np.array([r for r, _ in lags]), np.array([value for _, value in lags])))
    return terms, phi


def _rows(path: Path) -> list[tuple[str, int, float]]:
    try:
        with path.open(newline="") as file:
            table = csv.DictReader(file)
            missing = {"descriptor", "r", "mean"} - set(table.fieldnames or ())
            if missing:
                raise RaysysError(f"{path}: no column {', '.join(sorted(missing))}; needed: descriptor, r, mean")
            rows = [(row["descriptor"], row["r"], row["mean"]) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RaysysError(f"{path}: cannot be read as a table of comma-separated values ({error})") from None
    try:
        return [(name, int(float(r)), float(mean)) for name, r, mean in rows if r not in ("", None)]
    except (TypeError, ValueError) as error:
        raise RaysysError(f"{path}: {error}; r and mean must be numbers") from None
