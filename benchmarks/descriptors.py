"""Speed of the descriptors on one core, against plain implementations, as ratios within one run.

    python benchmarks/descriptors.py [--repeats 7] [--large]

128 images of 128 x 128, lags 0..64, periodic, phase fraction 0.352 (thresholded Gaussian random fields): S2, P3H, P3V,
P4 and P6 against numpy's roll and AND and against plain loops in numba, built as the public ones are; S2 along the axes
against the full map by scipy's and torch's FFT, which give every lag vector, and by the steps that PyMKS takes; the
lineal path against a run-length loop in numpy and, at 512 x 512, against PoreSpy's chords if it is installed. Then S2
of images of 512 x 512 and of one volume of 128^3, and the five functions of that volume. CPU time of one thread, runs
interleaved, median. All results are compared before they are timed. --large measures time and memory of S2 of a
volume of 1024^3 (3 GB of memory).
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import subprocess
import sys
import warnings
from collections.abc import Callable

import numpy as np
import torch
from numba import njit
from scipy import fft
from timing import machine, one_thread, seconds, show, thresholded_field

from raysys.stats import characterise, lineal_path, lineal_path_along, two_point

SIDE, N, R_MAX = 128, 128, 64
FUNCTIONS = ("S2", "P3H", "P3V", "P4", "P6")


def vertices(name: str, r: int) -> list[tuple[int, int]]:
    """(row, column) of the vertices, rounded to the nearest pixel."""
    up, low = math.floor(math.sqrt(3) / 2 * r + 0.5), math.floor(math.sqrt(3) * r + 0.5)
    left, right = math.floor(0.5 - r / 2), math.floor(1.5 * r + 0.5)
    return {
        "P3H": [(0, 0), (0, r), (up, r // 2)],
        "P3V": [(0, 0), (r, 0), (r // 2, up)],
        "P4": [(0, 0), (0, r), (r, 0), (r, r)],
        "P6": [(0, 0), (0, r), (up, left), (up, right), (low, 0), (low, r)],
    }[name]


def roll_and_and(images: np.ndarray) -> dict[str, np.ndarray]:
    """Each function by itself, as one would write it at first: roll the image to every vertex, AND, mean."""

    def together(image: np.ndarray, points: list[tuple[int, int]]) -> float:
        return float(np.logical_and.reduce([np.roll(image, (-p, -q), (0, 1)) for p, q in points]).mean())

    found = {name: np.full((len(images), R_MAX + 1), np.nan) for name in FUNCTIONS}
    for i, image in enumerate(images.astype(bool)):
        for r in range(R_MAX + 1):
            found["S2"][i, r] = (together(image, [(0, 0), (0, r)]) + together(image, [(0, 0), (r, 0)])) / 2
            for name in FUNCTIONS[1:]:
                if r % 2 == 0 or not name.startswith("P3"):
                    found[name][i, r] = together(image, vertices(name, r))
    return found


@njit
def plain_loop(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Positions of figures (K, V, 2), by a loop over figures, rows and columns that gives up at the first miss."""
    height, width = image.shape
    counts = np.zeros(len(points), np.int64)
    for k in range(len(points)):
        for i in range(height):
            for j in range(width):
                inside = image[i, j] == 1
                for v in range(1, points.shape[1]):
                    if not inside:
                        break
                    row, column = i + points[k, v, 0], j + points[k, v, 1]
                    if row >= height:
                        row -= height
                    if column >= width:
                        column -= width
                    inside = image[row, column] == 1
                counts[k] += inside
    return counts


def plain_loops(images: np.ndarray) -> dict[str, np.ndarray]:
    """As public numba codes do it: each function by itself, wrapped by comparison, skipping what is not phase."""

    def counts(figures: list[list[tuple[int, int]]]) -> np.ndarray:
        points = np.array(figures) % SIDE
        return np.array([plain_loop(image, points) for image in images]) / SIDE**2

    found = {name: np.full((len(images), R_MAX + 1), np.nan) for name in FUNCTIONS}
    across, down = ([[(0, 0), (r * a, r * b)] for r in range(R_MAX + 1)] for a, b in ((0, 1), (1, 0)))
    found["S2"] = (counts(across) + counts(down)) / 2
    for name in FUNCTIONS[1:]:
        step = 2 if name.startswith("P3") else 1
        found[name][:, ::step] = counts([vertices(name, r) for r in range(0, R_MAX + 1, step)])
    return found


