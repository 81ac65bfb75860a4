"""What a farm of Ray actors costs: two chains on two cores against one on one, and the overhead of short chains.

    python benchmarks/farm.py [--moves 1000000] [--chains 1000] [--repeats 3]

Wall time, workers' start included, with checkpoints each second into a folder; runs interleaved, medians. Other work on
the machine shows in full: look at the load that is printed. The CPU time of the driver and of all of Ray's processes
hardly depends on it: against that of the chains alone it says what two chains would reach on two free cores.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import statistics
import tempfile
import threading
import time

import psutil
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


class FamilyTime:
    """CPU seconds that this process and all of Ray's spend in a block; looked at often, since workers end with it."""

    def __enter__(self) -> FamilyTime:
        self._before, self._last = self._look(), {}
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._follow)
        self._watch.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._last |= self._look()
        self._over.set()
        self._watch.join()

    @property
    def seconds(self) -> float:
        return sum(spent - self._before.get(pid, 0.0) for pid, spent in self._last.items())

    def _follow(self) -> None:
        while not self._over.wait(0.2):
            self._last |= self._look()

    def _look(self) -> dict[int, float]:
        found = {}
        for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                found[process.pid] = sum(process.cpu_times()[:2])
        return found


def chain_cpu(target: Target, side: int, schedule: Schedule, seeds: int) -> float:
    """CPU seconds of one chain in this process, median."""
    found = []
    for seed in range(seeds):
        began = time.thread_time()
        anneal(target, (side, side), seed=seed, schedule=schedule)
        found.append(time.thread_time() - began)
    return statistics.median(found)


def plain_seconds(target: Target, side: int, schedule: Schedule, workers: int) -> float:
    """The same chains in processes without Ray, their start included: what the machine itself allows."""
    context = multiprocessing.get_context("spawn")
    began = time.perf_counter()
    processes = [
        context.Process(target=anneal, args=(target, (side, side)), kwargs={"seed": seed, "schedule": schedule})
        for seed in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return time.perf_counter() - began


def efficiency(moves: int, repeats: int) -> None:
    """Long chains of 128 x 128 (250 stages)."""
    (field,) = thresholded_field((128, 128), 1)
    target = Target.from_images(field[None], r_max=64, boundary="periodic")
    schedule = Schedule(moves=moves)
    times: dict[int, list[float]] = {1: [], 2: []}
    plain: dict[int, list[float]] = {1: [], 2: []}
    cpu: list[float] = []
    for seed in range(repeats):
        for workers in times:
            with FamilyTime() as spent:
                times[workers].append(farm_seconds(target, 128, schedule, workers, workers, seed))
            plain[workers].append(plain_seconds(target, 128, schedule, workers))
        cpu.append(spent.seconds)
    alone = chain_cpu(target, 128, schedule, repeats)
    one, two = statistics.median(times[1]), statistics.median(times[2])
    limit = 2 * statistics.median(plain[1]) / statistics.median(plain[2])
    print(f"\n128 x 128, S2 up to 64, 250 stages of {moves:,} moves, {repeats} runs each")
    print(f"  one chain on one worker    {one:8.2f} s   {250 * moves / one / 1e6:8.2f} M moves/s")
    print(f"  two chains on two workers  {two:8.2f} s   {500 * moves / two / 1e6:8.2f} M moves/s")
    print(f"  ratio of chains per second {2 * one / two:8.2f}   (wanted: 1.9)   load {os.getloadavg()[0]:.1f}")
    print(f"  the same without Ray       {limit:8.2f}   two plain processes against one")
    print(
        f"  CPU time of two chains     {2 * alone:8.2f} s   alone, {statistics.median(cpu):.2f} s with driver and Ray"
    )


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
