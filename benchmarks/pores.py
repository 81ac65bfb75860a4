"""Pores as objects, and the bootstrap of distances, on one core against what people use.

    python benchmarks/pores.py

Pores of 8 images of 512 x 512 and of one volume of 160^3 against scikit-image's regionprops, asked for the same
properties as far as it has them; 1,000 resamples of two samples of 500 against scipy's bootstrap. CPU time of one
thread, runs interleaved, median. Results are compared before they are timed.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import wasserstein_distance
from skimage.measure import label, regionprops, regionprops_table
from timing import machine, one_thread, seconds, show, thresholded_field

from raysys.stats import bootstrap, pores

FLAT = {
    "area": "area",
    "orientation": "orientation",
    "axis_major_length": "major_axis",
    "axis_minor_length": "minor_axis",
    "perimeter_crofton": "perimeter",
}


def by_regionprops(images: np.ndarray) -> dict[str, np.ndarray]:
    """The same properties by scikit-image."""
    regions = [region for image in images for region in regionprops(label(image, connectivity=1))]
    return {name: np.array([getattr(region, name) for region in regions]) for name in FLAT}


def volumes_by_regionprops(volumes: np.ndarray) -> np.ndarray:
    """Volume, axes and direction by scikit-image, which has no surface; (P,) volumes."""
    names = ("area", "inertia_tensor", "axis_major_length", "axis_minor_length")
    return np.concatenate([regionprops_table(label(v, connectivity=1), properties=names)["area"] for v in volumes])


def flat() -> None:
    """Images."""
    images = thresholded_field((512, 512), 8, phi=0.1, sigma=3)
    ours, theirs = pores(images).properties, by_regionprops(images)
    np.testing.assert_array_equal(ours["area"], theirs["area"])
    np.testing.assert_allclose(ours["perimeter"], theirs["perimeter_crofton"])
    np.testing.assert_allclose(ours["major_axis"] ** 2 - 16 / 12, theirs["axis_major_length"] ** 2, atol=1e-7)
    times = seconds(
        {
            "raysys": lambda: pores(images),
            "raysys, periodic": lambda: pores(images, boundary="periodic"),
            "scikit-image regionprops, five properties": lambda: by_regionprops(images),
        },
        5,
    )
    show(f"pores of 8 images of 512^2, {len(ours['area']):,} in all", times, len(ours["area"]), "pores")


def solid() -> None:
    """A volume."""
    volume = thresholded_field((160, 160, 160), 1, phi=0.1, sigma=3)
    ours = pores(volume).properties["volume"]
    np.testing.assert_array_equal(ours, volumes_by_regionprops(volume))
    times = seconds(
        {
            "raysys, with surfaces": lambda: pores(volume),
            "raysys, periodic": lambda: pores(volume, boundary="periodic"),
            "scikit-image regionprops, without": lambda: volumes_by_regionprops(volume),
        },
        5,
    )
    show(f"pores of 160^3 voxels, {len(ours):,} in all", times, len(ours), "pores")


def resamples() -> None:
    """1,000 resamples of two samples of 500."""
    real, other = np.random.default_rng(0).normal([[0], [3]], 1, (2, 500))
    ours = bootstrap(real, other)["w1"]
    options = {"n_resamples": 1000, "vectorized": False, "method": "percentile", "rng": 0}
    theirs = scipy_bootstrap((real, other), wasserstein_distance, **options)
    assert abs(ours.std / theirs.standard_error - 1) < 0.1
    times = seconds(
        {
            "raysys, KL, W1, KS and Hellinger": lambda: bootstrap(real, other),
            "scipy.stats.bootstrap, wasserstein_distance alone": lambda: scipy_bootstrap(
                (real, other), wasserstein_distance, **options
            ),
        },
        5,
    )
    show("1,000 resamples of 500 against 500 values", times, 1000, "resamples")


def main() -> None:
    """Compare, then time."""
    one_thread()
    print(machine("raysys", "numpy", "scipy", "numba", "scikit-image"))
    flat()
    solid()
    resamples()


if __name__ == "__main__":
    main()
