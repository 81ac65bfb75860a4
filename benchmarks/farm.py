"""What a farm of Ray actors costs: two chains on two cores against one on one, and the overhead of short chains.

    python benchmarks/farm.py [--moves 1000000] [--chains 1000] [--repeats 3]

Wall time, workers' start included, with checkpoints each second into a folder; runs interleaved, medians. Other work on
the machine shows in full: look at the load that is printed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time

from timing import machine, one_thread, thresholded_field

from raysys.anneal import Schedule, Target, anneal, reconstruct
from raysys.cluster import connected


def farm_seconds(target: Target, side: int, schedule: Schedule, chains: int, workers: int, seed: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        reconstruct(
            target,
            (side, side),
            chains=chains,
            seed=seed,
            schedule=schedule,
            workers=workers,
            checkpoint_folder=folder,
        )
        return time.perf_counter() - began


def efficiency(moves: int, repeats: int) -> None:
    """Long chains of 128 x 128 (250 stages)."""
    (field,) = thresholded_field((128, 128), 1)
    target = Target.from_images(field[None], r_max=64, boundary="periodic")
    schedule = Schedule(moves=moves)
    times: dict[int, list[float]] = {1: [], 2: []}
    for seed in range(repeats):
        for workers in times:
            times[workers].append(farm_seconds(target, 128, schedule, workers, workers, seed))
    one, two = statistics.median(times[1]), statistics.median(times[2])
    print(f"\n128 x 128, S2 up to 64, 250 stages of {moves:,} moves, {repeats} runs each")
    print(f"  one chain on one worker    {one:8.2f} s   {250 * moves / one / 1e6:8.2f} M moves/s")
    print(f"  two chains on two workers  {two:8.2f} s   {500 * moves / two / 1e6:8.2f} M moves/s")
    print(f"  ratio of chains per second {2 * one / two:8.2f}   (wanted: 1.9)   load {os.getloadavg()[0]:.1f}")


def overhead(chains: int, repeats: int) -> None:
    """Short chains of 64 x 64 (20 stages of 500 moves) on one worker, against the same chains in this process."""
    (field,) = thresholded_field((64, 64), 1)
    target = Target.from_images(field[None], r_max=31, boundary="periodic")
    schedule = Schedule(stages=20, moves=500)
    here, there = [], []
    for _ in range(repeats):
        began = time.perf_counter()
        for chain in range(chains):
            anneal(target, (64, 64), seed=0, chain=chain, schedule=schedule)
        here.append(time.perf_counter() - began)
        there.append(farm_seconds(target, 64, schedule, chains, 1, 0))
    plain, farmed = (1e3 * statistics.median(times) / chains for times in (here, there))
    print(f"\n{chains:,} chains of 64 x 64, 20 stages of 500 moves, {repeats} runs each, per chain")
    print(f"  in this process            {plain:8.2f} ms")
    print(f"  on one worker              {farmed:8.2f} ms  its start and all files included")
    print(f"  overhead                   {farmed - plain:8.2f} ms  (wanted: 5)   load {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=1_000_000, help="a stage, of the long chains")
    parser.add_argument("--chains", type=int, default=1_000, help="of the short ones")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    one_thread()
    print(machine("numba", "ray"))
    with connected("local", num_cpus=2):
        overhead(options.chains, options.repeats)
        efficiency(options.moves, options.repeats)


if __name__ == "__main__":
    main()
