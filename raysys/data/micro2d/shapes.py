"""Shapes as runs of pixels, row by row: discs, ellipses, convex polygons. `addition` says how they are laid out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shapes:
    """S shapes.

    Attributes
    ----------
    first
        (S + 1,) int64: number of the first run of each shape.
    runs
        (R, 3) int64: row relative to the centre, first column, and the column after the last.
    """

    first: np.ndarray
    runs: np.ndarray

    @property
    def areas(self) -> np.ndarray:
        """(S,) int64, in pixels."""
        return np.add.reduceat(self.runs[:, 2] - self.runs[:, 1], self.first[:-1])

    @classmethod
    def between(cls, rows: np.ndarray, left: np.ndarray, right: np.ndarray) -> Shapes:
        """Pixels whose centres lie between two edges; what a pixel's corner alone would join to the rest is left out.

        Parameters
        ----------
        rows : int (R,), growing by one, the same for all shapes; each shape holds pixels of row 0
        left, right : float (S, R), columns of the edges; no pixel where the left lies beyond the right
        """
        begin, end = np.ceil(left).astype(np.int64), np.floor(right).astype(np.int64) + 1
        held = _in_one_piece(begin, end, int(np.flatnonzero(rows == 0)[0]))
        runs = np.stack([np.broadcast_to(rows, begin.shape)[held], begin[held], end[held]], axis=1)
        return cls(np.concatenate([[0], np.cumsum(held.sum(axis=1))]), runs)


def _in_one_piece(begin: np.ndarray, end: np.ndarray, middle: int) -> np.ndarray:
    """Runs (S, R) that hold a pixel and are joined by faces, run by run, to the one in the middle."""
    joined = np.maximum(begin[:, :-1], begin[:, 1:]) < np.minimum(end[:, :-1], end[:, 1:])
    above = np.logical_and.accumulate(joined[:, :middle][:, ::-1], axis=1)[:, ::-1]
    below = np.logical_and.accumulate(joined[:, middle:], axis=1)
    return np.concatenate([above, end[:, middle : middle + 1] > begin[:, middle : middle + 1], below], axis=1)


def ellipses(semi_axes: tuple[float, float], angles: np.ndarray) -> Shapes:
    """Ellipses around a pixel's centre.

    Parameters
    ----------
    semi_axes
        The longer and the shorter, in pixels.
    angles
        (S,) radians of the longer from the horizontal, counter-clockwise positive as the image is displayed.
    """
    a, b = semi_axes
    rows = np.arange(-math.floor(a), math.floor(a) + 1)
    # With y downwards: A x^2 + 2 B x y + C y^2 <= 1, solved for x in each row; NaN beyond the ellipse's last row.
    cos, sin = np.cos(angles)[:, None], -np.sin(angles)[:, None]
    A, B = (cos / a) ** 2 + (sin / b) ** 2, cos * sin * (1 / a**2 - 1 / b**2)
    middle, inside = -B / A * rows, 1 / A - (rows / (a * b * A)) ** 2
    half = np.where(inside >= 0, np.sqrt(np.maximum(inside, 0)), -1) + 1e-9  # rounding shall not lose a pixel
    return Shapes.between(rows, middle - half, middle + half)


def discs(radii: Sequence[float]) -> Shapes:
    """Discs around a pixel's centre: a pixel belongs to one if its centre lies within the radius."""
    rows = np.arange(-math.floor(max(radii)), math.floor(max(radii)) + 1)
    inside = np.square(np.asarray(radii, float))[:, None] - rows**2
    half = np.where(inside >= 0, np.sqrt(np.maximum(inside, 0)), -1)
    return Shapes.between(rows, -half, half)
