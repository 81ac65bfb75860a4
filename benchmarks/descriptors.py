"""Speed of the descriptors on one core, against plain implementations, as ratios within one run.

    python benchmarks/descriptors.py [--repeats 7]

128 images of 128 x 128, lags 0..64, periodic, phase fraction 0.352 (thresholded Gaussian random fields): S2, P3H, P3V,
P4 and P6 against numpy's roll and AND; S2 along the axes against the full map by scipy's and torch's FFT, which give
every lag vector; the lineal path against a run-length loop in numpy. Then S2 of one volume of 128^3 and S2 of images of
512 x 512. CPU time of one thread, runs interleaved, median. All results are compared before they are timed.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np
import torch
from scipy import fft
from timing import machine, one_thread, seconds, show, thresholded_field

from raysys.stats import characterise, lineal_path, two_point

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


def torch_map(images: np.ndarray) -> torch.Tensor:
    axes = tuple(range(1, images.ndim))
    spectrum = torch.fft.rfftn(torch.from_numpy(images).float(), dim=axes)
    return torch.fft.irfftn(spectrum.abs().square(), s=images.shape[1:], dim=axes) / math.prod(images.shape[1:])


def five_functions(images: np.ndarray, repeats: int) -> None:
    few = images[:8]
    measured = characterise(few, FUNCTIONS, r_max=R_MAX, boundary="periodic")
    for name, values in roll_and_and(few).items():
        np.testing.assert_allclose(measured.curves[name].values, values, rtol=0, atol=1e-15)
    ours = seconds({"": lambda: characterise(images, FUNCTIONS, r_max=R_MAX, boundary="periodic")}, repeats)[""]
    plain = seconds({"": lambda: roll_and_and(few)}, max(1, repeats // 3))[""] * len(images) / len(few)
    title = f"five functions, {N} images of {SIDE}^2, r <= {R_MAX}, periodic"
    show(title, {"raysys": ours, "numpy roll and AND (from 8 images)": plain}, N)


def against_maps(title: str, images: np.ndarray, repeats: int) -> None:
    r_max = min(images.shape[1:]) // 2
    curve = two_point(images, r_max=r_max, boundary="periodic")
    row = scipy_map(images, np.float64)[(slice(None), *(0,) * (images.ndim - 2), slice(r_max + 1))]
    assert np.abs(curve.values - row).max() < 0.2  # the mean of the axes near one of them
    work: dict[str, Callable[[], object]] = {
        "raysys, lags along the axes": lambda: two_point(images, r_max=r_max, boundary="periodic"),
        "torch rfft, float32, every lag vector": lambda: torch_map(images),
        "scipy rfft, float32, every lag vector": lambda: scipy_map(images),
        "scipy rfft, float64, every lag vector": lambda: scipy_map(images, np.float64),
    }
    show(title, seconds(work, repeats), len(images))


def lines(images: np.ndarray, repeats: int) -> None:
    np.testing.assert_allclose(lineal_path(images).mean, plain_runs(images), rtol=1e-12)
    work = {"raysys": lambda: lineal_path(images), "numpy runs": lambda: plain_runs(images)}
    show(f"lineal path, {N} images of {SIDE}^2, both axes, open", seconds(work, repeats), N)


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    print(machine("numpy", "numba", "scipy", "torch"))
    images = thresholded_field((SIDE, SIDE), N)
    five_functions(images, repeats)
    against_maps(f"S2, {N} images of {SIDE}^2, periodic", images, repeats)
    lines(images, repeats)
    against_maps("S2, 8 images of 512^2, periodic", thresholded_field((512, 512), 8), repeats)
    against_maps("S2, one volume of 128^3, periodic", thresholded_field((128,) * 3, 1), repeats)


if __name__ == "__main__":
    main()
