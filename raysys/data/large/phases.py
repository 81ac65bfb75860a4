"""From a large grey image to its phases, in bounded memory; equal to `prepare` of the whole image, pixel for pixel."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from raysys.data.labels import NO_NUMBER, check_occurring, foreign_values, label_numbers, shares_of_counts
from raysys.data.large.image import BAND_ROWS, LargeImage, bands
from raysys.data.large.scratch import Scratch
from raysys.data.large.shrinking import cleaned, shrunk, shrunk_labels
from raysys.data.large.smoothing import Rows, histogram, levels, smooth
from raysys.data.large.survey import Extremes, Show, Survey, spread, surveyed
from raysys.data.large.writing import check_name, write_labels, write_phases
from raysys.data.phases import Decision
from raysys.data.preparation.deciding import check_decidable, decides_on_stored, decision, grey_threshold
from raysys.data.preparation.segmentation import one_phase_left, otsu_of_counts
from raysys.data.settings import DataSettings
from raysys.errors import RaysysError
from raysys.spacing import Spacing, spacing_of

Decide = Callable[[np.ndarray], np.ndarray]  # stored or smoothed values of a window -> bool, True = phase of interest


@dataclass(frozen=True)
class Segmented:
    """A segmented image on disk.

    Attributes
    ----------
    path : of the file
    shape : (H, W) of the segmented image;  shape_stored, dtype_stored : of the grey one
    phase_fraction, phase_fraction_before : share of phase 1 in the file, and before downscaling
    decision : how the phase of interest was told (of multi-otsu at the lowest limit of the bright class or the highest
        of the dark one); None of labels
    phase_fractions : of label images, the share of each phase in the file by name; the two fractions are of the first
    notices : what was decided when the file was read, in sentences
    spacing : how far apart the pixels of the file are
    """

    path: Path
    shape: tuple[int, int]
    shape_stored: tuple[int, int]
    dtype_stored: str
    phase_fraction: float
    phase_fraction_before: float
    decision: Decision | None
    phase_fractions: dict[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    spacing: Spacing | None = None


def segment_large(
    settings: DataSettings,
    output: str | Path,
    *,
    scratch: str | Path | None = None,
    workers: int | None = None,
    show: Show | None = None,
) -> Segmented:
    """Denoise, segment, shrink and clean one large flat image, window by window, and write its phases.

    Parameters
    ----------
    settings : DataSettings
        Of which tile, stride and held_out are not looked at. `denoise_sigma_color` null takes the standard deviation,
        which in windows and at once agrees up to the last digits of float64.
    output : str or Path
        .tif (tiled, Deflate, phase 1 as 255) or .npy (phase 1 as 1); labels have their numbers in both. It appears when
        it is complete.
    scratch : str or Path, optional
        Folder of the nameless working files, five bytes for each pixel of the grey image; by default the output's.
    workers : int, optional
        Threads; by default as many as there are cores. The result does not depend on it.
    show : optional
        Is told (rows done, all rows, what is being done).

    Returns
    -------
    Segmented

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the file or does not fit it.
    """
    target = Path(output)
    check_name(target)
    if settings.kind in ("grey", "colour"):
        raise RaysysError(
            f"{settings.images} is a large image, which is segmented in windows, and segment is none; choose otsu, "
            "multi-otsu or threshold, or cut the image into smaller files"
        )
    folder = Path(scratch) if scratch is not None else target.parent
    folder.mkdir(parents=True, exist_ok=True)
    try:
        threads = workers or _cores()
        with opened_as(settings) as image, ThreadPoolExecutor(threads) as pool:
            if settings.phases is not None:
                made = _labelled(settings, image, folder, target, threads, show)
            else:
                made = _Work(settings, image, folder, pool, show).write(target, threads)
            given = None if settings.pixel_size is None else spacing_of(settings.pixel_size).of_axes(2)
            return replace(made, notices=image.notices, spacing=given or image.spacing)
    except RaysysError as error:
        said = str(error)
        raise RaysysError(said if settings.images in said else f"{settings.images}: {said}") from None


def opened_as(settings: DataSettings) -> LargeImage:
    """The image that the settings name."""
    return LargeImage(settings.images, **asdict(settings.choice), kind=settings.stored_kind)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Work:
    """What the steps of one image share."""

    def __init__(
        self, settings: DataSettings, image: LargeImage, folder: Path, pool: ThreadPoolExecutor, show: Show | None
    ) -> None:
        self.settings, self.image, self.folder, self.pool, self.show = settings, image, folder, pool, show

    def write(self, target: Path, workers: int) -> Segmented:
        settings, shape = self.settings, self.image.shape
        with Scratch(self.folder, shape, np.uint8) as phases:
            ones, decision = self._segment(phases)
            before = ones / (shape[0] * shape[1])
            rows, small = shrunk(phases.rows, shape, settings.downscale, settings.resize_threshold, before)
            rows = cleaned(rows, small, settings.minimum_object)
            wrong = _one_phase_left(settings, before)
            after = write_phases(target, rows, small, one_phase=wrong, workers=workers, show=self.show)
        return Segmented(target, small, shape, str(self.image.dtype), after, before, decision)

    def _segment(self, phases: Scratch) -> tuple[int, Decision]:
        """Write the phases at the file's resolution; return the pixels of phase 1, and how they were told."""
        with ExitStack() as stack:
            source, decide, decision, extremes = self._decision(stack)
            ones = 0
            for start, stop in bands(self.image.shape):
                chosen = decide(source(start, stop))
                ones += int(np.count_nonzero(chosen))
                phases.put(start, chosen.view(np.uint8))
                self._tell(stop, "segmenting")
        if ones in (0, self.image.shape[0] * self.image.shape[1]):
            raise RaysysError(_one_phase(decision, extremes))
        return ones, decision

    def _decision(self, stack: ExitStack) -> tuple[Rows, Decide, Decision, tuple[float, float]]:
        """Rows of values, how they are decided on and in words, and the smallest and the largest stored value."""
        settings, stored, dtype = self.settings, self._stored_rows, self.image.dtype
        survey = surveyed(self.image, self.show)
        found, phase, ends = survey.extremes, settings.named_phase, (float(survey.low), float(survey.high))
        if not isinstance(phase, str):
            return stored, lambda band: band == phase, Decision(f"{phase:g}", "stored value"), ends
        bright = phase == "bright"
        if found.binary:
            value = found.high if bright else found.low
            return stored, lambda band: band == value, Decision(phase, "two values"), ends
        check_decidable(settings, survey.levels, dtype, found.plain)
        if decides_on_stored(settings, dtype):
            limit = self._stored_limit(survey)
            return stored, lambda band: (band > limit) == bright, decision(settings, limit), ends
        rows, seen = self._smooth(survey, stack)
        if seen.binary:
            value = seen.high if bright else seen.low
            return rows, lambda band: band == value, Decision(phase, "two values"), ends
        low, high = self._limits(rows, seen, survey)
        by = decision(settings, survey.grey.stored(high if bright else low, dtype))
        return rows, lambda band: band > high if bright else band <= low, by, ends

    def _stored_rows(self, start: int, stop: int) -> np.ndarray:
        return self.image[start:stop]

    def _smooth(self, survey: Survey, stack: ExitStack) -> tuple[Rows, Extremes]:
        """Rows of denoised grey values; what no filter changes is not copied."""
        sigma, color = self.settings.denoise_sigma_spatial, self.settings.denoise_sigma_color
        if sigma == 0:
            scale = survey.grey
            low, high, *plain = scale(np.array([survey.low, survey.high, *survey.plain]))
            return lambda start, stop: scale(self.image[start:stop]), Extremes(low, high, (plain[0], plain[1]))
        scratch = stack.enter_context(Scratch(self.folder, self.image.shape, np.float32))
        wide = spread(self.image, survey, self.show) if color is None else color
        seen = smooth(self.image, survey, scratch, self.pool, sigma_color=wide, sigma_spatial=sigma, show=self.show)
        return scratch.rows, seen

    def _stored_limit(self, survey: Survey) -> float:
        """The threshold of the file's own values: the one given, or Otsu's."""
        if self.settings.threshold is not None:
            return self.settings.threshold
        return otsu_of_counts(*levels(self._stored_rows, self.image.shape, survey.extremes, self.show))

    def _limits(self, rows: Rows, seen: Extremes, survey: Survey) -> tuple[float, float]:
        """Upper limit of the dark class and lower limit of the bright class."""
        settings = self.settings
        limit = grey_threshold(settings, survey.grey, self.image.dtype)
        if limit is not None:
            return limit, limit
        counts, centres = histogram(rows, self.image.shape, seen, self.pool, self.show)
        return limits_of_histogram(counts, centres, settings.segment, settings.classes)

    def _tell(self, done: int, what: str) -> None:
        if self.show is not None:
            self.show(done, self.image.shape[0], what)


