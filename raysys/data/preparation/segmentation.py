"""From grey values to phases: thresholds, label values, removal of specks."""

from collections.abc import Callable

import numpy as np
from skimage.filters import threshold_multiotsu, threshold_otsu
from skimage.measure import label

from raysys.data.preparation.grey import is_binary
from raysys.data.preparation.outliers import plain_range
from raysys.errors import RaysysError

METHODS = ("otsu", "multi-otsu", "threshold")
LISTED_VALUES = 8
CLASSES = 1 << 16  # of a histogram of whole numbers


def segment(
    grey: np.ndarray,
    *,
    method: str = "otsu",
    phase: str = "bright",
    threshold: float | None = None,
    classes: int = 2,
) -> np.ndarray:
    """Mark the pixels of the bright or the dark phase.

    An image of two levels is not thresholded: its upper (bright) or lower (dark) level is the phase, exactly.

    Parameters
    ----------
    grey : float array in [0, 1] of any shape
    method : "otsu", "multi-otsu" or "threshold"
        Otsu's threshold (IEEE Trans. SMC 9, 1979); Otsu for `classes` classes, of which the brightest or the darkest is
        taken; or the given `threshold`.
    phase : "bright" or "dark"
        Which side is the phase of interest: above the threshold, or the rest.
    threshold : float, optional
        Grey value in [0, 1], for method "threshold" only; bright is strictly above it.
    classes : int
        Number of classes of "multi-otsu", 2 to 5.

    Returns
    -------
    uint8 array of the same shape, 1 = phase of interest

    Raises
    ------
    RaysysError
        For an unknown method or phase, a missing threshold, one grey level, or a threshold that leaves one phase only.
    """
    return segmented(grey, method=method, phase=phase, threshold=threshold, classes=classes)[0]


def segmented(
    grey: np.ndarray,
    *,
    method: str,
    phase: str,
    threshold: float | None,
    classes: int,
    said: Callable[[float], float] = float,
) -> tuple[np.ndarray, float | None]:
    """What `segment` marks, and the grey value of the threshold; None of an image of two levels.

    Parameters
    ----------
    grey, method, phase, threshold, classes
        As for `segment`.
    said
        What a grey value is called in sentences: the stored value that it stands for.
    """
    if phase not in ("bright", "dark"):
        raise RaysysError(f'phase is "{phase}"; allowed are "bright" and "dark"')
    if grey.min() == grey.max():
        raise RaysysError(f"the image has one grey level only ({grey.min()}), so there is nothing to segment")
    if is_binary(grey):
        return (grey == (grey.max() if phase == "bright" else grey.min())).astype(np.uint8), None
    low, high = _limits(grey, method, threshold, classes)
    chosen = grey > high if phase == "bright" else grey <= low
    limit = high if phase == "bright" else low
    if not chosen.any() or chosen.all():
        raise RaysysError(one_phase_left(said(limit), said(float(grey.min())), said(float(grey.max()))))
    return chosen.astype(np.uint8), limit


def one_phase_left(limit: float, low: float, high: float) -> str:
    """What is said of a threshold that lies beyond all values."""
    return (
        f"threshold {limit:.6g} leaves one phase only: the values run from {low:.6g} to {high:.6g}; give a threshold "
        "between them"
    )


def _limits(grey: np.ndarray, method: str, threshold: float | None, classes: int) -> tuple[float, float]:
    """Upper limit of the dark class and lower limit of the bright class."""
    if method == "threshold":
        if threshold is None:
            raise RaysysError('segment is "threshold" but no threshold is given; give a grey value between 0 and 1')
        return threshold, threshold
    if method == "otsu":
        limit = otsu_threshold(grey)
        return limit, limit
    if method == "multi-otsu":
        if not 2 <= classes <= 5:
            raise RaysysError(f"classes is {classes}; multi-otsu takes 2 to 5 classes")
        try:
            limits = threshold_multiotsu(_plain(grey), classes=classes)
        except ValueError as error:
            raise RaysysError(f"multi-otsu cannot find {classes} classes: {error}") from None
        return float(limits[0]), float(limits[-1])
    raise RaysysError(f'segmentation method "{method}" is unknown; allowed are {", ".join(METHODS)}')


