"""Speed of descriptors of size and of connected parts on one core, against peers, as ratios within one run.

    python benchmarks/lengths.py [--repeats 5]

128 images of 128 x 128 and a volume of 128^3 voxels, phase fraction 0.352 (thresholded Gaussian random fields, sigma
4): chord lengths against PoreSpy's (along one axis, in every second line), the two-point cluster function against
comparing SciPy's labels lag by lag, labels against SciPy's, distances against SciPy's distance transform, and the local
thickness, of every radius that occurs, against PoreSpy's by distance transforms of every radius. CPU time of one
thread, runs interleaved, median; slow peers measure a few images once, scaled. What both measure is compared before it
is timed: values are equal.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
from scipy import ndimage
from timing import machine, one_thread, seconds, show, thresholded_field

from raysys.stats import (
    chord_length_distribution,
    local_thickness,
    local_thickness_distribution,
    pore_size,
    two_point_cluster,
)
from raysys.stats.geometry.distance import squared_distances
from raysys.stats.labelling import labelled

FEW = 4  # images that slow peers measure


def cluster_function(images: np.ndarray, r_max: int) -> np.ndarray:
    """C2 by comparing labels, lag by lag."""
    values = []
    for image in images:
        labels, _ = ndimage.label(image)
        curves = []
        for axis, length in enumerate(image.shape):
            here = np.moveaxis(labels, axis, 0)
            pairs = [(here[: length - r], here[r:]) for r in range(r_max + 1)]
            curves.append([np.mean((one == other) & (one > 0)) for one, other in pairs])
        values.append(np.mean(curves, axis=0))
    return np.array(values)


def thickness(image: np.ndarray) -> np.ndarray:
    """PoreSpy's local thickness with every radius that occurs, as a diameter."""
    import porespy

    distances = ndimage.distance_transform_edt(image).astype(np.float32)
    sizes = np.unique(distances[image])
    return 2 * porespy.filters.local_thickness(image, dt=distances, method="legacy", sizes=sizes, smooth=True)


def chords(image: np.ndarray) -> np.ndarray:
    """PoreSpy's chords along the last axis, in every second line."""
    import porespy

    return porespy.metrics.chord_counts(porespy.filters.apply_chords(image, axis=image.ndim - 1))


def compared(images: np.ndarray, title: str, repeats: int, few: int) -> None:
    """Compare and time; slow peers on a few of the images."""
    inside, r_max = images.astype(bool), min(images.shape[1:]) // 2 - 1
    count = len(images)
    np.testing.assert_array_equal(two_point_cluster(images[:few]).values, cluster_function(inside[:few], r_max))
    for one in inside[:few]:
        np.testing.assert_array_equal(labelled(one, "faces", "open")[0], ndimage.label(one)[0])
        distances = ndimage.distance_transform_edt(one)
        np.testing.assert_array_equal(squared_distances(one[None], "open")[0], np.rint(distances**2))
    times = seconds(
        {
            "chords, raysys, all axes and lines": lambda: chord_length_distribution(images),
            "labels, raysys, open": lambda: [labelled(one, "faces", "open") for one in inside],
            "labels, raysys, periodic": lambda: [labelled(one, "faces", "periodic") for one in inside],
            "labels, SciPy, open": lambda: [ndimage.label(one) for one in inside],
            "C2, raysys, open": lambda: two_point_cluster(images),
            "C2, raysys, periodic": lambda: two_point_cluster(images, boundary="periodic"),
            "pore size, raysys, open": lambda: pore_size(images),
            "pore size, raysys, periodic": lambda: pore_size(images, boundary="periodic"),
            "distances alone, raysys": lambda: squared_distances(inside, "open"),
            "distances alone, SciPy": lambda: [ndimage.distance_transform_edt(one) for one in inside],
            "local thickness, raysys, open": lambda: local_thickness_distribution(images),
            "local thickness, raysys, periodic": lambda: local_thickness_distribution(images, boundary="periodic"),
        },
        repeats,
    )
    slow: dict[str, Callable[[], object]] = {"C2, labels lag by lag": lambda: cluster_function(inside[:few], r_max)}
    slow |= peers(images[:few])
    times |= {name: taken * count / few for name, taken in seconds(slow, 1).items()}
    for kind in ("chords", "labels", "C2", "pore size", "distances", "local thickness"):
        rows = {name: taken for name, taken in times.items() if name.startswith(kind)}
        show(f"{title}: {kind}", rows, count)


def peers(images: np.ndarray) -> dict[str, Callable[[], object]]:
    """What PoreSpy measures of the images, where it is installed."""
    try:
        import porespy
    except ImportError:
        print("PoreSpy is not installed: its times are left out")
        return {}
    porespy.settings.tqdm["disable"] = True
    inside = images.astype(bool)
    for one, found in zip(inside, local_thickness(images), strict=True):
        np.testing.assert_allclose(found, thickness(one), rtol=1e-6)
    return {
        "chords, PoreSpy, one axis, half the lines": lambda: [chords(one) for one in inside],
        "local thickness, PoreSpy": lambda: [thickness(one) for one in inside],
    }


def main() -> None:
    one_thread()
    warnings.simplefilter("ignore", FutureWarning)  # PoreSpy's, about scikit-image
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print(machine("numpy", "numba", "scipy", "porespy"))
    compared(thresholded_field((128, 128), 128), "128 images of 128^2 pixels", repeats, FEW)
    compared(thresholded_field((128,) * 3, 1), "a volume of 128^3 voxels", repeats, 1)


if __name__ == "__main__":
    main()
