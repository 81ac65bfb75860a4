"""Terms of a target from what is measured on images, or from a table."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raysys.anneal.engines.counts import surface_of
from raysys.anneal.terms import NAMES, Term
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
    """The mean two-point map at one of each two opposite lag vectors, which have the same value, up to r_max.

    A periodic image has each vector of half a period once, though its opposite be another or itself. An open image has
    two values where these coincide in a periodic reconstruction of its size; they are left out unless r_max asks for
    them, and then each counts.
    """
    from raysys.stats import autocorrelation

    shape = labels.shape[1:]
    periodic = boundary == "periodic"
    longest = r_max if r_max is not None else (min(shape) if periodic else min(shape) - 1) // 2
    # Open images are cut to the lags that every one of their windows has; periodic ones hold every vector.
    found = autocorrelation(labels, phase=phase, boundary=boundary).mean(axis=0)
    centre = np.array(found.shape) // 2
    vectors = np.indices(found.shape).reshape(len(shape), -1).T - centre
    vectors = vectors[(np.abs(vectors) <= longest).all(axis=1)]
    chosen = vectors[_one_of_two(vectors, shape if periodic else None)]
    return Term("map", chosen, found[tuple((chosen + centre).T)], phase, weight)


def _one_of_two(vectors: np.ndarray, period: tuple[int, ...] | None) -> np.ndarray:
    """Whether a vector stands for itself and its opposite, (N,) bool; not so the zero vector."""
    opposite = -vectors
    if period is not None:  # what has half a period has it in either direction
        half = np.array(period) // 2
        opposite = (opposite + half) % period - half
    first, undecided = np.zeros(len(vectors), bool), np.ones(len(vectors), bool)
    for one, other in zip(vectors.T, opposite.T, strict=True):
        first |= undecided & (one > other)
        undecided &= one == other
    return first | (undecided & vectors.any(axis=1))


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


def read_curves(path: str | Path, descriptors: Mapping[str, float] | None) -> tuple[list[Term], float | None]:
    """Curves of a CSV file with the columns descriptor, r, mean, and their value at r = 0 if it is there.

    The columns protocol ("rounding=nearest apex=published") and set, as `raysys stats --csv` writes them, are read
    where they are. Without `descriptors` all are taken that can be annealed.

    Raises
    ------
    RaysysError
        If the file is missing, lacks a column or a descriptor, holds several sets, or something that is no number.
    """
    rows = _rows(Path(path))
    held = list(dict.fromkeys(row["descriptor"] for row in rows))
    weights = descriptors if descriptors is not None else dict.fromkeys([n for n in held if n in NAMES], 1.0)
    missing = [name for name in weights if name not in held]
    if missing or not weights:
        raise RaysysError(
            f"{path}: holds {', '.join(held) or 'no curve'}; wanted: {', '.join(missing) or 'one that can be annealed'}"
        )
    terms, phi = [], None
    # A polytope function in each plane of a volume stands there three times, told apart by its protocol.
    kinds = dict.fromkeys((row["descriptor"], row.get("protocol") or "") for row in rows)
    for name, protocol in ((name, one) for name in weights for held, one in kinds if held == name):
        own = [row for row in rows if (row["descriptor"], row.get("protocol") or "") == (name, protocol)]
        points = [(_number(row["r"], path), _number(row["mean"], path)) for row in own]
        phi = next((value for r, value in points if r == 0), phi)
        lags = [(round(r), value) for r, value in points if r > 0 and math.isfinite(value)]
        r, values = np.array([lag for lag, _ in lags]), np.array([value for _, value in lags])
        terms.append(Term(name, r, values, 1, weights[name], _protocol(protocol)))
    return terms, phi


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="") as file:
            table = csv.DictReader(file)
            missing = {"descriptor", "r", "mean"} - set(table.fieldnames or ())
            if missing:
                raise RaysysError(f"{path}: no column {', '.join(sorted(missing))}; needed: descriptor, r, mean")
            # Numbers of a set that are no curve have no r.
            rows = [row for row in table if row["r"]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RaysysError(f"{path}: cannot be read as a table of comma-separated values ({error})") from None
    sets = dict.fromkeys(row.get("set") for row in rows)
    if len(sets) > 1:
        raise RaysysError(
            f"{path}: holds the curves of {len(sets)} sets ({', '.join(map(str, sets))}); allowed: of one"
        )
    return rows


def _number(value: str, path: str | Path) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise RaysysError(f"{path}: {value!r} is no number; r and mean must be numbers") from None


def _protocol(words: str) -> dict[str, str]:
    """From "rounding=nearest plane=mean of 3": a value may hold blanks, a key does not."""
    protocol: dict[str, str] = {}
    key = ""
    for word in words.split():
        if "=" in word:
            key, _, protocol[key] = word.partition("=")
        elif key:
            protocol[key] += f" {word}"
    return protocol