def otsu_threshold(values: np.ndarray) -> float:
    """Otsu's threshold of stored or grey values (IEEE Trans. SMC 9, 1979); bright is strictly above it.

    Every value of whole numbers is a class of the histogram, up to 65,536 of them; floats are counted in 256 classes,
    as scikit-image has them. The few values that lie far outside the range of all others are left out: one hot pixel of
    65,535 beside values about 800 would otherwise be a class of its own (`raysys.data.preparation.outliers`).

    Parameters
    ----------
    values : bool, integer or float array of any shape, of three values or more
    """
    plain = _plain(values)
    if values.dtype.kind in "ui":
        return otsu_of_counts(*np.unique(plain, return_counts=True))
    return float(threshold_otsu(plain))


def otsu_of_counts(levels: np.ndarray, counts: np.ndarray) -> float:
    """Otsu's threshold of a histogram: ascending levels (L,), and how many pixels (L,) have each."""
    if len(levels) > CLASSES:
        counts, edges = np.histogram(levels.astype(np.float64), CLASSES, weights=counts)
        levels = (edges[:-1] + edges[1:]) / 2
    values, below = levels.astype(np.float64), np.cumsum(counts, dtype=np.float64)
    sums = np.cumsum(counts * values)
    above = below[-1] - below[:-1]
    # Not scikit-image's own function of a histogram, which sums in float32: at a million pixels it is a level off.
    with np.errstate(invalid="ignore", divide="ignore"):  # empty classes at the ends
        between = below[:-1] * above * (sums[:-1] / below[:-1] - (sums[-1] - sums[:-1]) / above) ** 2
    return float(values[int(np.nanargmax(between))])


def _plain(values: np.ndarray) -> np.ndarray:
    low, high = plain_range(values)
    within = (values >= low) & (values <= high)
    return values if within.all() else values[within]


def phase_of_value(array: np.ndarray, value: float) -> np.ndarray:
    """Mark the pixels whose stored value is `value` (label images, or binary ones whose phase value is known).

    Parameters
    ----------
    array : numeric or bool array of any shape, as stored
    value : float
        The stored value of the phase of interest.

    Returns
    -------
    uint8 array of the same shape, 1 = phase of interest

    Raises
    ------
    RaysysError
        If no pixel, or every pixel, has that value.
    """
    chosen = array == value
    if chosen.any() and not chosen.all():
        return chosen.astype(np.uint8)
    if chosen.all():
        raise RaysysError(f"the image has one grey level only: every pixel has the phase value {value}")
    values = np.unique(array)
    shown = ", ".join(str(v) for v in values[:LISTED_VALUES]) + (", ..." if values.size > LISTED_VALUES else "")
    raise RaysysError(
        f"no pixel has the phase value {value}; the image holds {values.size} values: {shown} "
        '(phase may also be "bright" or "dark")'
    )


def remove_specks(binary: np.ndarray, minimum: int) -> np.ndarray:
    """Drop connected pieces of either phase that are smaller than `minimum` pixels (faces connect, corners do not).

    Parameters
    ----------
    binary : uint8 array in {0, 1}, (H, W) or (D, H, W)
    minimum : int
        Smallest number of pixels that stays; 0 and 1 change nothing.

    Returns
    -------
    uint8 array of the same shape
    """
    if minimum < 2:
        return binary.copy()
    cleaned = binary.astype(bool)
    cleaned &= ~_small_pieces(cleaned, minimum)
    cleaned |= _small_pieces(~cleaned, minimum)
    return cleaned.astype(np.uint8)


def _small_pieces(mask: np.ndarray, minimum: int) -> np.ndarray:
    # By labels rather than remove_small_objects, whose size argument changed its name and meaning in scikit-image 0.26.
    labels = label(mask, connectivity=1)
    small = np.bincount(labels.ravel()) < minimum
    small[0] = False  # the background
    return small[labels]
