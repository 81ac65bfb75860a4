"""From stored numbers to what is asked for: grey values, colours, or numbers of labels."""

from __future__ import annotations

from typing import Literal

import numpy as np

from raysys.data.files.source import Facts
from raysys.data.preparation.grey import require_finite
from raysys.errors import RaysysError

Kind = Literal["grey", "colour", "labels"]  # what a file is to hold
# Floats beyond any quantity that is measured: programs write them where there is nothing (1e20, 9.97e36, -3.4e38).
BEYOND = 1e20


def check_values(array: np.ndarray, name: str, fills: tuple[float, ...]) -> None:
    """Refuse NaN, infinite values, and values that stand for missing pixels.

    Raises
    ------
    RaysysError
        Which says how many there are.
    """
    require_finite(array, name)
    for fill in fills:
        if not np.isnan(fill) and (count := int(np.count_nonzero(array == fill))):
            raise RaysysError(
                f"{name} holds {count:,} pixels of the value {fill:g}, which the file says stands for missing ones, "
                f"among {array.size:,}; replace them or crop them away before reading"
            )
    if array.dtype.kind == "f" and array.size and max(array.max(), -array.min()) >= BEYOND:
        far = array[np.abs(array) >= BEYOND]
        raise RaysysError(
            f"{name} holds {far.size:,} values as large as {far[0]:g} among {array.size:,}, which stand for missing "
            "pixels; replace them or crop them away before reading"
        )


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
