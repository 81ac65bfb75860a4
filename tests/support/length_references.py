"""Clusters, chords, distances and balls one pixel at a time: the reference of descriptors of size, and their images."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

BOUNDARIES = ("open", "periodic")


def random_images(largest, n=2):
    """Strategy: bool (n, *spatial) of 2 or 3 axes of 1 to `largest` pixels, from nearly empty to full."""
    return st.builds(
        lambda shape, phi, seed: np.random.default_rng(seed).random((n, *shape)) < phi,
        st.lists(st.integers(1, largest), min_size=2, max_size=3),
        st.sampled_from([0.0, 0.1, 0.4, 0.6, 0.9, 1.0]),
        st.integers(0, 999),
    )


def flood_filled(image, connectivity, boundary):
    """Labels by flood fill, in the order of first pixels, and their number."""
    labels, count = np.zeros(image.shape, int), 0
    steps = [s for s in product((-1, 0, 1), repeat=image.ndim) if any(s)]
    if connectivity == "faces":
        steps = [s for s in steps if sum(map(abs, s)) == 1]
    for seed in zip(*np.nonzero(image), strict=True):
        if labels[seed]:
            continue
        count += 1
        labels[seed], front = count, [seed]
        while front:
            here = front.pop()
            for step in steps:
                there = tuple(a + b for a, b in zip(here, step, strict=True))
                if boundary == "periodic":
                    there = tuple(a % size for a, size in zip(there, image.shape, strict=True))
                elif any(not 0 <= a < size for a, size in zip(there, image.shape, strict=True)):
                    continue
                if image[there] and not labels[there]:
                    labels[there] = count
                    front.append(there)
    return labels, count


def chords(image, axis, boundary, edges):
    """Lengths of the chords along an axis, one by one."""
    found = []
    for line in np.moveaxis(image, axis, -1).reshape(-1, image.shape[axis]).tolist():
        if boundary == "periodic":
            if all(line):
                continue
            start = line.index(False)
            line = line[start:] + line[:start]
        pieces = "".join("#" if inside else " " for inside in line)
        if boundary == "open" and edges == "drop":
            pieces = pieces.lstrip("#").rstrip("#")
        found += [len(piece) for piece in pieces.split()]
    return found


def squared_gaps(image, boundary):
    """Pixels of the phase (P, dims), and squared distances (P, P) between them and (P, Q) to the others' pixels."""
    here, there = np.argwhere(image), np.argwhere(~image)

    def between(ends):
        gaps = np.abs(here[:, None] - ends[None])
        if boundary == "periodic":
            gaps = np.minimum(gaps, image.shape - gaps)
        return (gaps**2).sum(axis=2)

    return here, between(here), between(there)


def ball(shape, centre, radius):
    """Where the pixels are nearer than the radius to a centre."""
    return sum((x - c) ** 2 for x, c in zip(np.indices(shape), centre, strict=True)) < radius**2


def slit(shape, width, axis):
    """A slit in the middle of an image, across an axis."""
    image = np.zeros(shape, bool)
    first = (shape[axis] - width) // 2
    image[(slice(None),) * axis + (slice(first, first + width),)] = True
    return image
