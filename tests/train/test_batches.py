"""The order of tiles and the random numbers of a step depend on seed and step alone; what workers are handed."""

import queue
import threading
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from raysys.data.sources import training_data
from raysys.errors import RaysysError
from raysys.form import Form
from raysys.train.batches import BatchSequence, Draws, Feeder

CPU = torch.device("cpu")


@pytest.mark.parametrize(("count", "batch"), [(12, 4), (10, 4), (3, 8)])
def test_every_epoch_holds_every_tile_once(count: int, batch: int):
    order = BatchSequence(count, batch, seed=1)
    seen = np.concatenate([order.indices(k) for k in range(3 * count)])[: 3 * count]
    for epoch in seen.reshape(3, count):
        assert sorted(epoch) == list(range(count))
    assert not np.array_equal(seen[:count], seen[count : 2 * count])


def test_a_batch_can_be_asked_for_without_those_before_it():
    walked = BatchSequence(50, 8, seed=7)
    walk = [walked.indices(k) for k in range(40)]
    assert np.array_equal(BatchSequence(50, 8, seed=7).indices(33), walk[33])
    assert not np.array_equal(BatchSequence(50, 8, seed=8).indices(33), walk[33])


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


# --- what a worker is handed ----------------------------------------------------------------------------------------


class Kept:
    """Images behind a door: tells what is read, and on which threads."""

    def __init__(self, images: np.ndarray) -> None:
        self.images, self.shape = images, images.shape
        self.read: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        self.threads: set[int] = set()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: np.ndarray) -> np.ndarray:
        self.read.put(chosen.tolist())
        self.threads.add(threading.get_ident())
        return self.images[chosen]


@dataclass
class Labelled:
    """As much of training data as a feeder sees."""

    train: object
    train_targets: np.ndarray | None = None


IMAGES = np.random.default_rng(0).integers(0, 2, (20, 4, 4), np.uint8)
TARGETS = np.arange(20) % 3


def feeder(data: Labelled, *, batch: int = 6, rank: int = 0, world_size: int = 1) -> Feeder:
    return Feeder(
        data, Form("binary", (4, 4)), BatchSequence(20, batch, seed=5), rank=rank, world_size=world_size, device=CPU
    )


@pytest.mark.parametrize("lazy", [False, True])
def test_a_batch_holds_the_images_of_its_place_in_the_order_and_their_targets(lazy: bool):
    feed = feeder(Labelled(Kept(IMAGES) if lazy else IMAGES, TARGETS))
    for k in (0, 1, 2, 7, 7, 3, 4):  # in turn, and as a run that is taken up jumps
        chosen = BatchSequence(20, 6, seed=5).indices(k)
        batch = feed(k)
        assert (batch.images.dtype, batch.images.shape) == (torch.float32, (6, 1, 4, 4))
        np.testing.assert_array_equal(batch.images[:, 0].numpy(), IMAGES[chosen] * 2.0 - 1)
        assert batch.targets is not None
        assert batch.targets.dtype == torch.int64
        np.testing.assert_array_equal(batch.targets.numpy(), TARGETS[chosen])


def test_images_of_a_file_are_read_ahead_elsewhere_and_each_batch_once():
    kept, order = Kept(IMAGES), BatchSequence(20, 6, seed=5)
    feed = feeder(Labelled(kept, TARGETS))
    feed(0)
    for k in (0, 1):  # batch 1 before anybody has asked for it
        assert kept.read.get(timeout=60) == order.indices(k).tolist()
    for k in range(1, 8):
        feed(k)
        assert kept.read.get(timeout=60) == order.indices(k + 1).tolist()
    assert kept.read.empty()
    assert len(kept.threads) == 2  # the first batch by who asked, all others ahead
    assert threading.get_ident() in kept.threads


def test_what_fails_ahead_is_told_when_its_batch_is_asked_for():
    class Damaged(Kept):
        def __getitem__(self, chosen: np.ndarray) -> np.ndarray:
            if not self.read.empty():
                raise RaysysError("labelled.h5 cannot be read")
            return super().__getitem__(chosen)

    feed = feeder(Labelled(Damaged(IMAGES)))
    assert feed(0).targets is None
    with pytest.raises(RaysysError, match=r"labelled\.h5 cannot be read"):
        feed(1)


@pytest.mark.parametrize("lazy", [False, True])
def test_shares_of_two_workers_are_together_the_batch_of_one(lazy: bool):
    data = [Labelled(Kept(IMAGES) if lazy else IMAGES, TARGETS) for _ in range(3)]
    one, *two = feeder(data[0]), *(feeder(data[1 + rank], rank=rank, world_size=2) for rank in (0, 1))
    for k in range(9):
        whole, parts = one(k), [worker(k) for worker in two]
        assert [len(part.images) for part in parts] == [3, 3]
        assert torch.equal(torch.cat([part.images for part in parts]), whole.images)
        assert torch.equal(torch.cat([part.targets for part in parts]), whole.targets)
    if lazy:  # nobody reads another's share
        assert all(len(worker.train.read.get(timeout=60)) == 3 for worker in data[1:] for _ in range(10))


def test_a_feeder_of_labelled_files_gives_each_image_its_class(tiny):
    data = training_data(tiny("classifier").data)
    feed = Feeder(
        data, Form("binary", (16, 16)), BatchSequence(len(data.train), 16, seed=0), rank=0, world_size=1, device=CPU
    )
    for k in range(8):
        batch = feed(k)
        # Along one of their axes stripes do not change; images without a disc change along none.
        still = [(batch.images == batch.images.narrow(axis, 0, 1)).flatten(1).all(1) for axis in (2, 3)]
        names = np.array(data.target_names)[batch.targets.numpy()]
        np.testing.assert_array_equal(names == "stripes", (still[0] ^ still[1]).numpy())
        assert set(names) == {"discs", "stripes"}


def test_what_a_loss_draws_by_itself_is_of_its_step_label_and_worker():
    def drawn(step: int, label: str, rank: int) -> float:
        return float(torch.rand((), generator=Draws(0, step, rank, 2, torch.device("cpu")).generator(label)))

    assert drawn(1, "patches", 0) == drawn(1, "patches", 0)
    assert len({drawn(1, "patches", 0), drawn(2, "patches", 0), drawn(1, "values", 0), drawn(1, "patches", 1)}) == 4
