"""The bilateral filter and the histogram of an image that is worked through in windows, on several threads."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from raysys.data.large.image import LargeImage, bands
from raysys.data.large.scratch import Scratch
from raysys.data.large.survey import Extremes, Show, Survey
from raysys.data.preparation.bilateral import denoise

Rows = Callable[[int, int], np.ndarray]  # rows start to stop - 1, (rows, W)
WINDOW_COLUMNS = 2048  # of a window that one thread filters
BINS = 256  # as scikit-image's threshold_otsu takes them


def smooth(
    image: LargeImage,
    survey: Survey,
    scratch: Scratch,
    pool: ThreadPoolExecutor,
    *,
    sigma_color: float,
    sigma_spatial: float,
    show: Show | None = None,
) -> Extremes:
    """Write `denoise(to_grey(image))` into `scratch`, bit for bit, and return its extremes.

    Each window is filtered together with all that its pixels look at, 3 sigma_spatial around it.
    """
    height, width = image.shape
    how: dict[str, Any] = {"sigma_color": sigma_color, "sigma_spatial": sigma_spatial, "by_table": True}
    halo, found, scale = math.ceil(3 * sigma_spatial), Survey(height * width), survey.grey
    for start, stop in bands(image.shape):
        above = min(start, halo)
        band = image[start - above : stop + halo]

        def window(
            columns: tuple[int, int], band: np.ndarray = band, rows: slice = slice(above, above + stop - start)
        ) -> np.ndarray:
            left = min(columns[0], halo)
            grey = scale(band[:, columns[0] - left : columns[1] + halo])
            return denoise(grey, **how)[rows, left : left + columns[1] - columns[0]]

        filtered = np.concatenate(list(pool.map(window, _columns(width))), axis=1)
        found.see(filtered)
        scratch.put(start, filtered)
        if show is not None:
            show(stop, height, "denoising")
    return found.extremes


def histogram(
    rows: Rows, shape: tuple[int, int], seen: Extremes, pool: ThreadPoolExecutor, show: Show | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Counts (256,) int64 and centres (256,) float32 of the bins between the extremes, as scikit-image has them."""
    counts, extremes = np.zeros(BINS, np.int64), seen.plain
    for start, stop in bands(shape):
        band = rows(start, stop)

        def count(columns: tuple[int, int], band: np.ndarray = band) -> np.ndarray:
            return np.histogram(band[:, slice(*columns)], BINS, extremes)[0]

        counts += sum(pool.map(count, _columns(shape[1])))
        if show is not None:
            show(stop, shape[0], "histogram")
    edges = np.histogram_bin_edges(np.array(extremes), BINS, extremes)
    return counts, (edges[:-1] + edges[1:]) / 2.0


def levels(rows: Rows, shape: tuple[int, int], seen: Extremes, show: Show | None = None) -> tuple[np.ndarray, ...]:
    """The values of an image of whole numbers that are no outliers, ascending, and how many pixels have each."""
    low, high = seen.plain
    found: dict[Any, int] = {}
    for start, stop in bands(shape):
        band = rows(start, stop)
        values, counts = np.unique(band[(band >= low) & (band <= high)], return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            found[value] = found.get(value, 0) + count
        if show is not None:
            show(stop, shape[0], "histogram")
    ascending = sorted(found)
    return np.array(ascending), np.array([found[value] for value in ascending])


def _columns(width: int) -> Iterator[tuple[int, int]]:
    for first in range(0, width, WINDOW_COLUMNS):
        yield first, min(first + WINDOW_COLUMNS, width)
