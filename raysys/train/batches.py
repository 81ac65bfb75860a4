"""Which images are seen when, and which random numbers a step draws: functions of (seed, step) alone.

Nothing has to be saved to continue a run exactly, and W workers see together what one worker would see.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch

from raysys.data.sources import TrainingData, at_hand, batch_of
from raysys.form import Form
from raysys.models.channels import to_channels

IMAGES = ("images", "others")  # arrays of a batch that are images of the data's form


@dataclass(frozen=True)
class Batch:
    """What a worker sees of one global batch: named tensors, of which the data's source decides.

    Attributes
    ----------
    images
        float32 (local batch, C, *tile) in [-1, 1].
    targets
        int64 (local batch,) class numbers, or (local batch, *tile) labels; None where the data have none.
    others
        What else the source draws, by name: a second crop of each texture, guidance maps; images as `images` are.
    """

    images: torch.Tensor
    targets: torch.Tensor | None = None
    others: dict[str, torch.Tensor] = field(default_factory=dict)

    def __getitem__(self, name: str) -> torch.Tensor:
        """One of the `others`."""
        return self.others[name]


class BatchSequence:
    """The k-th global batch of an endless run of shuffled epochs.

    Parameters
    ----------
    count
        Number of training images.
    batch
        Images in one global batch (over all workers together).
    seed
        Of the shuffling.
    weights
        (count,) how often each image is drawn: an epoch then holds images in these shares, some several times and some
        not at all; None shuffles, and every epoch holds every image once.
    """

    def __init__(self, count: int, batch: int, seed: int, weights: np.ndarray | None = None) -> None:
        self.count, self.batch, self.seed = count, batch, seed
        self.shares = None if weights is None else weights / weights.sum()
        self._epochs: dict[int, np.ndarray] = {}

    def indices(self, k: int) -> np.ndarray:
        """Indices (batch,) int64 of the images of global batch `k`; an epoch's last batch runs on into the next."""
        positions = np.arange(k * self.batch, (k + 1) * self.batch)
        epochs, places = np.divmod(positions, self.count)
        return np.array(
            [self._epoch(epoch)[place] for epoch, place in zip(epochs.tolist(), places.tolist(), strict=True)]
        )

    def _epoch(self, epoch: int) -> np.ndarray:
        if epoch not in self._epochs:
            # A batch may begin in the epoch before; earlier ones are not asked for again.
            self._epochs = {e: order for e, order in self._epochs.items() if e >= epoch - 1}
            # Each epoch from its own generator, so that any can be had without those before it.
            chance = np.random.default_rng([self.seed, epoch])
            self._epochs[epoch] = (
                chance.permutation(self.count)
                if self.shares is None
                else chance.choice(self.count, self.count, p=self.shares)
            )
        return self._epochs[epoch]


class Feeder:
    """Hands out a worker's share of each global batch; the next one is read while the current one is trained on.

    Parameters
    ----------
    data
        Whose training images are drawn, by its own `batch`.
    form
        Of its images.
    order
        In which order.
    rank, world_size
        Which share.
    device
        Where the batches are wanted.
    """

    def __init__(
        self,
        data: TrainingData,
        form: Form,
        order: BatchSequence,
        *,
        rank: int,
        world_size: int,
        device: torch.device,
    ) -> None:
        self.data, self.form, self.order, self.device = data, form, order, device
        share = order.batch // world_size
        self._share = slice(rank * share, (rank + 1) * share)
        # Images in memory are there at once; a thread would only add its own delay.
        self._ahead = None if at_hand(data.train) else ThreadPoolExecutor(1)
        self._next: tuple[int, Future[dict[str, np.ndarray]]] | None = None

    def __call__(self, k: int) -> Batch:
        """This worker's share of global batch `k`."""
        is_read = self._next is not None and self._next[0] == k
        drawn = self._next[1].result() if self._next is not None and is_read else self._read(k)
        if self._ahead is not None:
            # One batch ahead is enough: reading is either faster than a step, or no queue would help.
            self._next = (k + 1, self._ahead.submit(self._read, k + 1))
        # Bytes travel; they become numbers where they are needed.
        there = {name: torch.from_numpy(array).to(self.device) for name, array in drawn.items()}
        seen = {name: to_channels(self.form, there.pop(name)) for name in IMAGES if name in there}
        return Batch(seen.pop("images"), there.pop("targets", None), seen | there)

    def _read(self, k: int) -> dict[str, np.ndarray]:
        """The share's images, and with them what the source draws; its own chance depends on nothing but the place."""
        places = np.arange(k * self.order.batch, (k + 1) * self.order.batch)[self._share]
        return batch_of(self.data, self.order.indices(k)[self._share], [(self.order.seed, int(one)) for one in places])


@dataclass(frozen=True)
class Draws:
    """Random numbers of one training step, drawn for the global batch and cut to this worker's share."""

    seed: int
    step: int
    rank: int
    world_size: int
    device: torch.device

    def normal(self, label: str, shape: tuple[int, ...]) -> torch.Tensor:
        """Standard normal numbers float32 (local batch, ...), the same whatever the number of workers."""
        # Drawn for all workers on each of them and cut: their number must not change what one image gets.
        return self._share(torch.randn(self._global(shape), generator=self._generator(label)), shape)

    def uniform(self, label: str, shape: tuple[int, ...]) -> torch.Tensor:
        """Numbers in [0, 1), float32 (local batch, ...), the same whatever the number of workers."""
        return self._share(torch.rand(self._global(shape), generator=self._generator(label)), shape)

    def generator(self, label: str) -> torch.Generator:
        """What a loss draws from that draws by itself: this worker's own, of the CPU."""
        return self._generator(f"{label}/{self.rank}" if self.rank else label)

    def _global(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0] * self.world_size, *shape[1:])

    def _share(self, numbers: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
        return numbers[self.rank * shape[0] : (self.rank + 1) * shape[0]].to(self.device)

    def _generator(self, label: str) -> torch.Generator:
        # Hashed, so that neighbouring steps and labels give unrelated numbers.
        digest = hashlib.blake2b(f"{self.seed}/{self.step}/{label}".encode(), digest_size=8).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
