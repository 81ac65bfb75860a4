"""The farm on a local Ray of two CPUs: deaths, deadlines and resumes leave the images as they would have been."""

import os
import signal
import time

import numpy as np
import psutil
import pytest

from raysys import RaysysError
from raysys.anneal import FarmError, Patience, Progress, Schedule, Target, anneal, reconstruct
from raysys.cluster import connected

SHAPE = (128, 128)
SCHEDULE = Schedule(moves=20_000, stages=150)
OFTEN = Patience(checkpoint=0.05)


@pytest.fixture(scope="module", autouse=True)
def _ray():
    with connected("local", num_cpus=2):
        yield


@pytest.fixture(scope="module")
def target(field) -> Target:
    return Target.from_images(field(SHAPE, 0.352, 4)[None], r_max=64, boundary="periodic")


@pytest.fixture(scope="module")
def undisturbed(target) -> list[np.ndarray]:
    return [anneal(target, SHAPE, seed=11, chain=k, schedule=SCHEDULE).image for k in range(4)]


def workers_of_this_ray() -> list[psutil.Process]:
    """Only descendants of this process are looked at."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "ChainWorker" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


class Killer:
    """Kills all workers once, when a chain is in the middle of its stages."""

    def __init__(self) -> None:
        self.killed: list[int] = []
        self.seen: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)
        if not self.killed and 10 < progress.stage < progress.stages:
            for process in workers_of_this_ray():
                os.kill(process.pid, signal.SIGKILL)
                self.killed.append(process.pid)


@pytest.mark.parametrize("workers", [1, 2])
def test_images_are_those_of_single_chains_whatever_the_number_of_workers(target, undisturbed, workers):
    told: list[Progress] = []
    ended: list[int] = []
    results = reconstruct(
        target,
        SHAPE,
        chains=4,
        seed=11,
        schedule=SCHEDULE,
        workers=workers,
        progress=told.append,
        finished=lambda result: ended.append(result.chain),
    )
    assert [result.chain for result in results] == [0, 1, 2, 3]
    for result, image in zip(results, undisturbed, strict=True):
        assert np.array_equal(result.image, image)
        assert result.swaps == 150 * 20_000
    assert sorted(ended) == [0, 1, 2, 3]
    assert told[-1].finished == told[-1].chains == 4
    assert max(progress.workers for progress in told) <= workers


def test_killed_workers_change_nothing(target, undisturbed):
    killer = Killer()
    results = reconstruct(target, SHAPE, chains=4, seed=11, schedule=SCHEDULE, progress=killer, patience=OFTEN)
    assert killer.killed
    assert not any(psutil.pid_exists(pid) for pid in killer.killed)
    for result, image in zip(results, undisturbed, strict=True):
        assert np.array_equal(result.image, image)
    stages = [progress.stage for progress in killer.seen if progress.chain == killer.seen[0].chain]
    assert stages == sorted(set(stages))  # no stage lost or made twice


def test_a_chain_whose_workers_always_die_is_reported_with_the_results_of_the_others(target, undisturbed):
    killer = Killer()
    with pytest.raises(FarmError, match=r"chains failed .*worker died") as caught:
        reconstruct(
            target,
            SHAPE,
            chains=4,
            seed=11,
            schedule=SCHEDULE,
            workers=1,
            progress=killer,
            patience=Patience(checkpoint=0.05, attempts=1),
        )
    lost, kept = caught.value.failed, caught.value.reconstructions
    assert len(lost) == 1
    assert sorted([*lost, *(result.chain for result in kept)]) == [0, 1, 2, 3]
    for result in kept:
        assert np.array_equal(result.image, undisturbed[result.chain])


def test_the_same_call_continues_from_the_checkpoint_folder(tmp_path, target, undisturbed):
    settings = {"chains": 4, "seed": 11, "schedule": SCHEDULE, "checkpoint_folder": tmp_path, "patience": OFTEN}

    def stop(progress: Progress) -> None:
        if progress.stage > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # the driver goes down in the middle
        reconstruct(target, SHAPE, **settings, progress=stop)
    assert list(tmp_path.glob("chain-*.npz"))
    told: list[Progress] = []
    results = reconstruct(target, SHAPE, **settings, progress=told.append)
    assert min(progress.stage for progress in told if progress.chain == 0) > 1
    for result, image in zip(results, undisturbed, strict=True):
        assert np.array_equal(result.image, image)
    again = reconstruct(target, SHAPE, **settings, progress=told.clear)  # nothing is left to do
    assert [result.energy for result in again] == [result.energy for result in results]
    with pytest.raises(RaysysError, match="another checkpoint folder"):
        reconstruct(target, SHAPE, **settings | {"seed": 12})


def test_a_deadline_reports_what_is_missing(target):
    with pytest.raises(FarmError, match="deadline") as caught:
        reconstruct(target, SHAPE, chains=3, seed=0, schedule=Schedule(moves=10**7), deadline=0.5)
    assert sorted(caught.value.failed) == [0, 1, 2]
    assert caught.value.reconstructions == []


def test_a_worker_that_gives_no_answer_is_taken_for_dead(target):
    with pytest.raises(FarmError, match=r"no answer for 0\.3 s"):
        reconstruct(
            target, SHAPE, chains=1, seed=0, schedule=Schedule(moves=10**8), patience=Patience(answer=0.3, attempts=1)
        )


def test_a_full_cluster_is_told_as_such(target):
    import ray

    @ray.remote(num_cpus=2)
    class Occupant:
        def here(self) -> bool:
            return True

    occupant = Occupant.remote()
    deadline = time.monotonic() + 30
    assert ray.get(occupant.here.remote(), timeout=deadline - time.monotonic())
    try:
        with pytest.raises(RaysysError, match="no worker got a CPU within 1 s; the cluster has 2 CPUs"):
            reconstruct(target, SHAPE, chains=2, seed=0, patience=Patience(start=1.0))
    finally:
        ray.kill(occupant)


@pytest.mark.parametrize("numbers", [{"chains": 0}, {"chains": 1, "workers": 0}])
def test_at_least_one_chain_and_worker(target, numbers):
    with pytest.raises(RaysysError, match="at least one"):
        reconstruct(target, SHAPE, seed=0, **numbers)
