"""From stored numbers to what is asked for: grey values, colours, or numbers of labels."""

from __future__ import annotations

from typing import Literal

import numpy as np

from raysys.data.files.source import Facts
from raysys.errors import RaysysError

Kind = Literal["grey", "colour", "labels"]  # what a file is to hold
# Floats beyond any quantity that is measured: programs write them where there is nothing (1e20, 9.97e36, -3.4e38).
BEYOND = 1e20
FAR = 10  # times the range of all other values
SAMPLE = 100_000  # pixels


def is_missing(array: np.ndarray, fills: tuple[float, ...]) -> np.ndarray | None:
    """Which numbers (bool, as the array) stand for nothing: NaN, infinite, fill values; None where there is none."""
    found = None
    if array.dtype.kind == "f" and array.size and not max(float(array.max()), -float(array.min())) < BEYOND:
        found = ~(np.abs(array) < np.float64(BEYOND))
    for fill in fills:
        same = array == fill
        if same.any():
            found = same if found is None else found | same
    return found


def missing_sentence(numbers: np.ndarray, size: int, name: str, fills: tuple[float, ...]) -> RaysysError:
    """The sentence for the numbers of an image of `size` that stand for nothing."""
    bad = int(np.count_nonzero(~np.isfinite(numbers)))
    advice = "replace them or crop them away before reading"
    if bad:
        return RaysysError(f"{name} holds {bad:,} NaN or infinite values among {size:,}; {advice}")
    for fill in fills:
        if count := int(np.count_nonzero(numbers == fill)):
            return RaysysError(
                f"{name} holds {count:,} pixels of the value {fill:g}, which the file says stands for missing ones, "
                f"among {size:,}; {advice}"
            )
    return RaysysError(
        f"{name} holds {numbers.size:,} values as large as {numbers[0]:g} among {size:,}, which stand for missing "
        f"pixels; {advice}"
    )


def far_value(array: np.ndarray, name: str) -> str | None:
    """What is said of an image of which many pixels have one value far outside the range of all others.

    Nothing in the file says that such a value stands for missing pixels, as -9999 often does; but it may.
    """
    if array.dtype.kind == "b" or array.dtype.itemsize == 1:
        return None
    low, high = array.min(), array.max()
    some = array.ravel()[:: max(1, array.size // SAMPLE)]
    for extreme, nearest, other in ((low, np.min, high), (high, np.max, low)):
        # Of a few pixels the range of the others is known well enough to see that it is wide, as it mostly is.
        few = some[some != extreme]
        if few.size and FAR * abs(float(nearest(few)) - float(other)) >= abs(float(extreme) - float(other)):
            continue
        second = nearest(array, where=array != extreme, initial=other)
        wide, away = abs(float(second) - float(other)), abs(float(extreme) - float(second))
        count = int(np.count_nonzero(array == extreme))
        if 0 < wide * FAR < away and count > 1:
            return (
                f"{count:,} pixels of {name} have the value {extreme:g}, far outside the others ({min(second, other):g}"
                f" to {max(second, other):g}); if they are missing, replace them or crop them away"
            )
    return None


def upright(array: np.ndarray, orientation: int) -> np.ndarray:
    """Turn (..., Y, X) as the orientation tag says (TIFF 6.0, tag 274): how the camera was held, or the film lay."""
    if orientation in (5, 6, 7, 8):
        array = np.swapaxes(array, -1, -2)
    if orientation in (3, 4, 7, 8):
        array = array[..., ::-1, :]
    if orientation in (2, 3, 6, 7):
        array = array[..., :, ::-1]
    return array


def stored_place(place: tuple[slice, slice], shape: tuple[int, int], orientation: int) -> tuple[slice, slice]:
    """Rows and columns as stored of a window of the upright image, whose (Y, X) is `shape`."""
    rows, columns = place
    if orientation in (3, 4, 7, 8):
        rows = slice(shape[0] - rows.stop, shape[0] - rows.start)
    if orientation in (2, 3, 6, 7):
        columns = slice(shape[1] - columns.stop, shape[1] - columns.start)
    return (columns, rows) if orientation in (5, 6, 7, 8) else (rows, columns)


def black_is_zero(array: np.ndarray, facts: Facts) -> np.ndarray:
    """Values that grow with brightness, where 0 is white; without any loss."""
    if facts.white_is_zero is None:
        return array
    if array.dtype.kind == "f":
        return -array
    if array.dtype.kind in "ib" or facts.white_is_zero < 0:
        return ~array
    return (array.dtype.type(facts.white_is_zero) - array).astype(array.dtype, copy=False)


def red_green_blue(array: np.ndarray, facts: Facts) -> np.ndarray:
    """Colours (..., 3) of stored ones, without opacity; inks on white paper where they are CMYK."""
    if facts.colours != "cmyk":
        return array[..., :3]
    if array.dtype.kind == "f":
        return (1 - array[..., :3]) * (1 - array[..., 3:4])
    most = np.iinfo(array.dtype).max
    paper = (most - array[..., :4]).astype(np.uint64)
    return ((paper[..., :3] * paper[..., 3:4] + most // 2) // most).astype(array.dtype)


def has_hue(colours: np.ndarray) -> bool:
    """Whether the values (..., 3) of any pixel differ."""
    return bool((colours != colours[..., :1]).any())
