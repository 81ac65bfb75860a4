"""Run a flow until it is steady."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

EVERY = 20  # steps between looks at the flux; even, since the update in place takes two steps at a time
FEWEST = 6  # looks before any flux is called steady

Progress = Callable[[int, float], None]


class Flow(Protocol):
    """What drives populations: `streaming.NumbaFlow` and `torch_flow.TorchFlow`."""

    def run(self, pairs: int) -> None:
        """Collide and stream, twice so many times."""

    def velocity(self, axis: int) -> np.ndarray:
        """float64 (n,), of each node along an axis."""

    def layers(self) -> np.ndarray:
        """float64 (N, D): mean velocity along the flow of each layer across it."""


@dataclass(frozen=True)
class Settled:
    """Where N flows ended.

    Attributes
    ----------
    profile
        (N, D): viscosity times mean velocity by layer, pixel^2; the same for all layers of a steady flow.
    change
        (N,): largest relative change of its mean over the last third of the steps.
    steps, seconds
        (N,): taken until then; flows that run side by side share their seconds.
    converged
        bool (N,): whether the change came below the tolerance.
    """

    profile: np.ndarray
    change: np.ndarray
    steps: np.ndarray
    seconds: np.ndarray
    converged: np.ndarray


def settle(
    flow: Flow, viscosity: np.ndarray, tolerance: float, max_steps: int, progress: Progress | None = None
) -> Settled:
    """Run N flows side by side until the mean flux of each is steady.

    A flux is called steady when it stayed within `tolerance` (relative) over the last third of all steps so far. A
    window of fixed length calls slow flows steady too early: theirs grows with the time they take. Of a decaying
    error e(t) it bounds e(2t/3) - e(t), which is larger than what remains, e(t), as soon as e has fallen by half there.

    Parameters
    ----------
    flow
        Of N volumes, at rest.
    viscosity
        (N,) float64.
    tolerance, max_steps, progress
        As for `permeability`.
    """
    began, n = time.perf_counter(), len(viscosity)
    fluxes: list[np.ndarray] = []
    found: list[tuple[np.ndarray, float, int, float, bool]] = [(np.zeros(0), np.nan, 0, 0.0, False)] * n
    for steps in range(EVERY, max(max_steps, EVERY) + 1, EVERY):
        flow.run(EVERY // 2)
        profile = flow.layers() * viscosity[:, None]
        fluxes.append(profile.mean(axis=1))
        recent = np.array(fluxes[-(len(fluxes) // 3) - 1 :])
        change = np.ptp(recent, axis=0) / np.abs(recent[-1])
        for i in range(n):
            if not found[i][4]:
                steady = len(fluxes) >= FEWEST and bool(change[i] < tolerance)
                found[i] = (profile[i], change[i], steps, time.perf_counter() - began, steady)
        if progress is not None:
            progress(steps, float(change.max()))
        if all(one[4] for one in found):
            break
    return Settled(*(np.array(part) for part in zip(*found, strict=True)))
