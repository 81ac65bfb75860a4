"""The numbers of every image as one vector, in named groups: what a two-sample test of whole images looks at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.correlation.scaled import order, scaled_autocovariance
from raysys.stats.curve import Curve
from raysys.stats.geometry.pores import SHAPED, Pores
from raysys.stats.sets.characterisation import Characterisation

__all__ = ["Vectors", "vectors_of", "whitened"]

# Places of the lags of a curve: every one where pixels that were flipped show, then fewer and fewer.
PLACES = np.array([0, 1, 2, 3, 4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128])
DENSITIES = ("chord_length", "pore_size", "local_thickness")  # curves that are shares, summed up before they are read
SMALL = 4  # pixels of a pore that is called small: what single flipped pixels and their neighbours make
FAR = 8.0  # robust deviations beyond which a number says no more than "far off"
LEAST = 1e-9  # share of the largest variance below which a direction is rounding
RIDGE = 0.01  # of the mean variance, added to each direction's, so that none is blown up that few images hardly vary in


@dataclass(frozen=True)
class Vectors:
    """Numbers of N images.

    Attributes
    ----------
    groups
        {name: (N, D) float64}; NaN where a number is not defined of an image.
    """

    groups: dict[str, np.ndarray]

    @property
    def n(self) -> int:
        """Number of images."""
        return len(next(iter(self.groups.values()))) if self.groups else 0

    def subset(self, indices: np.ndarray) -> Vectors:
        """The numbers of some of the images; an image named twice comes twice."""
        return Vectors({name: values[indices] for name, values in self.groups.items()})

    @classmethod
    def joined(cls, parts: Sequence[Vectors]) -> Vectors:
        """The numbers of the images of several sets in their order, of the groups that all of them have.

        Raises
        ------
        RaysysError
            If they have no group in common, or one has other numbers in it.
        """
        names = [name for name in parts[0].groups if all(name in part.groups for part in parts)]
        if not names:
            raise RaysysError("sets of images have no descriptor in common that could be tested; measure both alike")
        for name in names:
            widths = {part.groups[name].shape[1] for part in parts}
            if len(widths) > 1:
                raise RaysysError(f"{name}: {' and '.join(map(str, sorted(widths)))} numbers an image; take one r_max")
        return cls({name: np.concatenate([part.groups[name] for part in parts]) for name in names})


def vectors_of(measured: Characterisation) -> Vectors:
    """The numbers of every image, in a group for each descriptor.

    Curves are read at lags that are dense where they are short. S2 is read as it is, phase fraction included, and
    scaled ("F2") by each image's own phase fraction, which takes away what images vary in most and leaves what a few
    pixels change; so are the polytope functions. Densities of lengths are summed up. Of pores there are number, areas,
    shapes and directions.

    Returns
    -------
    Vectors
        "phase_fraction", "S2", "F2", "P3H", ..., "L", "chord_length", "euler_characteristic", ..., "pores/number",
        "pores/area" ("pores/volume"), "pores/shape", "pores/direction": those that were measured.
    """
    groups = {"phase_fraction": measured.phase_fractions[:, None].astype(np.float64)}
    for name, curve in measured.curves.items():
        groups |= dict(_of_curve(name, curve))
    groups |= {name: scalar.values[:, None] for name, scalar in measured.scalars.items()}
    if measured.pores is not None:
        groups |= _of_pores(measured.pores, math.prod(measured.shape))
    return Vectors(groups)


def _of_curve(name: str, curve: Curve) -> Iterator[tuple[str, np.ndarray]]:
    places = PLACES[len(curve.r) > PLACES]
    if name in DENSITIES:
        yield name, np.nancumsum(curve.values, axis=1)[:, places] + np.where(np.isnan(curve.values[:, :1]), np.nan, 0)
        return
    if order(name) is None:
        yield name, curve.values[:, places]
        return
    scaled = scaled_autocovariance(curve, variant="per_image").values[:, places[1:]]  # it is 1 at r = 0
    if order(name) == 2:
        yield name, curve.values[:, places]
        yield f"F{name[1:]}", scaled
    else:
        yield name, scaled


def _of_pores(pores: Pores, pixels: int) -> dict[str, np.ndarray]:
    """Summaries of the pores of each image; NaN where it has none that could be summed up."""
    size = "area" if "area" in pores.properties else "volume"
    count = np.bincount(pores.image, minlength=pores.n)
    area, small = pores.pixels, pores.pixels <= SMALL
    log = np.log(area)
    mean = _means(log, pores)
    spread = np.sqrt(np.maximum(0, _means(log**2, pores) - mean**2))
    largest = np.zeros(pores.n)
    np.maximum.at(largest, pores.image, area)
    shapes = [_means(values, pores) for values in _shapes(pores)]
    directions = [_means(values, pores) for values in _directions(pores)]
    return {
        "pores/number": np.stack([np.log1p(count), np.log1p(np.bincount(pores.image[small], minlength=pores.n))], 1),
        f"pores/{size}": np.stack([mean, spread, np.log1p(largest) - math.log(pixels)], 1),
        "pores/shape": np.stack(shapes, 1),
        "pores/direction": np.stack(directions, 1),
    }


def _means(values: np.ndarray, pores: Pores) -> np.ndarray:
    """Mean (N,) over the pores of each image that have the number; NaN where none has."""
    held = ~np.isnan(values)
    count = np.bincount(pores.image[held], minlength=pores.n)
    total = np.bincount(pores.image[held], weights=values[held], minlength=pores.n)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _shaped(pores: Pores, name: str) -> np.ndarray:
    """A property of the pores that are large enough for a shape of their own."""
    return np.where(pores.pixels >= SHAPED, pores.properties[name], np.nan)


def _shapes(pores: Pores) -> Iterator[np.ndarray]:
    for name in ("elongation", "flatness", "circularity", "sphericity"):
        if name in pores.properties:
            yield _shaped(pores, name)
    yield _shaped(pores, "elongation") ** 2


def _directions(pores: Pores) -> Iterator[np.ndarray]:
    """Axes have no sign: the cosine and sine of twice their angle."""
    flat = "orientation" if "orientation" in pores.properties else "azimuth"
    angle = 2 * np.radians(_shaped(pores, flat))
    yield np.cos(angle)
    yield np.sin(angle)
    if "inclination" in pores.properties:
        yield np.sin(np.radians(_shaped(pores, "inclination"))) ** 2


def whitened(values: np.ndarray) -> np.ndarray:
    """Numbers (N, D) of pooled images as uncorrelated ones (N, K) of unit spread, K <= D, or more where NaN occur.

    Each number is centred at its median and divided by its median absolute deviation, so that a few odd images do not
    decide the scale; numbers that are not defined of an image become the median, beside a column that says so. Then
    principal directions are scaled alike: S2 at lags 0 and 1 vary together, and their small difference, the surface,
    is where flipped pixels are seen. Nothing here knows which set an image belongs to, so that a permutation test of
    what comes out is exact.
    """
    standardised = _standardised(np.asarray(values, np.float64))
    if not standardised.shape[1]:
        return standardised
    centred = standardised - standardised.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    variances = sizes**2 / len(centred)
    kept = variances > LEAST * variances[0]
    scores = centred @ directions[kept].T
    return np.asarray(scores / np.sqrt(variances[kept] + RIDGE * variances[kept].mean()))


def _standardised(values: np.ndarray) -> np.ndarray:
    """Robust scores, columns without any spread left out, and columns that say where a number is not defined."""
    missing = np.isnan(values)
    some = ~missing.all(axis=0)
    values, missing = values[:, some], missing[:, some]
    if not values.shape[1]:
        return values
    centred = values - np.nanmedian(values, axis=0)
    spread = 1.4826 * np.nanmedian(np.abs(centred), axis=0)
    spread = np.where(spread > 0, spread, np.nanstd(centred, axis=0))
    # The median absolute deviation of numbers that are mostly the same is zero, or rounding.
    varied = spread > LEAST * np.maximum(1e-300, np.nanmax(np.abs(values), axis=0))
    scores = np.clip(np.nan_to_num(centred[:, varied] / spread[varied], nan=0.0), -FAR, FAR)
    absent = missing[:, missing.any(axis=0)].astype(np.float64)
    absent = np.unique(absent, axis=1)  # a lag is mostly missing wherever its neighbour is
    return np.concatenate([scores, absent - absent.mean(axis=0)], axis=1)
