"""The groups that pixels are drawn from follow the image."""

import itertools

import numpy as np
import pytest

from raysys.anneal import Chain, Known, Schedule, Target
from raysys.anneal.engines.selection import FROZEN


def neighbours_of_other_phases(labels):
    """Of each pixel's 8 or 26 periodic neighbours, by shifting whole images."""
    axes = tuple(range(labels.ndim))
    steps = itertools.product((-1, 0, 1), repeat=labels.ndim)
    return sum((np.roll(labels, step, axes) != labels).astype(int) for step in steps)


CASES = [
    ((20, 31), 2, "interface"),
    ((20, 31), 2, "dpn"),
    ((20, 31), 2, "uniform"),
    ((4, 5), 2, "dpn"),
    ((2, 30), 2, "dpn"),
    ((17, 12), 4, "interface"),
    ((6, 7, 8), 2, "interface"),
    ((6, 7, 8), 2, "dpn"),
    ((5, 6, 4), 3, "interface"),
    ((5, 6, 4), 3, "uniform"),
]


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize(("shape", "phases", "selection"), CASES)
def test_neighbours_and_groups_equal_a_recount(shape, phases, selection, held):
    labels = np.random.default_rng(0).integers(0, phases, shape).astype(np.uint8)
    target = Target.from_images(labels[None], phase=1 if phases == 2 else None, boundary="periodic", r_max=1)
    fixed = np.random.default_rng(1).random(shape) < (0.3 if held else 0.0)
    schedule = Schedule(selection=selection)
    chain = Chain(target, shape, seed=2, schedule=schedule, start=labels, known=Known(labels, fixed))
    chain.engine.may_sift = False  # groups, though most pixels of such an image are at an interface
    made = chain.engine.stage(chain._random, np.inf, 3_000, -1.0)  # accepts all, and ends at no energy
    assert made.moves == made.accepted == 3_000
    members, now = chain.engine.members, chain.labels.ravel()
    free = ~fixed.ravel()
    np.testing.assert_array_equal(now[~free], labels.ravel()[~free])
    foreign = neighbours_of_other_phases(chain.labels).ravel() + FROZEN * ~free
    if selection != "uniform":  # which pays no attention to neighbours
        np.testing.assert_array_equal(members.foreign, foreign)
    groups = np.where(free, members.group_of[now, np.minimum(foreign, FROZEN - 1)], -1)
    assert members.sizes.sum() == (groups >= 0).sum() > 0
    for group, size in enumerate(members.sizes):
        held_there = members.members[group, :size]
        np.testing.assert_array_equal(np.sort(held_there), np.flatnonzero(groups == group))
        np.testing.assert_array_equal(members.place[held_there], np.arange(size))


@pytest.mark.parametrize("shape", [(40, 40), (12, 12, 12)])
def test_dpn_weighs_by_neighbours(shape):
    """Half of the chance to the highest group, the rest in proportion to n_i (i + 1)^2."""
    labels = (np.random.default_rng(3).random(shape) < 0.3).astype(np.uint8)
    target = Target.from_images(labels[None], boundary="periodic", r_max=2)
    found = {0: [], 1: []}
    for seed in range(1_500):
        chain = Chain(target, shape, seed=seed, schedule=Schedule(selection="dpn"), start=labels)
        chain.engine.stage(chain._random, np.inf, 1, -1.0)
        for pixel in np.flatnonzero(chain.labels != labels):
            found[int(labels.ravel()[pixel])].append(pixel)
    foreign = neighbours_of_other_phases(labels).ravel()
    for phase in (0, 1):
        drawn = foreign[found[phase]]
        top = foreign[labels.ravel() == phase].max()
        assert len(drawn) == 1_500
        assert (drawn == top).mean() == pytest.approx(0.5, abs=0.06)
        rest = foreign[(labels.ravel() == phase) & (foreign < top)]
        expected = (rest * (rest + 1.0) ** 2).sum() / ((rest + 1.0) ** 2).sum()
        assert drawn[drawn < top].mean() == pytest.approx(expected, rel=0.05)
