"""Downscaling and removal of specks, row by row of the result."""

import numpy as np

from raysys.data.large.image import BAND_PIXELS, BAND_ROWS
from raysys.data.large.smoothing import Rows
from raysys.data.preparation.resampling import (
    FIXED_LEVELS,
    TIE,
    block_mean_rows,
    centre_mean_rows,
    first_pixels,
    levels_of,
    most_of,
    preserving_level,
)
from raysys.data.preparation.segmentation import remove_specks
from raysys.errors import RaysysError

AT_ONCE = 32 << 20  # pixels; a smaller image is cleaned as a whole


def shrunk(
    rows: Rows, shape: tuple[int, int], factor: float, threshold: str, phase_fraction: float
) -> tuple[Rows, tuple[int, int]]:
    """`downscale(binary, factor, threshold=threshold)` in rows, and its shape.

    Parameters
    ----------
    rows, shape : of the binary image, uint8 {0, 1}
    factor, threshold : as for `downscale`
    phase_fraction : of the binary image

    Raises
    ------
    RaysysError
        If the factor is larger than the image.
    """
    if factor == 1:
        return rows, shape
    small = _small(shape, factor)

    mean_rows = centre_mean_rows if threshold == "published" else block_mean_rows

    def share(start: int, stop: int) -> np.ndarray:
        return mean_rows(rows, shape[0], factor, start, stop)

    level = FIXED_LEVELS.get(threshold)
    if level is None:
        level = _preserving(share, small, shape[1] * factor, phase_fraction)

    def decided(start: int, stop: int) -> np.ndarray:
        return np.concatenate(
            [(share(*part) >= level - TIE).astype(np.uint8) for part in _parts(start, stop, shape[1] * factor)]
        )

    return decided, small


def shrunk_labels(rows: Rows, shape: tuple[int, int], factor: float, count: int) -> tuple[Rows, tuple[int, int]]:
    """`majority(labels, factor, count)` in rows, and its shape.

    Parameters
    ----------
    rows, shape : of the label image, uint8 of 0 to count - 1
    factor, count : as for `majority`

    Raises
    ------
    RaysysError
        If the factor is larger than the image.
    """
    if factor == 1:
        return rows, shape

    small = _small(shape, factor)
    columns = first_pixels(0, small[1], factor)

    def part(start: int, stop: int) -> np.ndarray:
        shares = (
            block_mean_rows(lambda *band: rows(*band) == label, shape[0], factor, start, stop)  # noqa: B023 - used at once
            for label in range(count)
        )
        begin = first_pixels(start, stop, factor)
        first = rows(int(begin[0]), int(begin[-1]) + 1)[begin - begin[0]][:, columns]
        return most_of(shares, first)

    def decided(start: int, stop: int) -> np.ndarray:
        return np.concatenate([part(*each) for each in _parts(start, stop, shape[1] * factor)])

    return decided, small


def _small(shape: tuple[int, int], factor: float) -> tuple[int, int]:
    if not 1 <= factor <= min(shape):
        raise RaysysError(f"downscale factor {factor:g} is not between 1 and the image's shortest side, {min(shape)}")
    return int(np.floor(shape[0] / factor + TIE)), int(np.floor(shape[1] / factor + TIE))


def _preserving(share: Rows, small: tuple[int, int], row_pixels: float, phase_fraction: float) -> float:
    found: dict[float, int] = {}
    for part in _parts(0, small[0], row_pixels):
        for level, count in zip(*(one.tolist() for one in levels_of(share(*part))), strict=True):
            found[level] = found.get(level, 0) + count
    levels = np.array(sorted(found))
    return preserving_level(levels, np.array([found[level] for level in levels.tolist()]), phase_fraction)


def _parts(start: int, stop: int, row_pixels: float) -> list[tuple[int, int]]:
    """Rows of the result in parts whose pixels of the large image fit the memory."""
    step = max(1, int(BAND_PIXELS / 2 / row_pixels))
    return [(first, min(first + step, stop)) for first in range(start, stop, step)]


def cleaned(rows: Rows, shape: tuple[int, int], minimum: int) -> Rows:
    """`remove_specks(binary, minimum)` in rows, exactly.

    A piece of fewer than `minimum` pixels reaches less far than that from any of its pixels. So a window with twice
    `minimum` pixels around it shows all small pieces of the phase that matter to it, and all small holes that are
    there once those are gone.

    Parameters
    ----------
    rows, shape : of the binary image, uint8 {0, 1}
    minimum : int

    Raises
    ------
    RaysysError
        If the windows would have to be too large.
    """
    if minimum < 2:
        return rows
    if shape[0] * shape[1] <= AT_ONCE:
        whole: list[np.ndarray] = []

        def of_whole(start: int, stop: int) -> np.ndarray:
            if not whole:
                whole.append(remove_specks(rows(0, shape[0]), minimum))
            return whole[0][start:stop]

        return of_whole
    halo = 2 * minimum
    core = min(shape[1], BAND_PIXELS // (BAND_ROWS + 2 * halo) - 2 * halo)
    if core < min(BAND_ROWS, shape[1]):
        raise RaysysError(
            f"minimum_object is {minimum}, and the image of {shape[0]:,} x {shape[1]:,} pixels is cleaned in windows, "
            "which would be too large; allowed here are about 1000 pixels, or more with a larger downscale"
        )

    def in_windows(start: int, stop: int) -> np.ndarray:
        parts = [(first, min(first + BAND_ROWS, stop)) for first in range(start, stop, BAND_ROWS)]
        return np.concatenate([_cleaned_band(rows, shape, part, core, minimum) for part in parts])

    return in_windows


def _cleaned_band(rows: Rows, shape: tuple[int, int], part: tuple[int, int], core: int, minimum: int) -> np.ndarray:
    (start, stop), halo = part, 2 * minimum
    above = max(0, start - halo)
    band = rows(above, min(stop + halo, shape[0]))
    kept = np.empty((stop - start, shape[1]), np.uint8)
    for first in range(0, shape[1], core):
        last, left = min(first + core, shape[1]), max(0, first - halo)
        window = remove_specks(band[:, left : last + halo], minimum)
        kept[:, first:last] = window[start - above : stop - above, first - left : last - left]
    return kept
