"""Annealing speed on one core: trial exchanges per second against a plain scalar kernel, and the time to E < 1e-6.

    python benchmarks/annealing.py [--repeats 5]

Both kernels run the published schedule (T0 1e-7, alpha 0.97, 250 stages, Metropolis) at 128 x 128 with lags 1..64, on
the same targets (thresholded periodic Gaussian random fields), one thread, CPU time, runs interleaved.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import numba
import numpy as np

from raysys.anneal import Chain, Schedule, Target, recount

SIDE, R_MAX, STAGES, MOVES = 128, 64, 250, 20_000
FIELDS = {0.052: 2.0, 0.352: 4.0}  # phase fraction: filter width, pixels


def thresholded_field(phi: float, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((SIDE, SIDE))
    k = 2 * np.pi * np.fft.fftfreq(SIDE)
    field = np.fft.ifft2(np.fft.fft2(noise) * np.exp(-(k[:, None] ** 2 + k**2) * sigma**2 / 2)).real
    return (field > np.quantile(field, 1 - phi)).astype(np.uint8)


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


def plain_run(image: np.ndarray, target: Target) -> tuple[float, int]:
    """CPU seconds and moves of one whole schedule with the plain kernel, from a random image."""
    image = np.random.default_rng(1).permutation(image.ravel()).reshape(image.shape)
    ones, zeros = np.flatnonzero(image == 1), np.flatnonzero(image == 0)
    counts, wanted, began = recount(image, R_MAX), target.counts(image.shape), time.thread_time()
    for stage in range(1, STAGES + 1):
        plain_stage(image, ones, zeros, counts, wanted, 1e-7 * 0.97**stage * (2 * SIDE**2) ** 2, MOVES)
    spent = time.thread_time() - began
    assert np.array_equal(counts, recount(image, R_MAX))
    return spent, STAGES * MOVES


def chain_run(target: Target, selection: str) -> tuple[float, int]:
    chain = Chain(target, (SIDE, SIDE), seed=1, schedule=Schedule(moves=MOVES, selection=selection))
    began = time.thread_time()
    chain.advance()
    return time.thread_time() - began, chain.swaps


def time_to_a_millionth(target: Target, selection: str) -> tuple[float, int]:
    """CPU seconds (the random image and its counts included) and moves until E <= 1e-6."""
    began = time.thread_time()
    schedule = Schedule(moves=2_000, selection=selection, threshold=1e-6)
    chain = Chain(target, (SIDE, SIDE), seed=1, schedule=schedule)
    chain.advance()
    spent = time.thread_time() - began
    return (spent if chain.energy <= 1e-6 else float("inf")), chain.swaps


def spread(values: list[float], unit: float, digits: int) -> str:
    low, middle, high = (f"{x / unit:.{digits}f}" for x in (min(values), statistics.median(values), max(values)))
    return f"{middle} [{low}-{high}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    print(f"{processor()}; Python {platform.python_version()}, numba {numba.__version__}, numpy {np.__version__}")
    print(f"{SIDE} x {SIDE}, R = {R_MAX}, {STAGES} stages of {MOVES} moves; median [least-most] of {repeats}\n")
    for phi, sigma in FIELDS.items():
        image = thresholded_field(phi, sigma)
        target = Target.of_two_point(image.mean(), recount(image, R_MAX) / (2 * SIDE**2), boundary="periodic")
        compare(phi, image, target, repeats)


def compare(phi: float, image: np.ndarray, target: Target, repeats: int) -> None:
    kernels: dict[str, Callable[[], tuple[float, int]]] = {"plain %": lambda: plain_run(image, target)}
    for selection in ("uniform", "interface", "dpn"):
        kernels[selection] = lambda selection=selection: chain_run(target, selection)
    rates: dict[str, list[float]] = {name: [] for name in kernels}
    for run in range(repeats + 1):
        for name, kernel in kernels.items():
            seconds, moves = kernel()
            if run > 0:  # the first compiles
                rates[name].append(moves / seconds)
    plain = statistics.median(rates["plain %"])
    for name, values in rates.items():
        ratio = statistics.median(values) / plain
        print(f"phi {phi}  {name:10s} {spread(values, 1e6, 2):22s} million swaps/s   {ratio:5.1f} x plain")
    for selection in ("uniform", "interface", "dpn"):
        runs = [time_to_a_millionth(target, selection) for _ in range(repeats)]
        spent = spread([seconds for seconds, _ in runs], 1e-3, 1) + " ms" if runs[0][0] < float("inf") else "never"
        print(f"phi {phi}  {selection:10s} E < 1e-6: {spent}, {runs[0][1]} swaps")


def processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
