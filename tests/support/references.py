"""Descriptors by slicing and rolling, slow and plain, and test images; the reference of what `raysys.stats` counts."""

from __future__ import annotations

import math

import numpy as np


def gaussian_field(shape, *, phi, sigma, n=1, seed=0):
    """Periodic thresholded Gaussian random fields, uint8 (n, *shape), each of phase fraction phi."""
    noise = np.random.default_rng(seed).standard_normal((n, *shape))
    axes = tuple(range(1, noise.ndim))
    k2 = sum(np.square(k) for k in np.meshgrid(*[2 * np.pi * np.fft.fftfreq(s) for s in shape], indexing="ij"))
    field = np.fft.ifftn(np.fft.fftn(noise, axes=axes) * np.exp(-k2 * sigma**2 / 2), axes=axes).real
    return (field > np.quantile(field, 1 - phi, axis=axes, keepdims=True)).astype(np.uint8)


def all_inside(image, points, boundary):
    """Probability that all points (offset tuples) lie in the bool image; NaN where an open image has no room."""
    points = np.array(points) - np.min(points, axis=0)
    if boundary == "periodic":
        axes = tuple(range(image.ndim))
        return np.logical_and.reduce([np.roll(image, tuple(-p), axes) for p in points]).mean()
    room = np.array(image.shape) - points.max(axis=0)
    if room.min() <= 0:
        return math.nan
    return np.logical_and.reduce(
        [image[tuple(slice(o, o + size) for o, size in zip(p, room, strict=True))] for p in points]
    ).mean()


def step(axis, r, dims):
    return tuple(r if a == axis else 0 for a in range(dims))


def two_point_reference(image, axis, r_max, boundary):
    origin = (0,) * image.ndim
    return np.array([all_inside(image, [origin, step(axis, r, image.ndim)], boundary) for r in range(r_max + 1)])


def lineal_path_reference(image, axis, r_max, boundary):
    return np.array(
        [all_inside(image, [step(axis, i, image.ndim) for i in range(r + 1)], boundary) for r in range(r_max + 1)]
    )


def vertices(kind, r, *, rounding="ceil", apex=1, half=0):
    """Note 7.2: (row, column) of the vertices; `half` moves the apex of an odd triangle to the other pixel."""
    up = {"ceil": math.ceil, "floor": math.floor, "nearest": lambda x: math.floor(x + 0.5)}[rounding]
    height = math.sqrt(3) / 2 * r
    if kind == "P4":
        return [(0, 0), (0, r), (r, 0), (r, r)]
    if kind == "P6":
        return [
            (0, 0),
            (0, r),
            (up(height), up(-r / 2)),
            (up(height), up(3 * r / 2)),
            (up(2 * height), 0),
            (up(2 * height), r),
        ]
    triangle = [(0, 0), (0, r), (apex * up(height), r // 2 + half)]
    return triangle if kind == "P3H" else [(c, r) for r, c in triangle]


def polytope_reference(image, kind, r_max, boundary, **options):
    values = [all_inside(image, vertices(kind, r, **options), boundary) for r in range(r_max + 1)]
    if kind in ("P3H", "P3V"):
        values[1::2] = [math.nan] * len(values[1::2])
    return np.array(values)
