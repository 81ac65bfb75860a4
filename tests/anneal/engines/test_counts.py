"""Counts from scratch, against what each descriptor is, pixel by pixel."""

import itertools

import numpy as np
import pytest

from raysys.anneal import Term
from raysys.anneal.engines.counts import counts_of, surface_of

SHAPES = [(7, 10), (12, 9), (5, 6, 8)]


def labels_of(shape):
    return np.random.default_rng(0).integers(0, 3, shape).astype(np.uint8)


def whole(inside, place, offsets):
    """Whether all pixels at these offsets from a place are inside, periodic."""
    return all(
        inside[tuple((p + o) % n for p, o, n in zip(place, step, inside.shape, strict=True))] for step in offsets
    )


def steps_along(axis, dims, r):
    return [tuple(k if a == axis else 0 for a in range(dims)) for k in r]


def places(inside, offsets):
    return sum(whole(inside, place, offsets) for place in itertools.product(*map(range, inside.shape)))


@pytest.mark.parametrize("phase", [0, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_pairs_and_runs(shape, phase):
    labels, dims = labels_of(shape), len(shape)
    inside = labels == phase
    for r in (1, 2):
        pairs = [places(inside, steps_along(axis, dims, (0, r))) for axis in range(dims)]
        runs = [places(inside, steps_along(axis, dims, range(r + 1))) for axis in range(dims)]
        for name, expected in (("S2", sum(pairs)), ("S2_axis1", pairs[1]), ("L", sum(runs)), ("L_axis0", runs[0])):
            term = Term(name, np.array([r]), np.zeros(1), phase=phase)
            assert counts_of(labels, [term]) == [expected]


@pytest.mark.parametrize("shape", SHAPES)
def test_maps(shape):
    labels = labels_of(shape)
    vectors = np.random.default_rng(1).integers(-3, 4, (5, len(shape)))
    expected = [places(labels == 1, [(0,) * len(shape), tuple(v)]) for v in vectors]
    assert counts_of(labels, [Term("map", vectors, np.zeros(5))]).tolist() == expected


def test_squares():
    labels = labels_of((7, 10))
    expected = places(labels == 1, [(0, 0), (0, 2), (2, 0), (2, 2)])
    assert counts_of(labels, [Term("P4", np.array([2]), np.zeros(1))]) == [expected]


@pytest.mark.parametrize("shape", SHAPES)
def test_surfaces(shape):
    inside, dims = labels_of(shape) == 1, len(shape)
    faces = [tuple(sign * (a == axis) for a in range(dims)) for axis in range(dims) for sign in (-1, 1)]
    for place in itertools.product(*map(range, shape)):
        assert surface_of(inside)[place] == (inside[place] and not whole(inside, place, faces))
    term = Term("surface", np.array([2]), np.zeros(1))
    pairs = [places(surface_of(inside), steps_along(axis, dims, (0, 2))) for axis in range(dims)]
    assert counts_of(labels_of(shape), [term]) == [sum(pairs)]
