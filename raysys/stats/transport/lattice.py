"""The lattice Boltzmann method on pore nodes only: velocities, collision, and where populations come from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numba import njit

from raysys.errors import RaysysError
from raysys.stats.threads import over_threads
from raysys.stats.transport.percolation import Ends, Sides

# D3Q19: rest, then every velocity followed by its opposite. The flow is driven along the first axis.
_HALF = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, -1, 0), (1, 0, 1), (1, 0, -1), (0, 1, 1), (0, 1, -1))
VELOCITIES = np.array([(0, 0, 0), *(tuple(sign * c for c in one) for one in _HALF for sign in (1, -1))])
WEIGHTS = np.array([1 / 3, 1 / 18, 1 / 36])[(VELOCITIES**2).sum(axis=1)]
FORCE = 3 * WEIGHTS * VELOCITIES[:, 0]  # of 1 along the first axis, on each population
# Momentum of a fluid at rest lies half the force below zero. From zero momentum, its sums over layers with alternating
# signs, which no collision and no wall can change, would keep ringing with period 2 for ever.
AT_REST = -FORCE / 2
OPPOSITE = np.array([0, *(q + 1 if q % 2 else q - 1 for q in range(1, 19))])
Q = len(VELOCITIES)
BORDERS = ("walls", "mirrored", "periodic")
MOST_PLACES = np.iinfo(np.int32).max
# Number of a velocity by its components plus one.
_NUMBER = np.zeros((3, 3, 3), np.int64)
_NUMBER[tuple((VELOCITIES + 1).T)] = np.arange(Q)


@dataclass(frozen=True)
class Rates:
    """How fast the even and the odd half of the populations relax.

    Attributes
    ----------
    viscosity
        Kinematic, in lattice units: (1 / even - 1/2) / 3.
    magic
        (1 / even - 1/2)(1 / odd - 1/2): where it is held, permeability does not depend on the viscosity, and with 3/16
        the wall of a channel along an axis lies exactly half-way between pore and solid.

    References
    ----------
    Ginzburg, Verhaeghe & d'Humieres, Commun. Comput. Phys. 3 (2008) 427: two relaxation times.
    """

    viscosity: float
    magic: float = 3 / 16

    @property
    def even(self) -> float:
        """Relaxation rate of the sums of opposite populations."""
        return 1 / (3 * self.viscosity + 0.5)

    @property
    def odd(self) -> float:
        """Relaxation rate of the differences of opposite populations."""
        return 1 / (self.magic / (3 * self.viscosity) + 0.5)

    @cached_property
    def collision(self) -> tuple[np.ndarray, np.ndarray]:
        """Matrix (19, 19) and force (19,): populations after a collision are `matrix @ populations + force`.

        The equilibrium is linear in density and momentum (Stokes), and the force is 1 along the first axis.
        """
        swap = np.eye(Q)[OPPOSITE]
        density, momentum = np.ones((Q, Q)), VELOCITIES @ VELOCITIES.T
        to_even = (np.eye(Q) + swap) / 2 - WEIGHTS[:, None] * density
        to_odd = (np.eye(Q) - swap) / 2 - 3 * WEIGHTS[:, None] * momentum
        return np.eye(Q) - self.even * to_even - self.odd * to_odd, FORCE


@dataclass(frozen=True)
class Lattice:
    """Pore nodes of volumes of one shape, numbered volume by volume and layer by layer along the flow.

    Attributes
    ----------
    number
        int32 (N, D, H, W): node of each voxel, -1 in the solid; the flow goes along D.
    borders
        What lies beyond each axis: "mirrored", "periodic" or "walls".
    """

    number: np.ndarray
    borders: tuple[str, str, str]

    @classmethod
    def of(cls, inside: np.ndarray, ends: Ends, sides: Sides) -> Lattice:
        """Number the pores of bool (N, D, H, W), or of (N, H, W) as slabs one voxel thick, periodic across."""
        slab = inside.ndim == 3
        inside = inside[..., None] if slab else inside
        number = np.full(inside.shape, -1, np.int32)
        number[inside] = np.arange(np.count_nonzero(inside), dtype=np.int32)
        return cls(number, (ends, sides, "periodic" if slab else sides))

    @cached_property
    def nodes(self) -> np.ndarray:
        """int32 (4, n): volume and place of each node."""
        return np.stack([place.astype(np.int32) for place in np.nonzero(self.number >= 0)])

    @property
    def n(self) -> int:
        """Number of nodes."""
        return self.nodes.shape[1]

    @property
    def porosity(self) -> np.ndarray:
        """Nodes per voxel of each volume, (N,)."""
        return np.asarray(np.diff(self.spans)[:, 0] / math.prod(self.number.shape[1:]))

    @property
    def spans(self) -> list[tuple[int, int]]:
        """First node of each volume, and the one behind its last."""
        return list(pairwise(np.searchsorted(self.nodes[0], np.arange(len(self.number) + 1)).tolist()))

    def layers(self, values: np.ndarray) -> np.ndarray:
        """Sum of one value per node (n,) over each layer across the flow, per voxel of it: (N, D)."""
        shape = self.number.shape
        layer = self.nodes[0].astype(np.int64) * shape[1] + self.nodes[1]
        found = np.bincount(layer, values, minlength=shape[0] * shape[1])
        return found.reshape(shape[:2]) / math.prod(shape[2:])

    def arrivals(self, q: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where the populations that arrive with velocity q were sent from.

        Returns
        -------
        node, slot, mirrored : (n,) each
            The node that sent it, the number of the velocity *opposite* to the one it was sent with (below), and
            whether the flow runs the other way there, so that the population counts with a minus sign.

        Notes
        -----
        A wall sends a population back to where it came from. A mirror at the ends turns the flow round as well: the
        mirrored volume is driven against the mirrored force, which for a linear flow is the same with a minus sign.
        So a volume and its mirror image behind it cost no more than the volume.
        """
        place = self.nodes[1:] - VELOCITIES[q][:, None]
        velocity = np.repeat(VELOCITIES[q][:, None], self.n, axis=1)
        mirrored, wall = np.zeros(self.n, bool), np.zeros(self.n, bool)
        for axis, border in enumerate(self.borders):
            length = self.number.shape[axis + 1]
            beyond = (place[axis] < 0) | (place[axis] >= length)
            place[axis] = place[axis] % length if border == "periodic" else place[axis].clip(0, length - 1)
            if border == "mirrored":
                velocity[axis, beyond] *= -1
                mirrored |= beyond & (axis == 0)
            wall |= beyond & (border == "walls")
        node = self.number[(self.nodes[0], *place)]
        wall |= node < 0
        slot = OPPOSITE[_NUMBER[tuple(velocity + 1)]]
        return np.where(wall, np.arange(self.n), node), np.where(wall, q, slot), mirrored & ~wall

    def links(self, block: int) -> tuple[np.ndarray, np.ndarray]:
        """Where the populations of every node arrive from, for a state laid out as (blocks, 19, block).

        Populations are sent as their opposites: a collision leaves what it sends with velocity q in the place of the
        opposite of q. Then each place is read by one node only, which also is the node that a population sent back
        along that link has to reach, so a state can be updated in place.

        Parameters
        ----------
        block
            Nodes side by side; nodes that fill up the last block only see walls.

        Returns
        -------
        links
            int32 (blocks, 18, block): flat place in the state, of velocities 1 to 18.
        flips
            int32 (F,): flat places of what comes from mirrored ends, to be read and written with a minus sign.

        Raises
        ------
        RaysysError
            If there are more nodes than links can tell apart, 113 million.

        References
        ----------
        Bailey et al., ICPP 2009, 550: one state, updated in place ("AA").
        """
        blocks = -(-self.n // block)
        if blocks * block * Q > MOST_PLACES:
            raise RaysysError(
                f"volumes have {self.n:,} pores; allowed: {MOST_PLACES // Q:,}, which links of 4 bytes reach"
            )
        links, mirrored = np.empty((blocks, Q - 1, block), np.int32), np.zeros((blocks, Q - 1, block), np.bool_)
        borders = np.array([BORDERS.index(border) for border in self.borders])

        def laid(first: int, last: int) -> None:
            _lay_links(self.number, self.nodes, borders, VELOCITIES, OPPOSITE, _NUMBER, first, last, links, mirrored)

        # A link takes about 10 steps.
        over_threads(laid, blocks, 10 * links.size)
        return links, links[mirrored]


@njit(cache=True, nogil=True)
def _lay_links(
    number: np.ndarray,
    nodes: np.ndarray,
    borders: np.ndarray,
    velocities: np.ndarray,
    opposite: np.ndarray,
    numbered: np.ndarray,
    first: int,
    last: int,
    links: np.ndarray,
    mirrored: np.ndarray,
) -> None:
    """Links of some blocks, as `Lattice.arrivals` says where populations were sent from, and which count with a minus.

    Borders are their places in BORDERS.
    """
    block, place, velocity = links.shape[2], np.empty(3, np.int64), np.empty(3, np.int64)
    count, populations = nodes.shape[1], len(velocities)
    for node in range(first * block, last * block):
        row, column = node // block, node % block
        for q in range(1, populations):
            sender, slot, turned = node, q, False  # a wall sends it back
            if node < count:
                wall = False
                for axis in range(3):
                    length = number.shape[axis + 1]
                    place[axis], velocity[axis] = nodes[axis + 1, node] - velocities[q, axis], velocities[q, axis]
                    if not 0 <= place[axis] < length:
                        if borders[axis] == 0:
                            wall = True
                            place[axis] = 0
                        elif borders[axis] == 1:
                            place[axis] = min(max(place[axis], 0), length - 1)
                            velocity[axis] = -velocity[axis]
                            turned = turned or axis == 0
                        else:
                            place[axis] %= length
                found = number[nodes[0, node], place[0], place[1], place[2]]
                if wall or found < 0:
                    turned = False
                else:
                    sender, slot = found, opposite[numbered[velocity[0] + 1, velocity[1] + 1, velocity[2] + 1]]
            links[row, q - 1, column] = (sender // block * populations + slot) * block + sender % block
            mirrored[row, q - 1, column] = turned


def hydraulic_radius(lattice: Lattice) -> np.ndarray:
    """Pore volume by wetted area, voxels, of each volume (N,); infinite where nothing is wetted."""
    walls = np.zeros(len(lattice.number))
    for q in range(1, 7):
        node, slot, _ = lattice.arrivals(q)
        back = (node == np.arange(lattice.n)) & (slot == q)
        walls += np.bincount(lattice.nodes[0][back], minlength=len(walls))
    volume = np.bincount(lattice.nodes[0], minlength=len(walls))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(walls > 0, volume / walls, np.inf))
