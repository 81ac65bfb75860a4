"""What a job of the endpoint costs beside the same work in Python, and the memory of whoever draws a large sample.

    python benchmarks/jobs.py [--repeats 3] [--chains 4] [--stages 250] [--side 8192] [--larger 16384]

One endpoint on a local Ray of two CPUs. In turns: chains of 64^2 by `POST /v1/reconstructions`, from the request to the
files on disk, and by `raysys.anneal.reconstruct` on the same Ray; a sample of side^2 by `POST /v1/jobs/samples`, and by
`raysys.models.write_sample` in this process. Both must make the same images. Then one of larger^2, and the resident
memory of the jobs' replica before and after each: it must not follow the size.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from timing import machine, one_thread, thresholded_field

from raysys.anneal import Schedule, Target, reconstruct
from raysys.cluster import connected
from raysys.models import GenerativeModel, load, write_sample
from raysys.serve import JobSettings, Limits, start
from raysys.serve.client import Endpoint

MODEL = "trained:pores"


def taken(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Seconds of the clock, and what was made."""
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made


def resident() -> float:
    """Megabytes of the replica that works at jobs."""
    named = ((one, " ".join(one.cmdline())) for one in psutil.Process().children(recursive=True))
    (found,) = [one for one, line in named if "ServeReplica" in line and ":jobs" in line]
    return found.memory_info().rss / 1e6


def compare(title: str, job: Callable[[], np.ndarray], direct: Callable[[], np.ndarray], repeats: int) -> None:
    """Seconds of both, in turns, and their ratio; stops where they make different images."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        pairs = [taken(job), taken(direct)]
        np.testing.assert_array_equal(pairs[0][1], pairs[1][1])
        for mine, (seconds, _) in zip(times, pairs, strict=True):
            mine.append(seconds)
    ours, bare = (statistics.median(one) for one in times)
    print(f"{title}: {ours:.2f} s as a job, {bare:.2f} s without, {ours / bare:.3f} times as long")


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in {"repeats": 3, "chains": 4, "stages": 250, "side": 8192, "larger": 16384}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    print(machine("ray", "torch", "numpy"))
    rock = thresholded_field((64, 64), 1)
    model = load(MODEL, kind=GenerativeModel)
    with tempfile.TemporaryDirectory() as name, connected("local", num_cpus=2):
        folder = Path(name)
        jobs = JobSettings(folder=folder / "jobs")
        with start({"pores": MODEL}, port=0, jobs=jobs, limits=Limits(timeout_s=600)) as running:
            endpoint = Endpoint(running.url)

            def chains() -> np.ndarray:
                begun = endpoint.reconstruct(rock, chains=asked.chains, stages=asked.stages, seed=1)
                paths = begun.wait(bar=False).download(folder / begun.id)
                return np.load(next(path for path in paths if path.suffix == ".npz"))["images"]

            def directly() -> np.ndarray:
                target = Target.from_images(rock, r_max=31)
                schedule = Schedule(stages=asked.stages)
                made = reconstruct(target, (64, 64), chains=asked.chains, seed=1, schedule=schedule)
                return np.stack([one.image for one in made])

            def sample(side: int) -> np.ndarray:
                begun = endpoint.sample_large("pores", size=side, seed=1, format="npy").wait(bar=False)
                return np.load(begun.download(folder / begun.id)[0], mmap_mode="r")[0, -64:, -64:]

            def write() -> np.ndarray:
                write_sample(model, folder / "direct.npy", size=asked.side, seed=1)
                return np.load(folder / "direct.npy", mmap_mode="r")[0, -64:, -64:]

            compare(f"{asked.chains} chains of 64^2, {asked.stages} stages", chains, directly, asked.repeats)
            compare(f"a sample of {asked.side}^2", lambda: sample(asked.side), write, asked.repeats)
            before = resident()
            sample(asked.larger)
            print(
                f"memory of the replica: {before:.0f} MB after {asked.side}^2, {resident():.0f} after {asked.larger}^2"
            )


if __name__ == "__main__":
    main()
