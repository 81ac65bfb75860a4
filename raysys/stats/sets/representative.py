"""Representative elementary size: from which size on windows of an image tell the same two-point correlation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.correlation.scaled import scaled_autocovariance
from raysys.stats.correlation.two_point import two_point_of
from raysys.stats.curve import Boundary, Curve
from raysys.stats.phases import Phase

SMALLEST = 8  # pixels; F2 of smaller windows has fewer than three lags
STEP = math.sqrt(2)  # between the sizes of the ladder
STEPS = 12  # at most: from the largest size down to a 64th of it


@dataclass(frozen=True)
class RepresentativeSize:
    """F2 of random windows of several sizes, and the size that it suggests.

    Attributes
    ----------
    sizes
        Sides of the windows in pixels, ascending; K of them.
    curves
        "F2" of each size, (windows, R) each, lags up to half the size less one; NaN for windows without the phase.
    fractions
        (K, windows) phase fraction of each window.
    shape
        Of the image.
    tolerance
        On F2, which runs from 1 to 0.
    """

    sizes: tuple[int, ...]
    curves: tuple[Curve, ...]
    fractions: np.ndarray
    shape: tuple[int, ...]
    tolerance: float

    @cached_property
    def mse(self) -> np.ndarray:
        """(K,) mean squared error of each size's mean F2 against that of the largest, over the common lags."""
        mean = self.curves[-1].mean
        return np.array([_mean((one.mean - mean[: len(one.r)]) ** 2) for one in self.curves])

    @property
    def band(self) -> np.ndarray:
        """95 % confidence band (2, R) of the largest size's mean F2."""
        return self.curves[-1].band

    @cached_property
    def half_width(self) -> np.ndarray:
        """(K,) half the 95 % band of each size's own mean F2: root mean square over its lags."""
        return np.array([math.sqrt(_mean((one.band[1] - one.mean) ** 2)) for one in self.curves])

    @cached_property
    def inside(self) -> np.ndarray:
        """(K,) share of the common lags at which each size's mean F2 lies in the band of the largest."""
        low, high = self.band
        within = [(one.mean >= low[: len(one.r)]) & (one.mean <= high[: len(one.r)]) for one in self.curves]
        return np.array([one.mean() for one in within])

    @property
    def coverage(self) -> np.ndarray:
        """(K,) pixels of all windows of a size, as a share of the image; above 1 they overlap for certain."""
        return np.array(
            [self.curves[0].n * float(size) ** len(self.shape) / math.prod(self.shape) for size in self.sizes]
        )

    @property
    def stable(self) -> np.ndarray:
        """(K,) bool: sizes that are near the largest, and known well enough to say so."""
        return (np.sqrt(self.mse) <= self.tolerance) & (self.half_width <= self.tolerance)

    @property
    def suggestion(self) -> int | None:
        """The representative size in pixels, None if no size is one; see `rule` and `reason`."""
        unstable = np.flatnonzero(~self.stable)
        first = int(unstable[-1]) + 1 if len(unstable) else 0
        return self.sizes[first] if first < len(self.sizes) - 1 else None

    @property
    def rule(self) -> str:
        """How the size is chosen, in one sentence."""
        return (
            f"The representative size is the smallest one from which on the mean F2 of {self.curves[0].n} windows "
            f"differs from that of the largest size by at most {self.tolerance:g}, and is itself known to "
            f"+-{self.tolerance:g} (95 %), both as root mean square over the lags."
        )

    @property
    def reason(self) -> str:
        """What was found, in one sentence."""
        largest, uncertain = self.sizes[-1], float(self.half_width[-1])
        if self.suggestion is not None:
            at = self.sizes.index(self.suggestion)
            smaller = "" if at else ", the smallest size that was looked at"
            return (
                f"Windows of {self.suggestion} pixels are representative{smaller}: their mean F2 differs by "
                f"{math.sqrt(self.mse[at]):.2g} from that of {largest} pixels and is known to "
                f"+-{self.half_width[at]:.2g}."
            )
        if math.isnan(uncertain):
            return "No size is representative: fewer than two of the largest windows hold both phases."
        if uncertain > self.tolerance:
            # The spread of window means falls as one over the square root of the window's pixels.
            needed = largest * (uncertain / self.tolerance) ** (2 / len(self.shape))
            return (
                f"The image is too small, no size was representative: F2 of its largest windows ({largest} pixels) is "
                f"known to +-{uncertain:.2g} only; for +-{self.tolerance:g} they would have to be of about "
                f"{needed:.0f} pixels."
            )
        return (
            f"The image is too small, no size was representative: the largest windows ({largest} pixels) alone are "
            f"known to +-{self.tolerance:g}, and a smaller size is needed that agrees with them."
        )

    def rows(self) -> list[dict[str, Any]]:
        """One row per size and lag, as for a CSV file."""
        return [row for k in range(len(self.sizes)) for row in self._rows(k)]

    def _rows(self, k: int) -> list[dict[str, Any]]:
        curve, size = self.curves[k], self.sizes[k]
        mean, (lower, upper) = curve.mean, curve.band
        of_size = {
            "mse": float(self.mse[k]),
            "half_width": float(self.half_width[k]),
            "inside_band": float(self.inside[k]),
            "phase_fraction": float(self.fractions[k].mean()),
            "representative": self.suggestion is not None and size >= self.suggestion,
            "windows": curve.n,
            "phase": curve.phase,
            "boundary": curve.boundary,
            "protocol": " ".join(f"{key}={value}" for key, value in curve.protocol.items()),
        }
        return [
            {"size": size, "r": float(r), "mean": float(mean[i]), "lower": float(lower[i]), "upper": float(upper[i])}
            | of_size
            for i, r in enumerate(curve.r)
        ]


