"""Frechet distance between sets of features, and features made of descriptors, so that no network is needed."""

from __future__ import annotations

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Curve
from raysys.stats.sets.characterisation import Characterisation
from raysys.stats.sets.comparison import check_protocol

# Directions in which the reference varies less than this share of its largest are rounding.
SMALLEST = 1e-6
# Lags of a curve that are looked at, by their place: 0, 1, 2, 3, 4, 5, 6, 8, 11, ..., growing by a quarter.
PLACES = np.unique(np.rint(1.25 ** np.arange(64)).astype(int)) - 1


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Squared Frechet (Wasserstein-2) distance of the normal distributions fitted to two sets of features.

    |mu_a - mu_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)). With S = A^T A of the centred features, the last trace is the
    sum of the singular values of A B^T: nothing is squared and rooted again, and covariances may be singular.

    Parameters
    ----------
    features_a, features_b
        (N, F) and (M, F) real numbers, at least two rows each. Covariances of few samples make it too large, by about
        the distance between two halves of a set of twice as many: of sets with N not far above F, compare only values
        of equal N and M, and with that distance.

    Raises
    ------
    RaysysError
        If the features are not as said, or not finite.

    References
    ----------
    Dowson & Landau, J. Multivar. Anal. 12 (1982) 450; of network features: Heusel et al., NeurIPS 2017.
    """
    a, b = (_checked(features, side) for features, side in ((features_a, "first"), (features_b, "second")))
    if a.shape[1] != b.shape[1]:
        raise RaysysError(f"features are {a.shape[1]} wide in the first set and {b.shape[1]} in the second")
    A, B = (_root(features) for features in (a, b))
    between = np.linalg.svd(A @ B.T, compute_uv=False).sum()
    apart = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    return float(max(0.0, apart + (A**2).sum() + (B**2).sum() - 2 * between))


def _checked(features: np.ndarray, side: str) -> np.ndarray:
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or len(features) < 2 or not np.isfinite(features).all():
        raise RaysysError(
            f"features of the {side} set, of shape {features.shape}, are not (N, F) finite numbers with N at least 2"
        )
    return features


def _root(features: np.ndarray) -> np.ndarray:
    """(min(N, F), F) of which A^T A is the covariance."""
    centred = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return centred if len(centred) <= centred.shape[1] else np.asarray(np.linalg.qr(centred, mode="r"))


def descriptor_features(
    characterisation: Characterisation, *, reference: Characterisation | None = None, components: int = 8
) -> np.ndarray:
    """Features of every image of a set out of its curves, for `frechet_distance`.

    Each curve is taken at lags that grow by a quarter from some point on, standardised by the mean and the standard
    deviation of the reference's images at each lag, and weighed so that every curve counts alike. All is then turned to
    the principal components of the reference, of which the first remain.

    Parameters
    ----------
    characterisation
        Of the images.
    reference
        Set that decides lags, scales and components; the same one for both sides of a distance. By default the set
        itself.
    components
        Number of features at most: a tenth of the images or less gives stable covariances. What the reference does
        not vary in, these features do not see.

    Returns
    -------
    (N, F) float64, F <= components

    Raises
    ------
    RaysysError
        If the two have no curve in common, their protocols differ, a curve is not defined of an image, or the reference
        has fewer than two images or no variation.

    Examples
    --------
    >>> frechet_distance(descriptor_features(real), descriptor_features(other, reference=real))  # doctest: +SKIP
    """
    real = characterisation if reference is None else reference
    if components < 1 or real.n < 2:
        raise RaysysError(f"{components} components of {real.n} images; allowed: at least 1, and of 2 images or more")
    mine, theirs = _sampled(real, characterisation)
    _, sizes, directions = np.linalg.svd(mine - mine.mean(axis=0), full_matrices=False)
    kept = directions[:components][sizes[:components] > SMALLEST * sizes[0]]
    return np.asarray((theirs - mine.mean(axis=0)) @ kept.T)


def _sampled(real: Characterisation, other: Characterisation) -> tuple[np.ndarray, np.ndarray]:
    """Standardised values of the common curves at some lags: (N, K) of the reference and (M, K)."""
    sides: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for name in [name for name in real.curves if name in other.curves]:
        check_protocol(name, real.curves[name], other.curves[name])
        mine, theirs = _at_common_lags(real.curves[name], other.curves[name])
        mean, scale = mine.mean(axis=0), mine.std(axis=0)
        varied = scale > SMALLEST * np.abs(mean)
        for side, values in zip(sides, (mine, theirs), strict=True):
            side.append((values - mean)[:, varied] / scale[varied] / np.sqrt(max(1, varied.sum())))
    if not any(values.shape[1] for values in sides[0]):
        raise RaysysError(
            f"no features: {', '.join(real.curves) or 'no curves'} against {', '.join(other.curves) or 'no curves'}; "
            "a common curve is needed that is defined, and not the same for every image of the reference"
        )
    mine, theirs = (np.concatenate(side, axis=1) for side in sides)
    return mine, theirs


def _at_common_lags(one: Curve, two: Curve) -> tuple[np.ndarray, np.ndarray]:
    """Values of both at lags where every image has one, thinned out to growing steps."""
    _, mine, theirs = np.intersect1d(one.r, two.r, return_indices=True)
    held = np.isfinite(one.values[:, mine]).all(axis=0) & np.isfinite(two.values[:, theirs]).all(axis=0)
    mine, theirs = mine[held], theirs[held]
    chosen = PLACES[len(mine) > PLACES]
    return one.values[:, mine[chosen]], two.values[:, theirs[chosen]]
