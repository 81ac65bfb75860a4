"""What every order must keep to, as checks that a test runs over orders: each is called with one and a new folder.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    @pytest.mark.parametrize("make", [my_order], ids=lambda make: make.__name__)
    def test_orders_conform(check, make, tmp_path):
        check(make(), tmp_path)

An order for these checks has jobs of five steps or more that take some ten milliseconds each, and can be pickled.
Checks that run a farm want a Ray of two CPUs or more that is connected, and they really kill workers and drivers.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.farm.altered import Changed, Failing, Mortal, Needing
from raysys.farm.archive import read_archive, write_archive
from raysys.farm.driver import run
from raysys.farm.failure import FarmError
from raysys.farm.folder import Folder
from raysys.farm.order import Order, State
from raysys.farm.patience import Patience
from raysys.farm.progress import Progress
from raysys.farm.resources import Resources

__all__ = ["CHECKS"]

OFTEN = Patience(checkpoint=0)  # after each step
FATAL = 3  # the step at which workers and drivers are killed: some steps are kept by then, and some are left
LONGEST = 120.0  # seconds that a driver is given to come to its death


def results_do_not_depend_on_cuts(order: Order[Any], folder: Path) -> None:
    """A job that is written to disk and taken up again after each step ends as one that is not."""
    job, steps = order.begin(1), 0
    while not job.finished:
        job.advance(0)
        steps += 1
        state = job.state()
        assert (job.standing.step, order.standing(state)) == (steps, job.standing), "the state stands elsewhere"
        job = order.resume(1, _through_a_file(state, folder))
        assert job.standing == order.standing(state), "taken up, it stands elsewhere"
    assert steps > FATAL, "its jobs have too few steps for these checks"
    _check_equal(order, [job.result()], [alone(order, 1)])


def a_state_is_left_alone(order: Order[Any], folder: Path) -> None:
    """A state that was kept does not change when its job goes on, and none is changed by taking it up."""
    job = order.begin(0)
    job.advance(0)
    description, arrays = job.state()
    before = pickle.dumps((description, arrays))
    job.advance(0)
    for array in arrays.values():
        array.setflags(write=False)  # as those are that come through Ray
    order.resume(0, (description, arrays)).advance(0)
    assert pickle.dumps((description, arrays)) == before


def results_are_kept_exactly(order: Order[Any], folder: Path) -> None:
    """Results come out of a folder as they went in, also several of a file, and they stand where their jobs did."""
    ended = {number: alone(order, number) for number in (2, 0)}
    kept = Folder(folder, order)
    kept.open(3)
    kept.end(ended)
    _, results = Folder(folder, order).open(3)
    assert sorted(results) == [0, 2]
    _check_equal(order, [results[number] for number in ended], list(ended.values()))


def equal_orders_have_one_signature(order: Order[Any], folder: Path) -> None:
    """The signature is text, and a copy of the order in another process has the same."""
    signature = order.signature()
    assert signature
    assert all(isinstance(word, str) for item in signature.items() for word in item)
    assert set(order.opaque) <= set(signature)
    assert _signature_elsewhere(order) == signature


def results_do_not_depend_on_workers(order: Order[Any], folder: Path) -> None:
    """Two workers make what is made without a farm; each result is told as it comes, and progress goes on."""
    heard: list[Progress] = []
    told: list[Any] = []
    made = run(order, 4, workers=2, progress=heard.append, finished=told.append, patience=OFTEN)
    _check_equal(order, made, [alone(order, number) for number in range(4)])
    assert len(told) == 4
    assert max(progress.workers for progress in heard) <= 2
    fractions = [progress.fraction for progress in heard]
    assert fractions == sorted(fractions)
    assert (heard[-1].finished, heard[-1].fraction) == (4, 1.0)


def a_killed_worker_changes_nothing(order: Order[Any], folder: Path) -> None:
    """A worker is killed within a step: its job goes on from its last checkpoint, to the same result."""
    heard: list[Progress] = []
    mortal = Mortal(order, FATAL, folder / "death")
    made = run(mortal, 2, workers=1, progress=heard.append, patience=OFTEN)
    assert (folder / "death").exists(), "nobody was killed"
    _check_equal(order, made, [alone(order, number) for number in range(2)])
    for number in range(2):
        steps = [progress.step for progress in heard if progress.job == number]
        assert steps == list(range(1, len(steps) + 1)), "a step that was kept was made again, or one was left out"


def a_killed_driver_is_continued(order: Order[Any], folder: Path) -> None:
    """The process that drives a farm is killed: the same call goes on where it stood, to the same results."""
    context = multiprocessing.get_context("spawn")
    driver = context.Process(target=_drive_until_killed, args=(order, 2, folder, _address()))
    driver.start()
    driver.join(LONGEST)
    driver.kill()
    driver.join()
    assert driver.exitcode == -signal.SIGKILL
    held = Folder(folder, order).check()
    assert held is not None
    assert (held.jobs, held.ended, held.running) == (2, 0, 1)
    heard: list[Progress] = []
    made = run(order, 3, workers=1, checkpoint_folder=folder, progress=heard.append, patience=OFTEN)
    _check_equal(order, made, [alone(order, number) for number in range(3)])
    assert (heard[0].job, heard[0].step) == (0, FATAL + 1), "it did not go on where it stood"
    heard.clear()
    again = run(order, 2, checkpoint_folder=folder, progress=heard.append)
    _check_equal(order, again, made[:2])
    assert not heard, "there was nothing left to do"
    held = Folder(folder, order).check()
    assert held is not None
    assert (held.jobs, held.ended, held.running) == (2, 3, 0)


def other_settings_are_refused(order: Order[Any], folder: Path) -> None:
    """Jobs of another signature are never mixed with those of a folder, whichever part differs."""
    Folder(folder, order).open(1)
    for part in order.signature():
        message = _refusal(lambda: run(Changed(order, part), 1, checkpoint_folder=folder))  # noqa: B023
        assert f"{folder}: holds {order.nouns.jobs} of other settings" in message, message
        assert order.opaque.get(part, part) in message, message


def a_folder_has_one_driver(order: Order[Any], folder: Path) -> None:
    """While a driver is at work in a folder, another one is refused."""
    with Folder(folder, order).lock:
        message = _refusal(lambda: run(order, 1, checkpoint_folder=folder))
    assert f"process {os.getpid()} on " in message, message
    assert f"makes {order.nouns.jobs} in it; allowed:" in message, message


def a_failing_job_does_not_take_others_along(order: Order[Any], folder: Path) -> None:
    """A job that raises is reported with its reason, and the others end."""
    error = _error(lambda: run(Failing(order, 1, "this one fails"), 3, workers=1, patience=OFTEN))
    assert isinstance(error, FarmError)
    assert error.failed == {1: "this one fails"}
    assert f"1 of 3 {order.nouns.jobs} failed ({order.nouns.job} 1: this one fails)" in str(error)
    _check_equal(order, error.results, [alone(order, 0), alone(order, 2)])


def resources_are_honoured(order: Order[Any], folder: Path) -> None:
    """Where one worker needs all CPUs, there is one at a time; one that needs more than there is never begins."""
    import ray

    cpus = ray.cluster_resources()["CPU"]
    heard: list[Progress] = []
    made = run(Needing(order, Resources(cpus)), 2, workers=2, progress=heard.append, patience=OFTEN)
    _check_equal(order, made, [alone(order, 0), alone(order, 1)])
    assert {progress.workers for progress in heard} <= {0, 1}
    message = _refusal(lambda: run(Needing(order, Resources(cpus + 1)), 1))
    assert f"{order.nouns.work} needs 1 worker of {cpus + 1:g} CPUs each" in message, message


CHECKS: tuple[Callable[[Order[Any], Path], None], ...] = (
    results_do_not_depend_on_cuts,
    a_state_is_left_alone,
    results_are_kept_exactly,
    equal_orders_have_one_signature,
    results_do_not_depend_on_workers,
    a_killed_worker_changes_nothing,
    a_killed_driver_is_continued,
    other_settings_are_refused,
    a_folder_has_one_driver,
    a_failing_job_does_not_take_others_along,
    resources_are_honoured,
)


def alone(order: Order[Any], number: int) -> Any:
    """The result of a job that was made here, without a farm and in one go."""
    job = order.begin(number)
    while not job.finished:
        job.advance(60.0)
    return job.result()


def _check_equal(order: Order[Any], made: Sequence[Any], expected: Sequence[Any]) -> None:
    """Results are equal if they stand where they should and all that is kept of them in arrays is equal.

    Rows are not compared: they may hold times.
    """
    assert len(made) == len(expected)
    for one, other in zip(made, expected, strict=True):
        assert order.standing_of_result(one) == order.standing_of_result(other)
        (_, arrays), (_, others) = order.pack([one]), order.pack([other])
        assert arrays.keys() == others.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, others[name], err_msg=name)


def _through_a_file(state: State, folder: Path) -> State:
    description, arrays = state
    write_archive(folder / "state.npz", "a state", {"state": description}, arrays)
    read, held = read_archive(folder / "state.npz", "a state")
    return read["state"], held


def _refusal(action: Callable[[], Any]) -> str:
    """The one sentence with which an action is refused."""
    message = str(_error(action))
    assert "\n" not in message
    return message


def _error(action: Callable[[], Any]) -> RaysysError:
    try:
        action()
    except RaysysError as error:
        return error
    raise AssertionError("it was not refused")


def _signature_elsewhere(order: Order[Any]) -> dict[str, str]:
    import ray

    elsewhere: Any = ray.remote(num_cpus=0)(lambda there: there.signature())
    return dict(ray.get(elsewhere.remote(order)))


def _address() -> str:
    import ray

    return str(ray.get_runtime_context().gcs_address)


def _drive_until_killed(order: Order[Any], jobs: int, folder: Path, address: str) -> None:
    """A process that drives a farm and is killed by its own hand, as by any other: without a moment's notice."""

    def die(progress: Progress) -> None:
        if progress.step >= FATAL:
            os.kill(os.getpid(), signal.SIGKILL)

    run(order, jobs, workers=1, checkpoint_folder=folder, address=address, progress=die, patience=OFTEN)
