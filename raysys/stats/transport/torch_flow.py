"""Lattice Boltzmann in torch, for GPUs and CPUs: several volumes side by side, one gather and one matrix per step."""

from __future__ import annotations

import numpy as np
import torch

from raysys.errors import RaysysError
from raysys.stats.transport.lattice import AT_REST, FORCE, OPPOSITE, VELOCITIES, Lattice, Rates


class TorchFlow:
    """The flow through several volumes, each with its own viscosity.

    Attributes
    ----------
    lattice
        Of all volumes.
    rates
        Of relaxation, of each volume.
    state
        float64 (19, n) on the device: populations that arrived, as in `streaming.NumbaFlow`.
    """

    def __init__(self, lattice: Lattice, rates: list[Rates], device: str = "cpu") -> None:
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError) as error:
            raise RaysysError(f"device {device!r} cannot be used by torch ({error})") from error
        self.lattice = lattice
        links, flips = lattice.links(lattice.n)
        rest = np.arange(lattice.n, dtype=np.int32)
        self._links = torch.from_numpy(np.concatenate([rest, links.reshape(-1)])).to(device)
        self._flips = torch.from_numpy(flips.astype(np.int64)).to(device)
        self.rates = rates
        self.state = torch.from_numpy(AT_REST[:, None]).to(device).repeat(1, lattice.n)
        self._sent = torch.empty_like(self.state)
        self._collisions = self._by_volume()

    def _by_volume(self) -> list[tuple[slice, torch.Tensor, torch.Tensor]]:
        """Nodes, matrix and force of each volume; what is sent is left in the place of its opposite."""
        spans = [slice(*span) for span in self.lattice.spans]
        parts = [[torch.from_numpy(part[OPPOSITE]) for part in one.collision] for one in self.rates]
        device = self.state.device
        return [(s, m.to(device), f[:, None].to(device)) for s, (m, f) in zip(spans, parts, strict=True)]

    def run(self, pairs: int) -> None:
        """Collide and stream, twice so many times."""
        sent = self._sent.view(-1)
        for _ in range(2 * pairs):
            for nodes, matrix, force in self._collisions:
                torch.addmm(force, matrix, self.state[:, nodes], out=self._sent[:, nodes])
            sent[self._flips] = -sent[self._flips]
            torch.index_select(sent, 0, self._links, out=self.state.view(-1))

    def retune(self, rates: list[Rates]) -> None:
        """Go on with other viscosities: velocities are scaled to the same flux, pressures stay."""
        force = torch.from_numpy(FORCE[1::2, None]).to(self.state.device)
        for (nodes, _, _), old, new in zip(self._collisions, self.rates, rates, strict=True):
            one, other = self.state[1::2, nodes], self.state[2::2, nodes]
            change = (old.viscosity / new.viscosity - 1) / 2 * (one - other + force)
            one += change
            other -= change
        self.rates = rates
        self._collisions = self._by_volume()

    def velocity(self, axis: int) -> np.ndarray:
        """float64 (n,), of each node along an axis, under a force of 1 along the first; half of it acts at a time."""
        component = torch.from_numpy(VELOCITIES[:, axis].astype(np.float64)).to(self.state.device)
        found = component @ self.state + (0.5 if axis == 0 else 0.0)
        return np.asarray(found.cpu().numpy())

    def layers(self) -> np.ndarray:
        """float64 (N, D): mean velocity along the flow of each layer across it, the solid included."""
        return self.lattice.layers(self.velocity(0))
