"""The farm on a local Ray of two CPUs: deaths, deadlines and resumes leave the images as they would have been."""

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest

from raysys import RaysysError
from raysys.anneal import FarmError, Known, Patience, Progress, Schedule, Target, anneal, reconstruct
from raysys.cluster import connected

SHAPE = (128, 128)
SCHEDULE = Schedule(moves=20_000, stages=100)
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
            if "FarmWorker" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


class Killer:
    """Kills all workers once, when a chain has made so many stages."""

    def __init__(self, stage: int = 10) -> None:
        self.stage = stage
        self.killed: list[int] = []
        self.seen: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)
        if not self.killed and progress.stage >= self.stage:
            for process in workers_of_this_ray():
                os.kill(process.pid, signal.SIGKILL)
                self.killed.append(process.pid)


def test_images_are_those_of_single_chains_and_come_as_they_end(target, undisturbed):
    told: list[Progress] = []
    ended: list[tuple[int, int]] = []
    results = reconstruct(
        target,
        SHAPE,
        chains=4,
        seed=11,
        schedule=SCHEDULE,
        progress=told.append,
        finished=lambda result: ended.append((result.chain, len(told))),
        patience=OFTEN,
    )
    assert [result.chain for result in results] == [0, 1, 2, 3]
    for result, image in zip(results, undisturbed, strict=True):
        assert np.array_equal(result.image, image)
        assert result.swaps == 100 * 20_000
    assert sorted(chain for chain, _ in ended) == [0, 1, 2, 3]
    assert min(when for _, when in ended) < len(told)  # the first came before the last had moved on
    _check_progress(told, [result.energy for result in results])


def _check_progress(told: list[Progress], energies: list[float]) -> None:
    assert max(progress.workers for progress in told) <= 2
    for one in told:
        assert one.lowest <= one.median <= one.highest
        assert one.image is not None
        assert one.image.shape == SHAPE
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert any(progress.rate > 0 and progress.seconds_left for progress in told)
    last = told[-1]
    assert (last.finished, last.chains, last.failed, last.fraction) == (4, 4, 0, 1.0)
    assert (last.swaps, last.seconds_left) == (4 * 100 * 20_000, 0.0)
    assert (last.lowest, last.highest) == (min(energies), max(energies))
    assert last.median == np.median(energies)


def test_killed_workers_change_nothing(target, undisturbed):
    killer = Killer()
    results = reconstruct(target, SHAPE, chains=4, seed=11, schedule=SCHEDULE, progress=killer, patience=OFTEN)
    assert killer.killed
    assert not any(psutil.pid_exists(pid) for pid in killer.killed)
    for result, image in zip(results, undisturbed, strict=True):
        assert np.array_equal(result.image, image)
    stages = [progress.stage for progress in killer.seen if progress.chain == killer.seen[0].chain]
    assert stages == sorted(set(stages))  # no stage lost or made twice


def test_short_chains_go_out_together_and_none_is_lost_when_their_worker_dies(target):
    short = Schedule(stages=2, moves=200)
    killer = Killer(stage=2)
    answers: list[int] = []

    def heard(progress: Progress) -> None:
        answers.append(progress.finished)
        if progress.finished > 20:  # by now there are many in a call
            killer(progress)

    results = reconstruct(target, SHAPE, chains=300, seed=2, schedule=short, progress=heard)
    assert killer.killed
    assert len(answers) < 250  # those that were with others when their worker died go alone
    assert [result.chain for result in results] == list(range(300))
    for k in (0, 150, 299):
        assert np.array_equal(results[k].image, anneal(target, SHAPE, seed=2, chain=k, schedule=short).image)


def test_the_same_call_continues_from_the_checkpoint_folder(tmp_path: Path, target, undisturbed):
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
    assert not list(tmp_path.glob("chain-*.npz"))
    again = reconstruct(target, SHAPE, **settings, progress=told.clear)  # nothing is left to do
    assert [result.energy for result in again] == [result.energy for result in results]
    with pytest.raises(RaysysError, match="another checkpoint folder"):
        reconstruct(target, SHAPE, **settings | {"seed": 12})
    fewer = reconstruct(target, SHAPE, **settings | {"chains": 2})
    assert np.array_equal(fewer[1].image, undisturbed[1])


def test_a_folder_of_an_earlier_release_is_continued(tmp_path: Path):
    """Chains 0 and 3 had ended, chain 2 had made one of its four stages, chain 1 had not begun."""
    folder = shutil.copytree(Path(__file__).with_name("farm_before_jobs"), tmp_path / "chains")
    target, shape, schedule = Target.of_two_point(0.3, np.full(8, 0.09)), (16, 20), Schedule(stages=4, moves=100)
    told: list[Progress] = []
    results = reconstruct(
        target,
        shape,
        chains=4,
        seed=7,
        schedule=schedule,
        checkpoint_folder=folder,
        progress=told.append,
        patience=Patience(checkpoint=0),
    )
    for k, result in enumerate(results):
        assert np.array_equal(result.image, anneal(target, shape, seed=7, chain=k, schedule=schedule).image)
    assert {progress.chain for progress in told} == {1, 2}
    assert [progress.stage for progress in told if progress.chain == 2] == [2, 3, 4]
    assert [path.name for path in folder.glob("chain-*.npz")] == []
    with pytest.raises(RaysysError, match=r"holds chains of other settings \(seed 7 there, 8 here, another target\)"):
        reconstruct(
            target.weighted({"S2": 2.0}), shape, chains=4, seed=8, schedule=schedule, checkpoint_folder=folder
        )  # fmt: skip


def test_volumes_of_three_phases_with_known_voxels_and_several_descriptors(tmp_path: Path):
    volume = np.random.default_rng(0).integers(0, 3, (6, 6, 6)).repeat(2, 0).repeat(2, 1).repeat(2, 2).astype(np.uint8)
    target = Target.from_images(volume[None], {"S2": 1, "L": 0.5}, phase=None, r_max=5)
    fixed = np.ones(volume.shape, bool)
    fixed[3:9, 2:8, 4:10] = False
    settings = {"schedule": Schedule(stages=12, moves=500, levels=2, keep="best"), "known": Known(volume, fixed)}
    results = reconstruct(
        target,
        volume.shape,
        chains=2,
        seed=4,
        **settings,
        checkpoint_folder=tmp_path,
        patience=Patience(checkpoint=0),  # after every stage
        progress=Killer(stage=5),
    )
    for k, result in enumerate(results):
        expected = anneal(target, volume.shape, seed=4, chain=k, **settings)
        assert np.array_equal(result.image, expected.image)
        assert np.array_equal(result.image[fixed], volume[fixed])
        assert np.array_equal(np.bincount(result.image.ravel()), np.bincount(volume.ravel()))


def test_chains_that_cannot_begin_are_told_with_their_reason(target):
    image = np.zeros(SHAPE, np.uint8)
    image[:60] = 1  # more than the whole should hold
    fixed = np.ones(SHAPE, bool)
    fixed[64:70] = False
    with pytest.raises(FarmError, match=r"2 of 2 chains failed \(chain 0: .*free are of one phase"):
        reconstruct(target, SHAPE, chains=2, seed=0, known=Known(image, fixed), workers=1)
