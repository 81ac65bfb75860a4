"""Annealing by line S2: trial exchanges per second against a plain scalar kernel, and the time that chains take.

    python benchmarks/annealing.py [--repeats 3]

All run the published schedule (T0 1e-7, alpha 0.97, 250 stages, Metropolis) at 128 x 128 with lags 1..64 on the same
targets (thresholded periodic Gaussian random fields), one thread, CPU time, runs interleaved. Other descriptors and
volumes: benchmarks/annealing_kernels.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numba
import numpy as np
from timing import machine, one_thread, thresholded_field

SIDE, R_MAX, STAGES, MOVES = 128, 64, 250, 20_000
FIELDS = {0.052: 2.0, 0.352: 4.0}  # phase fraction: filter width, pixels
SELECTIONS = ("uniform", "interface", "dpn")


@numba.njit
def plain_stage(image, ones, zeros, counts, target, temperature, moves):
    """Exchange of two random pixels of different phase; the line through each is read with `%` at its ends."""
    n, accepted = image.shape[0], 0
    d = np.zeros(counts.size, np.int64)
    for _ in range(moves):
        a, b = np.random.randint(ones.size), np.random.randint(zeros.size)
        pi, pj, qi, qj = ones[a] // n, ones[a] % n, zeros[b] // n, zeros[b] % n
        image[pi, pj] = 0
        change = 0.0
        for k in range(counts.size):
            r = k + 1
            gained = (
                image[qi, (qj + r) % n] + image[qi, (qj - r) % n] + image[(qi + r) % n, qj] + image[(qi - r) % n, qj]
            )
            lost = image[pi, (pj + r) % n] + image[pi, (pj - r) % n] + image[(pi + r) % n, pj] + image[(pi - r) % n, pj]
            d[k] = np.int64(gained) - np.int64(lost)
            change += d[k] * (d[k] + 2.0 * (counts[k] - target[k]))
        if change <= 0 or np.random.random() < np.exp(-change / temperature):
            accepted += 1
            image[qi, qj] = 1
            ones[a], zeros[b] = zeros[b], ones[a]
            counts += d
        else:
            image[pi, pj] = 1
    return accepted


def plain_run(image, target) -> tuple[float, int]:
    """CPU seconds and moves of one whole schedule with the plain kernel, from a random image."""
    from raysys.anneal import recount

    image = np.random.default_rng(1).permutation(image.ravel()).reshape(image.shape)
    ones, zeros = np.flatnonzero(image == 1), np.flatnonzero(image == 0)
    counts, wanted, began = recount(image, R_MAX), target.counts(image.shape), time.thread_time()
    for stage in range(1, STAGES + 1):
        plain_stage(image, ones, zeros, counts, wanted, 1e-7 * 0.97**stage * (2 * SIDE**2) ** 2, MOVES)
    spent = time.thread_time() - began
    assert np.array_equal(counts, recount(image, R_MAX))
    return spent, STAGES * MOVES


def chain_run(target, selection: str, **settings) -> tuple[float, int, float]:
    """CPU seconds (the random image and its counts included), moves and final energy of one chain."""
    from raysys.anneal import Chain, Schedule

    began = time.thread_time()
    chain = Chain(target, (SIDE, SIDE), seed=1, schedule=Schedule(selection=selection, **settings))
    chain.advance()
    spent = time.thread_time() - began
    assert np.array_equal(chain.counts, chain.recount())
    return spent, chain.swaps, chain.energy


def spread(values: list[float], unit: float, digits: int) -> str:
    """Median, least and most."""
    low, middle, high = (f"{x / unit:.{digits}f}" for x in (min(values), np.median(values), max(values)))
    return f"{middle} [{low}-{high}]"


def compare(phi: float, sigma: float, repeats: int) -> None:
    from raysys.anneal import Target

    image = thresholded_field((SIDE, SIDE), 1, phi, sigma)
    mean = Target.from_images(image, r_max=R_MAX, boundary="periodic")
    apart = Target.from_images(image, ("S2_axis0", "S2_axis1"), r_max=R_MAX, boundary="periodic")
    kernels: dict[str, Callable[[], tuple]] = {"plain %": lambda: plain_run(image[0], mean)}
    for selection in SELECTIONS:
        kernels[selection] = lambda selection=selection: chain_run(mean, selection, moves=MOVES)
    kernels["two axes apart"] = lambda: chain_run(apart, "uniform", moves=MOVES)
    runs: dict[str, list[tuple]] = {name: [] for name in kernels}
    for run in range(repeats + 1):
        for name, kernel in kernels.items():
            if (found := kernel()) and run > 0:  # the first compiles
                runs[name].append(found)
    plain = np.median([moves / spent for spent, moves in runs["plain %"]])
    for name, found in runs.items():
        rates = [one[1] / one[0] for one in found]
        whole = spread([one[0] for one in found], 1, 2)
        print(
            f"phi {phi}  {name:15} {spread(rates, 1e6, 2):22} million swaps/s {np.median(rates) / plain:6.1f} x plain"
            f"   {whole} s a chain"
        )
    for selection in SELECTIONS:
        found = [chain_run(mean, selection, moves=2_000, threshold=1e-6) for _ in range(repeats)]
        reached = spread([one[0] for one in found], 1e-3, 1) + " ms" if found[0][2] <= 1e-6 else "never"
        print(f"phi {phi}  {selection:15} E < 1e-6: {reached}, {found[0][1]} swaps")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    print(machine("numba", "numpy"))
    print(f"{SIDE} x {SIDE}, R = {R_MAX}, {STAGES} stages of {MOVES} moves; median [least-most] of {repeats}\n")
    for phi, sigma in FIELDS.items():
        compare(phi, sigma, repeats)


if __name__ == "__main__":
    one_thread()
    main()