def representative_size(
    image: np.ndarray,
    *,
    sizes: Sequence[int] | None = None,
    windows: int = 10,
    phase: int = 1,
    boundary: Boundary = "open",
    seed: int = 0,
    r_max: int | None = None,
    tolerance: float = 0.02,
    progress: Callable[[int, int], None] | None = None,
) -> RepresentativeSize:
    """Cut random windows of several sizes out of one large image, and find from which size on they agree.

    Only the windows are read, so the image may be a memory-mapped file or a data set of an HDF5 file.

    Parameters
    ----------
    image
        Whole numbers (H, W) or (D, H, W).
    sizes
        Sides of the windows, pixels. By default a ladder in steps of sqrt(2), up to the largest size of which so many
        windows fit into the image beside each other: larger ones overlap, and their band is too narrow.
    windows
        Of each size, at random places.
    phase, boundary
        As for `two_point`.
    seed
        Of the places; those of a size depend on the seed, the size and the image's shape only.
    r_max
        Largest lag, pixels; half the size less one by default and at most.
    tolerance
        On F2, see `RepresentativeSize.rule`.
    progress
        Called with the windows that are done and all of them.

    Returns
    -------
    RepresentativeSize

    Raises
    ------
    RaysysError
        If the image is none, or too small, or the sizes, windows or tolerance are not as said.

    Notes
    -----
    Amiri et al. compare the MSE of the mean F2 with the largest size's, and look for the size from which on it does not
    decrease significantly. F2 is scaled window by window: a window's own phase fraction drags the tail of its F2 below
    zero by about (correlation length / size)^d, so the MSE falls steeply at first and then, once that is lost in the
    sampling, as one over the windows' pixels. It never stops falling, and whether a mean lies in the band of the
    largest depends, for any stationary medium, on the ratio of the two sizes alone (about 1 / 2): such a rule suggests
    a share of the image, whatever it shows. A tolerance makes the size one of the material: it hardly moves with the
    largest size, and with correlation lengths it grows in proportion. It is asked of the confidence interval too, since
    one mean may be near by chance.

    References
    ----------
    Amiri et al., Sci. Rep. 13 (2023), section 4.2 and Fig. 9: ten windows of each size, F2, MSE to the largest
    (5000^2), 95 % band. Kanit et al., Int. J. Solids Struct. 40 (2003) 3647: a representative size belongs to a
    precision and a number of windows.
    """
    _check_image(image)
    shape = tuple(int(length) for length in image.shape)
    chosen = _sizes(shape, sizes, windows)
    if not tolerance > 0:
        raise RaysysError(f"tolerance is {tolerance}; allowed: above 0 (F2 runs from 1 to 0)")
    found: list[list[tuple[Curve, float]]] = []
    for k, size in enumerate(chosen):
        found.append([])
        for corner in _corners(shape, size, windows, seed):
            place = tuple(slice(int(start), int(start) + size) for start in corner)
            found[-1].append(_measured(np.asarray(image[place]), phase, boundary, r_max))
            if progress is not None:
                progress(k * windows + len(found[-1]), len(chosen) * windows)
    curves = tuple(_joined([curve for curve, _ in one], phase, seed) for one in found)
    fractions = np.array([[fraction for _, fraction in one] for one in found])
    if not fractions.any():
        warnings.warn(f"phase {phase} occurs in no window; what is measured of it is NaN", stacklevel=2)
    return RepresentativeSize(chosen, curves, fractions, shape, tolerance)


