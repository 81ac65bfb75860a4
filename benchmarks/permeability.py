"""Permeability by lattice Boltzmann on one core: updates per second, share of the memory bandwidth, time to 1 %.

    python benchmarks/permeability.py [--sides 100 160] [--tolerance 0.01] [--device cuda] [--refine 2]

Crops of the Berea sandstone (beside the repository; a blob volume of the same porosity where it is absent), flow along
the first axis, mirrored ends. Our steps are compared with those of a plain kernel (numba, two states, a table of
neighbours), and equal them, before they are timed; torch runs the same steps on the CPU, and on a device if one is
named. Bandwidth is that of an in-place update of 1 GB, and of the triad a = b + 3 c. Time to 1 % is that of
`permeability` as a whole: finding the pores that lead through, links, flow; then the same with the viscosity 1/6 that
codes commonly start from (relaxation time 1), for its steps. --refine extrapolates to infinitely fine pixels, too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numba import njit
from timing import DATA, machine, one_thread, thresholded_field

from raysys.stats import permeability, to_darcy
from raysys.stats.transport.lattice import AT_REST, OPPOSITE, VELOCITIES, WEIGHTS, Lattice, Rates
from raysys.stats.transport.percolation import percolating_part
from raysys.stats.transport.streaming import NumbaFlow
from raysys.stats.transport.torch_flow import TorchFlow

VOXEL = 5.345e-6  # metres
RATES = Rates(1 / 6)
# Of an update: a state is read and written once, in two steps of which one reads the links.
BYTES = 2 * 19 * 8 + 18 * 4 / 2


@njit(cache=True)
def plain_step(f, sent, sources, slots, velocities, weights, opposite, even, odd):  # type: ignore[no-untyped-def]
    """Collide every node, then pull: as one would write it at first."""
    for node in range(f.shape[0]):
        rho, jx, jy, jz = 0.0, 0.0, 0.0, 0.0
        for q in range(19):
            rho += f[node, q]
            jx += velocities[q, 0] * f[node, q]
            jy += velocities[q, 1] * f[node, q]
            jz += velocities[q, 2] * f[node, q]
        for q in range(19):
            one, other = f[node, q], f[node, opposite[q]]
            along = velocities[q, 0] * jx + velocities[q, 1] * jy + velocities[q, 2] * jz
            relaxed = even * ((one + other) / 2 - weights[q] * rho) + odd * ((one - other) / 2 - 3 * weights[q] * along)
            sent[node, q] = one - relaxed + 3 * weights[q] * velocities[q, 0]
    for node in range(f.shape[0]):
        for q in range(19):
            f[node, q] = sent[sources[node, q], slots[node, q]]


def plain_run(lattice: Lattice, steps: int) -> tuple[np.ndarray, Callable[[], None]]:
    """Velocities after some steps of the plain kernel, and one more step; periodic or walled lattices only."""
    f = np.repeat(AT_REST[None], lattice.n, axis=0)
    sent, sources, slots = np.empty_like(f), np.empty(f.shape, np.int32), np.empty(f.shape, np.int8)
    for q in range(19):
        node, slot, _ = lattice.arrivals(q)
        sources[:, q], slots[:, q] = node, OPPOSITE[slot]
    velocities, weights = VELOCITIES.astype(np.float64), WEIGHTS

    def step() -> None:
        plain_step(f, sent, sources, slots, velocities, weights, OPPOSITE, RATES.even, RATES.odd)

    for _ in range(steps):
        step()
    return f @ velocities[:, 0] + 0.5, step


@njit(cache=True)
def triad(a, b, c):  # type: ignore[no-untyped-def]
    for k in range(a.size):
        a[k] = b[k] + 3.0 * c[k]


@njit(cache=True)
def update(a):  # type: ignore[no-untyped-def]
    for k in range(a.size):
        a[k] = 0.5 * a[k] + 1.0


def fastest(work: Callable[[], object], repeats: int = 5) -> float:
    """CPU seconds of the fastest of some runs, after one that compiles."""
    work()
    taken = []
    for _ in range(repeats):
        start = time.thread_time()
        work()
        taken.append(time.thread_time() - start)
    return min(taken)


def bandwidth() -> float:
    """Bytes per second of updates in place."""
    a, b, c = (np.ones(40_000_000) for _ in range(3))
    in_place = 16 * a.size / fastest(lambda: update(a))
    print(
        f"memory: in place {in_place / 1e9:.1f} GB/s, triad {24 * a.size / fastest(lambda: triad(a, b, c)) / 1e9:.1f}"
    )
    return in_place


def volume(side: int) -> np.ndarray:
    path = DATA / "rock3d" / "berea_z000-263.tif"
    if not path.exists():
        print(f"{path.name} is absent: blobs instead")
        return thresholded_field((side,) * 3, 1, phi=0.2, sigma=4)[0]
    import tifffile

    return np.asarray(tifffile.imread(path)[:side, :side, :side])


def updates(image: np.ndarray, available: float) -> None:
    part = percolating_part(image == 1, 0, "mirrored")
    lattice = Lattice.of(part[None], "periodic", "periodic")
    flow, side_by_side = NumbaFlow(lattice, [RATES]), TorchFlow(lattice, [RATES])
    expected, step = plain_run(lattice, 6)
    for one in (flow, side_by_side):
        one.run(3)
        np.testing.assert_allclose(one.velocity(0), expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    lattice = Lattice.of(part[None], "mirrored", "mirrored")
    flow = NumbaFlow(lattice, [RATES])
    times = {
        "raysys, numba": fastest(lambda: flow.run(5)) / 10,
        "raysys, torch on the CPU": fastest(lambda: side_by_side.run(1), 3) / 2,
        "plain numba, two states": fastest(step, 3),
    }
    print(f"\n{image.shape}, {lattice.n:,} pore nodes of {image.size:,} voxels")
    for name, taken in times.items():
        print(
            f"  {name:28} {lattice.n / taken / 1e6:8.1f} million updates/s {taken / times['raysys, numba']:8.1f} x ours"
        )
    share = BYTES * lattice.n / times["raysys, numba"] / available
    print(f"  {BYTES:.0f} bytes per update: {100 * share:.0f} % of the bandwidth in place")


def solved(image: np.ndarray, tolerance: float, **settings: object) -> None:
    start = time.perf_counter(), time.thread_time()
    found = permeability(image[None], axis=0, tolerance=tolerance, **settings)  # type: ignore[arg-type]
    wall, cpu = time.perf_counter() - start[0], time.thread_time() - start[1]
    k, error = found.k[0, 0], found.error[0, 0]
    print(
        f"  {settings or 'defaults'}: k {k:.5f} +- {error:.5f} pixel^2 ({to_darcy(k, VOXEL):.3f} darcy), "
        f"{found.steps[0, 0]} steps, "
        f"converged {found.converged[0, 0]}, change {found.change[0, 0]:.1e}, unevenness {found.unevenness[0, 0]:.1e}, "
        f"viscosity {found.viscosity[0, 0]:.4f}; {cpu:.1f} s CPU, {wall:.1f} s wall",
        flush=True,
    )


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[100, 160])
    parser.add_argument("--tolerance", type=float, default=0.01)
    parser.add_argument("--device")
    parser.add_argument("--refine", type=int, default=1)
    arguments = parser.parse_args()
    print(machine("numpy", "numba", "torch"))
    available = bandwidth()
    for side in arguments.sides:
        image = volume(side)
        updates(image, available)
        solved(image, arguments.tolerance)
        solved(image, arguments.tolerance, viscosity=1 / 6, max_steps=6000)
        if arguments.refine > 1:
            solved(image, arguments.tolerance, refine=arguments.refine)
        if arguments.device:
            solved(image, arguments.tolerance, device=arguments.device)


if __name__ == "__main__":
    main()
