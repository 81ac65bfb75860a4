"""The representative size of a large image: which window training may take."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.data.large.image import LargeImage
from raysys.data.large.phases import limits_of_histogram
from raysys.data.large.smoothing import histogram, levels
from raysys.data.large.survey import Extremes, Show, Survey, surveyed
from raysys.data.phases import check_named, check_threshold
from raysys.data.preparation.segmentation import otsu_of_counts
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.stats import RepresentativeSize


class PhaseView:
    """A large image of which windows show the phases, uint8 {0, 1}; nothing is denoised, nothing kept.

    Parameters
    ----------
    image : LargeImage
    phase : "bright", "dark", or the stored value of a label image; None, where nobody has said it, is bright
    threshold : float, optional
        Stored grey value above which a pixel is bright; by default Otsu's of the whole image.
    show : optional
        Is told (rows done, all rows, what is being done).

    Attributes
    ----------
    limit : stored value of Otsu's threshold, or None if none was needed

    Raises
    ------
    RaysysError
        If the image has one grey level only, or the phase or the threshold cannot be meant of its values.
    """

    ndim, dtype = 2, np.dtype(np.uint8)
    limit: float | None
    _decide: Callable[[np.ndarray], np.ndarray]

    def __init__(
        self,
        image: LargeImage,
        phase: str | float | None = None,
        *,
        threshold: float | None = None,
        show: Show | None = None,
    ) -> None:
        self.image, self.shape, self.limit = image, image.shape, None
        survey = surveyed(image, show)
        bright = phase != "dark"
        if isinstance(phase, (int, float)):
            self._decide = lambda window: window == phase
            return
        try:
            if threshold is not None:
                check_threshold(threshold, survey.levels, image.dtype, survey.plain)
            elif phase is None:
                check_named(survey.levels)
        except RaysysError as error:
            raise RaysysError(f"{image.path}: {error}") from None
        if threshold is not None:
            self._decide = lambda window: (window > threshold) == bright
        elif survey.binary:
            self._decide = lambda window: window == (survey.high if bright else survey.low)
        else:
            self.limit, self._decide = _above_otsu(image, survey, bright, show)

    def __getitem__(self, key: Any) -> np.ndarray:
        """Phases of a window [rows, columns]."""
        return self._decide(self.image[key]).view(np.uint8)


def _above_otsu(
    image: LargeImage, survey: Survey, bright: bool, show: Show | None
) -> tuple[float, Callable[[np.ndarray], np.ndarray]]:
    """Otsu's threshold of the whole image as a stored value, and the decision on a window."""
    if image.dtype.kind in "ui":
        stored = otsu_of_counts(*levels(lambda start, stop: image[start:stop], image.shape, survey.extremes, show))
        return stored, lambda window: (window > stored) == bright
    scale = survey.grey
    low, high = scale(np.array(survey.plain))
    seen = Extremes(low, high, (low, high))
    with ThreadPoolExecutor(1) as pool:
        counts, centres = histogram(lambda start, stop: scale(image[start:stop]), image.shape, seen, pool, show)
    limit = limits_of_histogram(counts, centres, "otsu", 2)[0]
    return scale.stored(limit, image.dtype), lambda window: (scale(window) > limit) == bright


def representative(
    image: LargeImage | str | Path,
    *,
    phase: str | float | None = None,
    threshold: float | None = None,
    show: Show | None = None,
    **options: Any,
) -> "RepresentativeSize":
    """`raysys.stats.representative_size` of an image on disk, of which only the windows are held.

    Parameters
    ----------
    image : LargeImage or path of one
        Grey images are segmented at Otsu's threshold of the whole image, as `raysys stats` does it.
    phase, threshold, show
        As for `PhaseView`.
    options
        As `representative_size` takes them: sizes, windows, boundary, seed, r_max, tolerance.

    Raises
    ------
    RaysysError
        If the image is none, or too small, or an option is not allowed.
    """
    from raysys.stats import representative_size  # loads a dozen descriptors, which preparing an image does not need

    opened = image if isinstance(image, LargeImage) else LargeImage(image)
    view: Any = PhaseView(opened, phase, threshold=threshold, show=show)

    def heard(done: int, total: int) -> None:
        if show is not None:
            show(done, total, "windows")

    return representative_size(view, progress=heard, **options)


def representative_window(
    image: LargeImage | str | Path,
    *,
    at_most: int | None = None,
    say: Callable[[str], None] | None = None,
    **options: Any,
) -> int:
    """The window side, in pixels of the file, from which on windows tell the same two-point correlation.

    Parameters
    ----------
    image, options
        As for `representative`.
    at_most : int, optional
        Largest window that can be used.
    say : optional
        Is told what was found and by which rule, one sentence each.

    Raises
    ------
    RaysysError
        If no size is representative, or only one above `at_most`; the sentence says why.
    """
    found = representative(image, **options)
    if say is not None:
        say(f"{found.reason} {found.rule}")
    path = image.path if isinstance(image, LargeImage) else image
    if found.suggestion is None:
        raise RaysysError(f"{path}: {found.reason} Give the window in pixels, or take a larger image")
    if at_most is not None and found.suggestion > at_most:
        raise RaysysError(
            f"{path}: the representative size is {found.suggestion} pixels, and {at_most} is the largest window here; "
            "take a larger image, or downscale"
        )
    return found.suggestion