def _labelled(
    settings: DataSettings, image: LargeImage, folder: Path, target: Path, workers: int, show: Show | None
) -> Segmented:
    """Write the numbers of a large label image, shrunk by majority."""
    phases, count = settings.phases or {}, np.zeros(NO_NUMBER + 1, np.int64)
    with Scratch(folder, image.shape, np.uint8) as numbers:
        for start, stop in bands(image.shape):
            band = label_numbers(image[start:stop], phases, refuse=lambda foreign: foreign_values(foreign, phases))
            count += np.bincount(band.ravel(), minlength=len(count))
            numbers.put(start, band)
            if show is not None:
                show(stop, image.shape[0], "reading labels")
        before = shares_of_counts(count, tuple(phases))
        check_occurring(before, "the image")
        rows, shape = shrunk_labels(numbers.rows, image.shape, settings.downscale, len(phases))
        parts = (rows(start, min(start + BAND_ROWS, shape[0])) for start in range(0, shape[0], BAND_ROWS))
        after = shares_of_counts(write_labels(target, parts, shape, workers=workers, show=show), tuple(phases))
    try:
        check_occurring(after, f"the image after downscale={settings.downscale:g}")
    except RaysysError:
        target.unlink()
        raise
    first = next(iter(phases))
    return Segmented(target, shape, image.shape, str(image.dtype), after[first], before[first], None, after)


