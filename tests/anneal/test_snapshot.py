"""A chain's way, made again; and what has been reached at its end."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.anneal import Schedule, Target, anneal, snapshots
from raysys.anneal.reached import reached

TARGET = Target.of_two_point(0.3, np.full(8, 0.09), values=(0, 255))
SCHEDULE = Schedule(stages=6, moves=200)


def test_they_are_the_states_of_the_same_chain():
    images = snapshots(TARGET, (16, 20), 3, 1, SCHEDULE, [0, 2, 6])
    short = anneal(TARGET, (16, 20), seed=3, chain=1, schedule=Schedule(stages=2, moves=200))
    whole = anneal(TARGET, (16, 20), seed=3, chain=1, schedule=SCHEDULE)
    assert len(images) == 3
    assert set(np.unique(images[0])) == {0, 255}
    assert not np.array_equal(images[0], images[1])
    np.testing.assert_array_equal(images[1], short.image)
    np.testing.assert_array_equal(images[2], whole.image)


def test_a_coarse_level_is_shown_at_full_size():
    schedule = Schedule(stages=4, moves=100, levels=2)
    coarse, fine = snapshots(TARGET, (16, 20), 0, 0, schedule, [1, 8])
    assert coarse.shape == fine.shape == (16, 20)
    np.testing.assert_array_equal(coarse[::2, ::2], coarse[1::2, 1::2])
    assert not np.array_equal(fine[::2, ::2], fine[1::2, 1::2])


def test_beyond_the_end_stands_the_last_state():
    last, beyond = snapshots(TARGET, (16, 20), 0, 0, SCHEDULE, [6, 99])
    np.testing.assert_array_equal(last, beyond)


@pytest.mark.parametrize("stages", [[3, 1], [2, 2], [-1]])
def test_stages_ascend(stages):
    with pytest.raises(RaysysError, match="ascending"):
        snapshots(TARGET, (16, 20), 0, 0, SCHEDULE, stages)


def test_what_was_reached_adds_up_to_the_energies():
    image = np.random.default_rng(0).integers(0, 3, (1, 20, 20)).repeat(2, 1).repeat(2, 2).astype(np.uint8)
    target = Target.from_images(image, {"S2": 1, "L": 3, "P4": 0.5}, phase=None, r_max=6)
    results = [anneal(target, (32, 32), seed=0, chain=k, schedule=SCHEDULE) for k in range(2)]
    found = reached(target, [result.image for result in results])
    assert [one.term.name for one in found] == [term.name for term in target.terms]
    assert sum(one.energy for one in found) == pytest.approx(np.mean([result.energy for result in results]), rel=1e-6)
    assert all(one.values.shape == (2, len(one.term.values)) for one in found)