def plain_runs(images: np.ndarray) -> np.ndarray:
    """Open lineal path: runs from differences, a loop over the lags."""
    values = np.zeros((2, R_MAX))
    for axis, lines in enumerate((images, images.swapaxes(1, 2))):
        length = lines.shape[-1]
        edges = np.diff(np.pad(lines.astype(np.int8), ((0, 0), (0, 0), (1, 1))), axis=-1)
        runs = np.nonzero(edges == -1)[2] - np.nonzero(edges == 1)[2]
        for r in range(R_MAX):
            values[axis, r] = np.maximum(runs - r, 0).sum() / (len(lines) * lines.shape[1] * (length - r))
    return values.mean(axis=0)


def scipy_map(images: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    axes = tuple(range(1, images.ndim))
    spectrum = fft.rfftn(images.astype(dtype), axes=axes)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(fft.irfftn(power, s=images.shape[1:], axes=axes)) / math.prod(images.shape[1:])


def pymks_map(images: np.ndarray, dtype: type) -> np.ndarray:
    """The steps of PyMKS's two_point_stats for one phase, without dask.

    A basis function per phase, a complex FFT of both sides, the product with the conjugate, back, shifted, divided by
    the number of pixels and cut to the lags asked for.
    """
    axes = tuple(range(1, images.ndim))
    phase = np.stack([images == 0, images == 1], axis=-1).astype(dtype)[..., 1]
    product = np.conj(np.fft.fftn(phase, axes=axes)) * np.fft.fftn(phase, axes=axes)
    found = np.fft.fftshift(np.fft.ifftn(product, axes=axes), axes=axes).real / math.prod(images.shape[1:])
    cutoff = min(images.shape[1:]) // 2
    return np.asarray(found[(slice(None), *(slice(s // 2 - cutoff, s // 2 + cutoff + 1) for s in images.shape[1:]))])


def torch_map(images: np.ndarray) -> torch.Tensor:
    axes = tuple(range(1, images.ndim))
    spectrum = torch.fft.rfftn(torch.from_numpy(images).float(), dim=axes)
    return torch.fft.irfftn(spectrum.abs().square(), s=images.shape[1:], dim=axes) / math.prod(images.shape[1:])


def five_functions(images: np.ndarray, repeats: int) -> None:
    few = images[:8]
    plain: dict[str, Callable[[np.ndarray], dict[str, np.ndarray]]] = {
        "numpy roll and AND (from 8 images)": roll_and_and,
        "plain numba loops (from 8 images)": plain_loops,
    }
    measured = characterise(few, FUNCTIONS, r_max=R_MAX, boundary="periodic")
    for function in plain.values():
        for name, values in function(few).items():
            np.testing.assert_allclose(measured.curves[name].values, values, rtol=0, atol=1e-15)
    times = seconds({"raysys": lambda: characterise(images, FUNCTIONS, r_max=R_MAX, boundary="periodic")}, 3 * repeats)
    times |= {
        name: taken * len(images) / len(few)
        for name, taken in seconds(
            {name: lambda f=f: f(few) for name, f in plain.items()}, max(1, repeats // 3)
        ).items()
    }
    show(f"five functions, {N} images of {SIDE}^2, r <= {R_MAX}, periodic", times, N)


def axes_of(maps: np.ndarray, centre: int, r_max: int) -> np.ndarray:
    """(N, R): mean over the axes of the lags 0, -1, ..., -r_max of maps whose zero lag is at an index."""
    lines = [np.moveaxis(maps, axis, -1) for axis in range(1, maps.ndim)]
    return np.mean(
        [line[(slice(None), *(centre,) * (maps.ndim - 2))][:, centre - np.arange(r_max + 1)] for line in lines], 0
    )


def against_maps(title: str, images: np.ndarray, repeats: int) -> None:
    r_max = min(images.shape[1:]) // 2
    measured = two_point(images, r_max=r_max, boundary="periodic").values
    np.testing.assert_allclose(measured, axes_of(scipy_map(images, np.float64), 0, r_max), rtol=0, atol=1e-13)
    np.testing.assert_allclose(measured, axes_of(pymks_map(images, np.float64), r_max, r_max), rtol=0, atol=1e-13)
    work: dict[str, Callable[[], object]] = {
        "raysys, lags along the axes": lambda: two_point(images, r_max=r_max, boundary="periodic"),
        "torch rfft, float32, every lag vector": lambda: torch_map(images),
        "scipy rfft, float32, every lag vector": lambda: scipy_map(images),
        "scipy rfft, float64, every lag vector": lambda: scipy_map(images, np.float64),
        "steps of PyMKS, float32, every lag vector": lambda: pymks_map(images, np.float32),
        "steps of PyMKS, float64, every lag vector": lambda: pymks_map(images, np.float64),
    }
    show(title, seconds(work, repeats), len(images))


def lines(images: np.ndarray, repeats: int) -> None:
    np.testing.assert_allclose(lineal_path(images).mean, plain_runs(images), rtol=1e-12)
    work = {"raysys": lambda: lineal_path(images), "numpy runs": lambda: plain_runs(images)}
    show(f"lineal path, {N} images of {SIDE}^2, both axes, open", seconds(work, repeats), N)


def against_chords(image: np.ndarray, repeats: int) -> None:
    title = "lineal path, one image of 512^2, open"
    if importlib.util.find_spec("porespy") is None:
        print(f"\n{title}\n  porespy absent, skipped")
        return
    import porespy

    def chords() -> np.ndarray:
        """Lengths of the chords of every second row, which is what there is to spare one line between them."""
        with warnings.catch_warnings(action="ignore"):
            return porespy.metrics.chord_counts(porespy.filters.apply_chords(image, axis=1, trim_edges=False))

    length = image.shape[1]
    measured = lineal_path_along(image[None, ::2], 1).values[0]
    lags = np.arange(len(measured))
    paths = np.maximum(chords()[:, None] - lags, 0).sum(axis=0) / (len(image) // 2 * (length - lags))
    np.testing.assert_allclose(measured, paths, rtol=1e-12)
    work: dict[str, Callable[[], object]] = {
        "raysys, both axes": lambda: lineal_path(image[None]),
        "raysys, one axis": lambda: lineal_path_along(image[None], 1),
        "porespy chords and their counts, half the rows": chords,
    }
    show(title, seconds(work, repeats), 1)


def five_of_a_volume(volume: np.ndarray, repeats: int) -> None:
    work = {"raysys, all planes": lambda: characterise(volume, FUNCTIONS, r_max=R_MAX, boundary="periodic")}
    show(f"five functions, one volume of {SIDE}^3, r <= {R_MAX}, periodic", seconds(work, repeats), 1, "volumes")


LARGE = """
import resource, sys, time
import numpy as np
from raysys.stats import two_point
two_point(np.ones((1, 8, 8, 8), np.uint8))
side, rng = 1024, np.random.default_rng(0)
volume = np.empty((1, side, side, side), np.uint8)
for slice in volume[0]:
    np.less(rng.integers(0, 256, slice.shape, np.uint8), 90, out=slice.view(bool))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for boundary in ("open", "periodic"):
    start = time.thread_time()
    two_point(volume, boundary=boundary)
    print(f"  {boundary:10} {time.thread_time() - start:6.2f} s")
beyond = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(f"  largest memory beyond that of the volume: {beyond / 2**20:.2f} GiB")
"""


def large() -> None:
    """In a process of its own, whose largest memory is then that of this alone."""
    print("\nS2 of one volume of 1024^3, three axes, r < 512", flush=True)
    subprocess.run([sys.executable, "-c", LARGE], check=True)


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--large", action="store_true", help="S2 of a volume of 1024^3 only")
    arguments = parser.parse_args()
    repeats = arguments.repeats
    print(machine("numpy", "numba", "scipy", "torch", "porespy"))
    if arguments.large:
        large()
        return
    images = thresholded_field((SIDE, SIDE), N)
    five_functions(images, repeats)
    against_maps(f"S2, {N} images of {SIDE}^2, periodic", images, repeats)
    lines(images, repeats)
    wide, volume = thresholded_field((512, 512), 8), thresholded_field((SIDE,) * 3, 1)
    against_chords(wide[0], repeats)
    against_maps("S2, 8 images of 512^2, periodic", wide, repeats)
    against_maps(f"S2, one volume of {SIDE}^3, periodic", volume, repeats)
    five_of_a_volume(volume, repeats)


if __name__ == "__main__":
    main()
