"""Run a flow until it is steady."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from raysys.stats.transport.lattice import Rates

EVERY = 20  # steps between looks at the flux; even, since the update in place takes two steps at a time
FEWEST = 6  # looks before any flow is called steady
FIRST_RETUNE = 100  # steps

Progress = Callable[[int, float], None]
Suited = Callable[[np.ndarray], np.ndarray]


class Flow(Protocol):
    """What drives populations: `streaming.NumbaFlow` and `torch_flow.TorchFlow`."""

    def run(self, pairs: int) -> None:
        """Collide and stream, twice so many times."""

    def retune(self, rates: list[Rates]) -> None:
        """Go on with other viscosities: velocities are scaled to the same flux, pressures stay."""

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
    unevenness
        (N,): standard deviation of the profile by its mean.
    steps, seconds
        (N,): taken until then; flows that run side by side share their seconds.
    converged
        bool (N,): whether change and unevenness came below the tolerance.
    viscosity
        (N,): the last one.
    """

    profile: np.ndarray
    change: np.ndarray
    unevenness: np.ndarray
    steps: np.ndarray
    seconds: np.ndarray
    converged: np.ndarray
    viscosity: np.ndarray


class _Record:
    """What is known of N flows; of each until it is steady."""

    def __init__(self, n: int) -> None:
        self._fluxes: list[np.ndarray] = []
        self._found: list[dict[str, Any]] = [{"converged": False}] * n
        self._began = time.perf_counter()

    def look(self, steps: int, profile: np.ndarray, viscosity: np.ndarray, tolerance: float) -> float:
        """Note profiles (N, D); returns what is farthest from steady."""
        flux = profile.mean(axis=1)
        self._fluxes.append(flux)
        recent = np.array(self._fluxes[-(len(self._fluxes) // 3) - 1 :])
        change, uneven = np.ptp(recent, axis=0) / np.abs(flux), profile.std(axis=1) / np.abs(flux)
        farthest = np.maximum(change, uneven)
        steady = (farthest < tolerance) & (len(self._fluxes) >= FEWEST)
        for i in self.moving:
            self._found[i] = {
                "profile": profile[i],
                "change": change[i],
                "unevenness": uneven[i],
                "steps": steps,
                "seconds": time.perf_counter() - self._began,
                "converged": steady[i],
                "viscosity": viscosity[i],
            }
        return float(farthest.max())

    @property
    def moving(self) -> list[int]:
        """Flows that are not yet steady."""
        return [i for i, one in enumerate(self._found) if not one["converged"]]

    def settled(self) -> Settled:
        """All that was found."""
        return Settled(**{name: np.array([one[name] for one in self._found]) for name in self._found[0]})


def settle(
    flow: Flow,
    viscosity: np.ndarray,
    suited: Suited | None,
    magic: float,
    tolerance: float,
    max_steps: int,
    progress: Progress | None = None,
) -> Settled:
    """Run N flows side by side until each is steady.

    A flow is called steady when its flux stayed within `tolerance` (relative) over the last third of all steps so far,
    and is the same in all layers within `tolerance`. A window of fixed length calls slow flows steady too early: this
    one grows with the time they take. The layers tell a flux that is just turning, at the crest of a pressure wave.

    Parameters
    ----------
    flow
        Of N volumes, at rest.
    viscosity
        (N,) float64, with which they begin.
    suited
        The viscosity (N,) for fluxes (N,), which is looked for after 100, 200, 400, ... steps; None: it stays.
    magic, tolerance, max_steps, progress
        As for `permeability`.
    """
    record, retune_at = _Record(len(viscosity)), FIRST_RETUNE
    for steps in range(EVERY, max(max_steps, EVERY) + 1, EVERY):
        flow.run(EVERY // 2)
        profile = flow.layers() * viscosity[:, None]
        farthest = record.look(steps, profile, viscosity, tolerance)
        if progress is not None:
            progress(steps, farthest)
        if not record.moving:
            break
        if suited is not None and steps >= retune_at:
            retune_at *= 2
            viscosity = _nearer(viscosity, suited(profile.mean(axis=1)))
            flow.retune([Rates(one, magic) for one in viscosity])
    return record.settled()


def _nearer(viscosity: np.ndarray, suited: np.ndarray) -> np.ndarray:
    """Towards another viscosity, by a factor of 4 at most; not at all where that is near."""
    ratio = (suited / viscosity).clip(1 / 4, 4)
    return np.asarray(np.where(np.abs(np.log(ratio)) > np.log(1.25), viscosity * ratio, viscosity))
