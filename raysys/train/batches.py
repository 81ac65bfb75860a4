"""Which tiles are seen when, and which random numbers a step draws: functions of (seed, step) alone.

Nothing has to be saved to continue a run exactly, and W workers see together what one worker would see.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch


class BatchOrder:
    """The k-th global batch of an endless run of shuffled epochs.

    Parameters
    ----------
    count
        Number of training tiles.
    batch
        Tiles in one global batch (over all workers together).
    seed
        Of the shuffling.
    """

    def __init__(self, count: int, batch: int, seed: int) -> None:
        self.count, self.batch, self.seed = count, batch, seed
        self._epochs: dict[int, np.ndarray] = {}

    def indices(self, k: int) -> np.ndarray:
        """Indices (batch,) int64 of the tiles of global batch `k`; an epoch's last batch runs on into the next."""
        positions = np.arange(k * self.batch, (k + 1) * self.batch)
        epochs, places = np.divmod(positions, self.count)
        return np.array(
            [self._epoch(epoch)[place] for epoch, place in zip(epochs.tolist(), places.tolist(), strict=True)]
        )

    def _epoch(self, epoch: int) -> np.ndarray:
        if epoch not in self._epochs:
            self._epochs = {e: order for e, order in self._epochs.items() if e >= epoch - 1}
            self._epochs[epoch] = np.random.default_rng([self.seed, epoch]).permutation(self.count)
        return self._epochs[epoch]


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
        return self._share(torch.randn(self._global(shape), generator=self._generator(label)), shape)

    def uniform(self, label: str, shape: tuple[int, ...]) -> torch.Tensor:
        """Numbers in [0, 1), float32 (local batch, ...), the same whatever the number of workers."""
        return self._share(torch.rand(self._global(shape), generator=self._generator(label)), shape)

    def _global(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0] * self.world_size, *shape[1:])

    def _share(self, numbers: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
        return numbers[self.rank * shape[0] : (self.rank + 1) * shape[0]].to(self.device)

    def _generator(self, label: str) -> torch.Generator:
        digest = hashlib.blake2b(f"{self.seed}/{self.step}/{label}".encode(), digest_size=8).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
