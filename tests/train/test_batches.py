"""The order of tiles and the random numbers of a step depend on seed and step alone."""

import numpy as np
import pytest
import torch

from raysys.train.batches import BatchOrder, Draws

CPU = torch.device("cpu")


@pytest.mark.parametrize(("count", "batch"), [(12, 4), (10, 4), (3, 8)])
def test_every_epoch_holds_every_tile_once(count: int, batch: int):
    order = BatchOrder(count, batch, seed=1)
    seen = np.concatenate([order.indices(k) for k in range(3 * count)])[: 3 * count]
    for epoch in seen.reshape(3, count):
        assert sorted(epoch) == list(range(count))
    assert not np.array_equal(seen[:count], seen[count : 2 * count])


def test_a_batch_can_be_asked_for_without_those_before_it():
    walked = BatchOrder(50, 8, seed=7)
    walk = [walked.indices(k) for k in range(40)]
    assert np.array_equal(BatchOrder(50, 8, seed=7).indices(33), walk[33])
    assert not np.array_equal(BatchOrder(50, 8, seed=8).indices(33), walk[33])


def test_two_workers_draw_together_what_one_draws():
    one = Draws(seed=3, step=5, rank=0, world_size=1, device=CPU)
    two = [Draws(seed=3, step=5, rank=rank, world_size=2, device=CPU) for rank in (0, 1)]
    for draw in ("normal", "uniform"):
        joined = torch.cat([getattr(worker, draw)("z", (4, 3)) for worker in two])
        assert torch.equal(joined, getattr(one, draw)("z", (8, 3)))


def test_labels_and_steps_draw_differently():
    draws = Draws(seed=3, step=5, rank=0, world_size=1, device=CPU)
    later = Draws(seed=3, step=6, rank=0, world_size=1, device=CPU)
    assert torch.equal(draws.normal("a", (4,)), draws.normal("a", (4,)))
    assert not torch.equal(draws.normal("a", (4,)), draws.normal("b", (4,)))
    assert not torch.equal(draws.normal("a", (4,)), later.normal("a", (4,)))
