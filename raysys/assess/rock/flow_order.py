"""Permeabilities as jobs of a farm: one for each sample, which can be kept after each axis."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from raysys.assess.rock.protocol import Protocol
from raysys.farm.order import Job, Nouns, Order, Rows, Standing, State
from raysys.stats import permeability

__all__ = ["FLOWS", "Flow", "FlowOrder"]

FLOWS = Nouns("permeability", "flow", "flows", step="axis", unit="voxels", measure="permeability")
SMALL = 1 << 21  # voxels times axes that one core drives in about the time in which Ray starts
NAMES = ("k", "converged")


@dataclass(frozen=True, eq=False)
class Flow:
    """Permeability of a sample.

    Attributes
    ----------
    k
        (A,) float64, voxel^2, along each axis; 0 where nothing leads through.
    converged
        (A,) bool.
    """

    k: np.ndarray
    converged: np.ndarray

    @property
    def value(self) -> float:
        """The mean over the axes; NaN where a flow did not become steady."""
        return float(self.k.mean()) if self.converged.all() else math.nan


@dataclass(frozen=True, eq=False)
class FlowOrder(Order[Flow]):
    """The samples (N, D, H, W) uint8 in {0, 1}, through whose phase 1 fluid is driven."""

    samples: np.ndarray
    protocol: Protocol

    nouns: ClassVar[Nouns] = FLOWS
    small: ClassVar[int] = SMALL
    opaque: ClassVar[Mapping[str, str]] = {"samples": "other samples"}

    @property
    def work(self) -> int:
        """Voxels of a sample, times axes."""
        return int(self.samples[0].size) * len(self.protocol.axes)

    def signature(self) -> dict[str, str]:
        """What permeabilities depend on."""
        drawn = hashlib.sha256(f"{self.samples.shape}".encode() + np.packbits(self.samples).tobytes()).hexdigest()
        told = self.protocol
        steady = f"{told.tolerance:g} within {told.max_steps} steps"
        return {"samples": drawn[:16], "axes": ",".join(map(str, told.axes)), "steady": steady}

    def begin(self, number: int) -> FlowJob:
        """Sample `number`, before its first axis."""
        return FlowJob(self, number, [], [])

    def resume(self, number: int, state: State) -> FlowJob:
        """The sample whose state this was."""
        return FlowJob(self, number, *(state[1][name].tolist() for name in NAMES))

    def standing(self, state: State) -> Standing:
        """Axes that are done, and the mean permeability along them."""
        return self.at(state[1]["k"])

    def standing_of_result(self, result: Flow) -> Standing:
        """The same of a sample that is done."""
        return self.at(result.k)

    def at(self, k: np.ndarray | list[float]) -> Standing:
        """Where a sample with permeabilities along its first axes stands."""
        axes = len(self.protocol.axes)
        mean = float(np.mean(k)) if len(k) else math.nan
        return Standing(len(k), axes, mean, self.work * len(k) // axes)

    def pack(self, results: Sequence[Flow]) -> tuple[Rows, dict[str, np.ndarray]]:
        """All numbers as arrays."""
        arrays = {name: np.stack([getattr(one, name) for one in results]) for name in NAMES}
        return [{} for _ in results], arrays

    def unpack(self, rows: Rows, arrays: Mapping[str, np.ndarray]) -> list[Flow]:
        """See `pack`."""
        return [Flow(*each) for each in zip(*(arrays[name] for name in NAMES), strict=True)]


class FlowJob(Job[Flow]):
    """A sample as a farm sees it."""

    def __init__(self, order: FlowOrder, number: int, k: list[float], converged: list[bool]) -> None:
        self.order, self.number, self.k, self.converged = order, number, k, converged

    @property
    def standing(self) -> Standing:
        """Axes that are done."""
        return self.order.at(self.k)

    @property
    def finished(self) -> bool:
        """Whether all axes are."""
        return len(self.k) == len(self.order.protocol.axes)

    def advance(self, seconds: float) -> None:
        """Drive fluid along the next axes, one at least."""
        until, told = time.monotonic() + seconds, self.order.protocol
        image = self.order.samples[self.number][None]
        while not self.finished:
            axis = told.axes[len(self.k)]
            found = permeability(image, axis=axis, tolerance=told.tolerance, max_steps=told.max_steps)
            # Without any pore there is nothing to flow through.
            self.k.append(float(found.k[0, 0]) if image.any() else 0.0)
            self.converged.append(bool(found.converged[0, 0]) or not image.any())
            if time.monotonic() >= until:
                break

    def state(self) -> State:
        """The axes that are done."""
        return {}, {"k": np.array(self.k), "converged": np.array(self.converged, bool)}

    def result(self) -> Flow:
        """All axes."""
        return Flow(np.array(self.k), np.array(self.converged, bool))