def limits_of_histogram(counts: np.ndarray, centres: np.ndarray, method: str, classes: int) -> tuple[float, float]:
    """Otsu's limits from a histogram, exactly as scikit-image finds them in the image itself.

    Parameters
    ----------
    counts, centres : (256,) int64 and float32, of bins from the smallest to the largest grey value
    method : "otsu" or "multi-otsu"
    classes : int, of multi-otsu

    Returns
    -------
    Upper limit of the dark class and lower limit of the bright class.
    """
    from skimage.filters import threshold_multiotsu, threshold_otsu

    if method == "otsu":
        limit = float(threshold_otsu(hist=(counts, centres)))
        return limit, limit
    try:
        limits = threshold_multiotsu(classes=classes, hist=(counts / counts.sum(), centres))
    except ValueError as error:
        raise RaysysError(f"multi-otsu cannot find {classes} classes: {error}") from None
    return float(limits[0]), float(limits[-1])


def _one_phase(by: Decision, ends: tuple[float, float]) -> str:
    if by.threshold is not None:
        return one_phase_left(by.threshold, *ends)
    return (
        f"no pixel has the phase value {by.phase}; the image holds values from {ends[0]:g} to {ends[1]:g} "
        '(phase may also be "bright" or "dark")'
    )


def _one_phase_left(settings: DataSettings, before: float) -> str:
    return (
        f"after downscale={settings.downscale:g} ({settings.resize_threshold}) and minimum_object="
        f"{settings.minimum_object} one phase is left only; its fraction was {before:.4f} before"
    )
