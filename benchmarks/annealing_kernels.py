"""Annealing by each kind of target: trial exchanges per second of one chain, hot and cold, and the share accepted.

    python benchmarks/annealing_kernels.py [--repeats 3]

Thresholded periodic Gaussian random fields of phase fraction 0.352. Hot: the first stages of the published schedule
from a random image. Cold: after a quench, at temperature 0. One thread, CPU time; the counts are recounted in the end.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from annealing import spread
from timing import machine, one_thread, thresholded_field

SIX = ("S2", "P3H", "P3V", "P4", "P6", "L")
# descriptors, shape, moves a stage, selections
CASES = [
    (("S2",), (128, 128), 200_000, ("uniform", "interface", "dpn")),
    (("S2_axis0", "S2_axis1"), (128, 128), 200_000, ("uniform", "interface")),
    (("S2",), (512, 512), 320_000, ("uniform", "interface")),
    (("S2",), (64, 64, 64), 500_000, ("uniform", "interface")),
    (("S2",), (128, 128, 128), 1_000_000, ("uniform", "interface")),
    (("S2_axis0", "S2_axis1", "S2_axis2"), (128, 128, 128), 1_000_000, ("uniform", "interface")),
    (("map",), (64, 64), 50_000, ("uniform", "interface")),
    (("map",), (128, 128), 50_000, ("uniform", "interface")),
    (("S2", "L"), (128, 128), 50_000, ("uniform", "interface")),
    (("S2", "P4"), (128, 128), 50_000, ("uniform", "interface")),
    (SIX, (128, 128), 20_000, ("uniform", "interface")),
    (("S2", "surface"), (128, 128), 50_000, ("uniform", "interface")),
    (("S2", "L"), (64, 64, 64), 100_000, ("uniform", "interface")),
]


def rates(names: tuple[str, ...], shape: tuple[int, ...], moves: int, selection: str, repeats: int) -> str:
    """Swaps a second, hot and cold."""
    from raysys.anneal import Chain, Schedule, Target

    image = thresholded_field(shape, 1)
    target = Target.from_images(image, names, boundary="periodic", r_max=min(shape) // 2 - (names == SIX) * 8)
    hot: list[float] = []
    cold: list[float] = []
    shares = [0.0, 0.0]
    for run in range(repeats + 1):
        schedule = Schedule(moves=moves, selection=selection)
        chain = Chain(target, shape, seed=1, schedule=schedule)
        random, found = np.array([1, 2], np.uint64), []
        for temperature, stages in ((1e-7, 2), (0.0, 4)):
            for _ in range(stages):
                began = time.thread_time()
                made = chain.engine.stage(random, temperature, moves, -1.0)  # which ends at no energy
                spent = time.thread_time() - began
            found.append((made.moves / spent, made.accepted / made.moves))
        assert np.array_equal(chain.counts, chain.recount())
        if run > 0:  # the first compiles
            hot.append(found[0][0])
            cold.append(found[1][0])
            shares = [found[0][1], found[1][1]]
    return (
        f"hot {spread(hot, 1e6, 2):22} (accepted {100 * shares[0]:4.1f} %)   "
        f"cold {spread(cold, 1e6, 2):22} (accepted {100 * shares[1]:5.2f} %)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    print(machine("numba", "numpy"))
    print(f"million swaps/s of the last stage, median [least-most] of {repeats}\n")
    for names, shape, moves, selections in CASES:
        for selection in selections:
            name = "+".join(names) if names != SIX else "all six"
            print(f"{name:28} {'x'.join(map(str, shape)):12} {selection:10}", end="", flush=True)
            print(rates(names, shape, moves, selection, repeats), flush=True)


if __name__ == "__main__":
    one_thread()
    main()
