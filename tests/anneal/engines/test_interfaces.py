"""Pixels at interfaces, told from bits, and drawn with the same chances as from groups."""

import itertools

import numpy as np
import pytest

from raysys.anneal import Chain, Known, Schedule, Target
from raysys.anneal.engines.bits import lines_of
from raysys.anneal.engines.engine import SIFTED
from raysys.anneal.engines.interfaces import at_interface, at_interface_deep, draws_needed

SHAPES = [(1, 5, 7), (1, 3, 64), (1, 2, 130), (1, 40, 2), (4, 5, 63), (2, 3, 65), (3, 1, 9)]


def beside(labels):
    """Whether one of the periodic neighbours in a square or cube differs, by shifting whole images."""
    axes = tuple(range(labels.ndim))
    steps = itertools.product((-1, 0, 1), repeat=labels.ndim)
    return np.any([np.roll(labels, step, axes) != labels for step in steps], axis=0)


def volume(shape, phi=0.4):
    """Random pixels beside a solid block, so that some are at no interface."""
    labels = (np.random.default_rng(len(shape)).random(shape) < phi).astype(np.uint8)
    labels[:, : shape[1] // 2, : shape[2] // 2] = 1
    return labels


@pytest.mark.parametrize("shape", SHAPES)
def test_bits_say_what_shifting_the_image_says(shape):
    labels = volume(shape)
    lines = lines_of(labels[None] == 1, 1)
    grid = (int(lines.starts[2, 0]), int(lines.long[2]), *shape)
    tell = at_interface_deep if shape[0] > 1 else at_interface
    found = [tell(lines.words, grid, tuple(map(int, at))) for at in np.ndindex(shape)]
    expected = beside(labels)
    np.testing.assert_array_equal(np.reshape(found, shape), expected)
    ones = labels == 1
    draws = ones.sum() / (ones & expected).sum() + (~ones).sum() / (~ones & expected).sum()
    assert draws_needed(lines) == pytest.approx(draws)


def test_an_image_of_one_phase_cannot_be_sifted():
    assert draws_needed(lines_of(np.ones((1, 1, 8, 8), bool), 1)) == np.inf


@pytest.mark.parametrize("sifted", [True, False])
@pytest.mark.parametrize("shape", [(12, 13), (6, 5, 8)])
def test_all_pixels_at_interfaces_are_drawn_with_the_same_chance(shape, sifted):
    labels = volume((1,) * (3 - len(shape)) + shape, 0.45).reshape(shape)
    expected = beside(labels)
    target = Target.from_images(labels[None], boundary="periodic", r_max=2)
    drawn = {0: [], 1: []}
    for seed in range(1_200):
        chain = Chain(target, shape, seed=seed, schedule=Schedule(), start=labels)
        chain.engine.may_sift = sifted
        assert chain.engine.stage(chain._random, np.inf, 1, -1.0).moves == 1
        assert chain.engine.sifted == sifted
        for pixel in np.flatnonzero(chain.labels != labels):
            drawn[int(labels.ravel()[pixel])].append(pixel)
    for phase in (0, 1):
        allowed = np.flatnonzero((expected & (labels == phase)).ravel())
        counts = np.bincount(drawn[phase], minlength=labels.size)
        assert counts.sum() == counts[allowed].sum() == 1_200
        mean = 1_200 / len(allowed)
        chi_squared = ((counts[allowed] - mean) ** 2 / mean).sum()
        assert chi_squared < len(allowed) - 1 + 5 * np.sqrt(2 * (len(allowed) - 1))


def test_groups_take_over_once_interfaces_are_few(field):
    """And are those of the image, whose neighbours were not counted before; a resumed chain goes the same way."""
    target = Target.from_images(field((64, 64), 0.35, 4)[None], boundary="periodic")
    chain, ways = Chain(target, (64, 64), seed=1, schedule=Schedule(stages=30, moves=2_000)), []
    while chain.advance(1):
        ways.append(chain.engine.sifted)
        resumed = Chain.from_state(*chain.state())
        if chain.advance(1):
            ways.append(chain.engine.sifted)
            resumed.advance(1)
            np.testing.assert_array_equal(resumed.labels, chain.labels)
    assert ways[0] is True
    assert ways[-1] is False
    assert draws_needed(chain.engine.lines) > SIFTED
    members, interface = chain.engine.members, beside(chain.labels).ravel()
    held = np.concatenate([members.members[group, :size] for group, size in enumerate(members.sizes)])
    np.testing.assert_array_equal(np.sort(held), np.flatnonzero(interface))
    np.testing.assert_array_equal(chain.counts, chain.recount())


def test_pixels_that_stay_are_never_sifted_through():
    labels = np.random.default_rng(0).integers(0, 2, (16, 16)).astype(np.uint8)
    fixed = np.random.default_rng(1).random((16, 16)) < 0.5
    target = Target.from_images(labels[None], boundary="periodic", r_max=4)
    chain = Chain(target, (16, 16), seed=0, schedule=Schedule(t0=np.inf, stages=2), known=Known(labels, fixed))
    chain.advance()
    assert not chain.engine.sifted
    np.testing.assert_array_equal(chain.labels[fixed], labels[fixed])
