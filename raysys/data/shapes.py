"""Sides of tiles and windows: one number for all axes, or one for each; and shapes in words."""

from collections.abc import Sequence

from raysys.errors import RaysysError
from raysys.shapes import by

Sides = int | Sequence[int]  # in pixels; one number stands for equal sides


def sides_of(sides: Sides, dims: int) -> tuple[int, ...]:
    """One number for each of `dims` axes.

    Raises
    ------
    RaysysError
        If there are as many numbers as that and more than one, but not `dims`.
    """
    if isinstance(sides, int):
        return (sides,) * dims
    if len(sides) != dims:
        raise RaysysError(f"{by(sides)} are sides of {len(sides)} axes; allowed here: one number, or {dims}")
    return tuple(int(side) for side in sides)


def spelled(shape: Sequence[int]) -> str:
    """A shape that may be large in words: 17,920 x 54,784."""
    return " x ".join(f"{length:,}" for length in shape)


def told(sides: Sides) -> str:
    """Sides in words: 64, or 32 x 48 where they differ."""
    if isinstance(sides, int):
        return f"{sides}"
    return f"{sides[0]}" if len(set(sides)) == 1 else by(sides)