def _measured(window: np.ndarray, phase: int, boundary: Boundary, r_max: int | None) -> tuple[Curve, float]:
    """S2 and phase fraction of one window; a window without the phase is not an absent phase."""
    inside = Phase.of((window == phase).astype(np.uint8)[None], 1, boundary)
    longest = window.shape[0] // 2 - 1
    curve = two_point_of(inside, longest if r_max is None else min(r_max, longest))
    return curve, float(inside.fractions[0])


def _joined(curves: list[Curve], phase: int, seed: int) -> Curve:
    first = curves[0]
    values = np.concatenate([curve.values for curve in curves])
    protocol = first.protocol | {"windows": "random", "seed": str(seed)}
    return scaled_autocovariance(
        Curve(first.name, first.r, values, phase, first.boundary, protocol), variant="per_image"
    )


def _corners(shape: tuple[int, ...], size: int, windows: int, seed: int) -> np.ndarray:
    """First pixels (windows, axes) of random windows."""
    random = np.random.default_rng([seed, size])
    return random.integers(0, [length - size + 1 for length in shape], (windows, len(shape)))


def _check_image(image: np.ndarray) -> None:
    if getattr(image, "ndim", None) not in (2, 3):
        raise RaysysError(
            f"the image has shape {np.shape(image)}; allowed: one image (H, W) or one volume (D, H, W), without a "
            "sample axis"
        )
    if image.dtype.kind not in "bui":
        raise RaysysError(f"the image is of type {image.dtype}; allowed: whole numbers, one value per phase")


def _sizes(shape: tuple[int, ...], sizes: Sequence[int] | None, windows: int) -> tuple[int, ...]:
    if windows < 2:
        raise RaysysError(f"windows is {windows}; allowed: at least 2, or there is no band")
    if sizes is None:
        return _ladder(shape, windows)
    chosen = tuple(sorted({int(size) for size in sizes}))
    if len(chosen) < 2 or chosen[0] < SMALLEST or chosen[-1] > min(shape):
        raise RaysysError(
            f"sizes are {', '.join(map(str, chosen)) or 'none'}; allowed: at least two different ones, {SMALLEST} to "
            f"{min(shape)} pixels, as the image is of {' x '.join(map(str, shape))}"
        )
    return chosen


def _ladder(shape: tuple[int, ...], windows: int) -> tuple[int, ...]:
    fitting = (size for size in range(min(shape), 0, -1) if math.prod(n // size for n in shape) >= windows)
    largest = next(fitting, 0)
    steps = (round(largest / STEP**k) for k in range(STEPS, -1, -1))
    ladder = tuple(size for size in steps if size >= SMALLEST)
    if len(ladder) < 3:
        raise RaysysError(
            f"the image of {' x '.join(map(str, shape))} pixels is too small: {windows} windows beside each other "
            f"are at most {largest} pixels wide, and {2 * SMALLEST} is the least; give sizes to let windows overlap"
        )
    return ladder


def _mean(values: np.ndarray) -> float:
    """Mean of the values that are there; NaN if none is."""
    held = values[~np.isnan(values)]
    return float(held.mean()) if len(held) else math.nan
