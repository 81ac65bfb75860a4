"""Lattice Boltzmann on one core: collide and stream in place, fused, over blocks of pore nodes."""

from __future__ import annotations

import numpy as np
from numba import njit

from raysys.stats.threads import over_threads, thread_count
from raysys.stats.transport.lattice import AT_REST, FORCE, VELOCITIES, Lattice, Rates

# Nodes of a block lie side by side, population by population: offsets within a block are constants to the compiler,
# which then knows that reads and writes do not overlap, and a block fits the first cache.
BLOCK = 64
_STATE, _LINKS = np.uint64(19 * BLOCK), np.uint64(18 * BLOCK)
_BLOCK = np.uint64(BLOCK)
_AT = tuple(np.uint64(q * BLOCK) for q in range(19))  # of each population within a block


class NumbaFlow:
    """The flow through one volume.

    Attributes
    ----------
    lattice
        Of one volume.
    rates
        Of relaxation.
    state
        float64 (blocks, 19, 64): populations that arrived, as differences from a fluid at rest of density 1.
    """

    def __init__(self, lattice: Lattice, rates: list[Rates]) -> None:
        (self.rates,) = rates
        self.lattice = lattice
        self._links, self._flips = (part.reshape(-1) for part in lattice.links(BLOCK))
        self.state = np.empty((len(self._links) // (18 * BLOCK), 19, BLOCK))
        self.state[:] = AT_REST[:, None]
        self._buffer = np.empty(19 * BLOCK)

    def run(self, pairs: int) -> None:
        """Collide and stream, twice so many times."""
        flat, blocks, rates = self.state.reshape(-1), len(self.state), (self.rates.even, self.rates.odd)
        steps = 20 * flat.size  # since threads stay for all pairs
        if thread_count(steps) == 1:
            _run(flat, self._links, self._flips, self._buffer, pairs, *rates)
            return
        # Each place is read and written by one node alone, so blocks may go side by side between the flips.
        for _ in range(pairs):
            over_threads(lambda i, j: _rest(flat, i, j, *rates), blocks, steps)
            _flip(flat, self._flips)
            over_threads(lambda i, j: _stream(flat, self._links, np.empty(19 * BLOCK), i, j, *rates), blocks, steps)
            _flip(flat, self._flips)

    def retune(self, rates: list[Rates]) -> None:
        """Go on with another viscosity: velocities are scaled to the same flux, pressures stay."""
        ratio, self.rates = self.rates.viscosity / rates[0].viscosity, rates[0]
        one, other = self.state[:, 1::2], self.state[:, 2::2]
        change = (ratio - 1) / 2 * (one - other + FORCE[1::2, None])
        one += change
        other -= change

    def velocity(self, axis: int) -> np.ndarray:
        """float64 (n,), of each node along an axis, under a force of 1 along the first; half of it acts at a time."""
        found = np.empty(self.state.shape[0] * BLOCK)
        _momentum(self.state, VELOCITIES[:, axis].astype(np.float64), found)
        return found[: self.lattice.n] + (0.5 if axis == 0 else 0.0)

    def layers(self) -> np.ndarray:
        """float64 (1, D): mean velocity along the flow of each layer across it, the solid included."""
        return self.lattice.layers(self.velocity(0))


@njit(cache=True, nogil=True)
def _momentum(state: np.ndarray, component: np.ndarray, found: np.ndarray) -> None:
    found[:] = 0
    for block in range(state.shape[0]):
        for q in range(1, 19):
            if component[q] != 0:
                for k in range(BLOCK):
                    found[block * BLOCK + k] += component[q] * state[block, q, k]


@njit(cache=True, nogil=True)
def _run(
    state: np.ndarray, links: np.ndarray, flips: np.ndarray, buffer: np.ndarray, pairs: int, even: float, odd: float
) -> None:
    """Two steps at a time: one that stays within each node, and one that reads and writes along its links."""
    blocks = state.size // (19 * BLOCK)
    for _ in range(pairs):
        _rest(state, 0, blocks, even, odd)
        _flip(state, flips)
        _stream(state, links, buffer, 0, blocks, even, odd)
        _flip(state, flips)


@njit(cache=True, nogil=True)
def _rest(state: np.ndarray, start: int, stop: int, even: float, odd: float) -> None:
    """The step that stays within each node, of some blocks."""
    for block in range(np.uint64(start), np.uint64(stop)):
        _collide(state, block * _STATE, even, odd)


@njit(cache=True, nogil=True)
def _stream(
    state: np.ndarray, links: np.ndarray, buffer: np.ndarray, start: int, stop: int, even: float, odd: float
) -> None:
    """The step that reads and writes along the links, of some blocks."""
    for block in range(np.uint64(start), np.uint64(stop)):
        rest, first = block * _STATE, block * _LINKS
        for k in range(_BLOCK):
            buffer[k] = state[rest + k]
        for k in range(_LINKS):
            buffer[_BLOCK + k] = state[np.uint32(links[first + k])]
        _collide(buffer, np.uint64(0), even, odd)
        for k in range(_BLOCK):
            state[rest + k] = buffer[k]
        for k in range(_LINKS):
            state[np.uint32(links[first + k])] = buffer[_BLOCK + k]


@njit(cache=True, nogil=True)
def _flip(state: np.ndarray, flips: np.ndarray) -> None:
    for k in range(flips.size):
        place = np.uint32(flips[k])
        state[place] = -state[place]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _collide(f: np.ndarray, first: np.uint64, even: float, odd: float) -> None:
    """Collide the block that begins at `first`; what is sent with a velocity is left in the place of its opposite.

    Written out, since each population is read and written once, and sums and differences of opposite ones are shared.
    Force 1 along x; the order of velocities is that of `lattice.VELOCITIES`.
    """
    half_even, half_odd, along, across = 0.5 * even, 0.5 * odd, 1 / 6, 1 / 12
    third, eighteenth, thirty_sixth = 1 / 3, 1 / 18, 1 / 36
    for k in range(first, first + _BLOCK):
        f0 = f[k]
        f1, f2, f3, f4, f5, f6 = (
            f[k + _AT[1]],
            f[k + _AT[2]],
            f[k + _AT[3]],
            f[k + _AT[4]],
            f[k + _AT[5]],
            f[k + _AT[6]],
        )
        f7, f8, f9, f10 = f[k + _AT[7]], f[k + _AT[8]], f[k + _AT[9]], f[k + _AT[10]]
        f11, f12, f13, f14 = f[k + _AT[11]], f[k + _AT[12]], f[k + _AT[13]], f[k + _AT[14]]
        f15, f16, f17, f18 = f[k + _AT[15]], f[k + _AT[16]], f[k + _AT[17]], f[k + _AT[18]]
        sx, sy, sz, dx, dy, dz = f1 + f2, f3 + f4, f5 + f6, f1 - f2, f3 - f4, f5 - f6
        sxy, sxz, syz, dxy, dxz, dyz = f7 + f8, f11 + f12, f15 + f16, f7 - f8, f11 - f12, f15 - f16
        txy, txz, tyz, exy, exz, eyz = f9 + f10, f13 + f14, f17 + f18, f9 - f10, f13 - f14, f17 - f18
        # Density and momentum, by their rates; the force of 1 is added to the momentum, since both push alike.
        rho = even * (f0 + ((sx + sy) + (sz + sxy)) + ((txy + sxz) + (txz + syz)) + tyz)
        jx = odd * (dx + (dxy + exy) + (dxz + exz)) + 1
        jy = odd * (dy + (dxy - exy) + (dyz + eyz))
        jz = odd * (dz + (dxz - exz) + (dyz - eyz))
        f[k] = f0 - even * f0 + third * rho
        rest = eighteenth * rho
        s, d = half_even * sx - rest, half_odd * dx - along * jx
        f[k + _AT[2]], f[k + _AT[1]] = f1 - s - d, f2 - s + d
        s, d = half_even * sy - rest, half_odd * dy - along * jy
        f[k + _AT[4]], f[k + _AT[3]] = f3 - s - d, f4 - s + d
        s, d = half_even * sz - rest, half_odd * dz - along * jz
        f[k + _AT[6]], f[k + _AT[5]] = f5 - s - d, f6 - s + d
        rest = thirty_sixth * rho
        s, d = half_even * sxy - rest, half_odd * dxy - across * (jx + jy)
        f[k + _AT[8]], f[k + _AT[7]] = f7 - s - d, f8 - s + d
        s, d = half_even * txy - rest, half_odd * exy - across * (jx - jy)
        f[k + _AT[10]], f[k + _AT[9]] = f9 - s - d, f10 - s + d
        s, d = half_even * sxz - rest, half_odd * dxz - across * (jx + jz)
        f[k + _AT[12]], f[k + _AT[11]] = f11 - s - d, f12 - s + d
        s, d = half_even * txz - rest, half_odd * exz - across * (jx - jz)
        f[k + _AT[14]], f[k + _AT[13]] = f13 - s - d, f14 - s + d
        s, d = half_even * syz - rest, half_odd * dyz - across * (jy + jz)
        f[k + _AT[16]], f[k + _AT[15]] = f15 - s - d, f16 - s + d
        s, d = half_even * tyz - rest, half_odd * eyz - across * (jy - jz)
        f[k + _AT[18]], f[k + _AT[17]] = f17 - s - d, f18 - s + d
