"""A farm on a Ray of two CPUs and a GPU: deaths, deadlines and full clusters, of jobs that are of no interest."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from support.walking import Stroll, Walk

from raysys import RaysysError
from raysys.cluster import ONE_THREAD
from raysys.farm import FarmError, Patience, Progress, Resources, run
from raysys.farm.conformance import alone

pytestmark = pytest.mark.usefixtures("ray")
OFTEN = Patience(checkpoint=0)


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
    """Kills all workers once, when so many jobs have ended."""

    def __init__(self, finished: int = 0) -> None:
        self.finished = finished
        self.killed: list[int] = []
        self.seen: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)
        if not self.killed and progress.finished >= self.finished:
            for process in workers_of_this_ray():
                os.kill(process.pid, signal.SIGKILL)
                self.killed.append(process.pid)


def test_short_jobs_go_out_together_and_none_is_lost_when_their_worker_dies():
    order, killer = Stroll(stretches=2), Killer(finished=20)  # by then there are many in a call
    results = run(order, 300, workers=1, progress=killer)
    assert killer.killed
    assert not any(psutil.pid_exists(pid) for pid in killer.killed)
    assert len(killer.seen) < 250
    assert results == [alone(order, number) for number in range(300)]


def test_a_job_whose_workers_always_die_is_reported_with_the_results_of_the_others():
    order, killer = Stroll(pause=0.05), Killer()
    with pytest.raises(FarmError, match=r"strolling: 1 of 3 walks failed \(walk 0: its worker died \(") as caught:
        run(order, 3, workers=1, progress=killer, patience=Patience(checkpoint=0, attempts=1))
    assert list(caught.value.failed) == [0]
    assert caught.value.results == [alone(order, 1), alone(order, 2)]
    assert killer.seen[-1].failed == 1


def test_a_deadline_and_a_folder_report_what_is_missing_and_how_to_go_on(tmp_path):
    with pytest.raises(FarmError, match=rf"3 of 3 walks failed .*deadline.*checkpoint folder {tmp_path}") as caught:
        run(Stroll(pause=60), 3, deadline=0.5, checkpoint_folder=tmp_path)
    assert caught.value.failed == dict.fromkeys(range(3), "the deadline came first")
    assert caught.value.results == []


def test_a_worker_that_gives_no_answer_is_taken_for_dead():
    with pytest.raises(FarmError, match=r"no answer for 0\.3 s"):
        run(Stroll(pause=60), 1, patience=Patience(answer=0.3, attempts=1))


def test_a_full_cluster_is_told_as_such():
    import ray

    @ray.remote(num_cpus=2)
    class Occupant:
        def here(self) -> bool:
            return True

    occupant = Occupant.remote()
    assert ray.get(occupant.here.remote(), timeout=60)
    try:
        with pytest.raises(RaysysError, match="strolling: no worker got a CPU within 1 s; the cluster has 2 CPUs, of"):
            run(Stroll(), 2, patience=Patience(start=1.0))
    finally:
        ray.kill(occupant)


class Telling(Stroll):
    """Its jobs fail, and their reason is what their worker has got."""

    def begin(self, number: int) -> Walk:
        import ray

        threads = {os.environ[name] for name in ONE_THREAD}
        raise RaysysError(json.dumps([sorted(threads), ray.get_gpu_ids()]))


def test_a_worker_has_a_gpu_or_a_thread_for_each_cpu_as_its_order_says():
    for resources, got in ((Resources(1, 1), [["1"], [0]]), (Resources(2), [["2"], []])):
        with pytest.raises(FarmError) as caught:
            run(Telling(resources=resources), 1)
        assert json.loads(caught.value.failed[0]) == got


def test_workers_that_share_one_gpu_wait_for_each_other():
    heard: list[Progress] = []
    order = Stroll(pause=0.02, resources=Resources(0.5, 1))
    results = run(order, 2, workers=2, progress=heard.append, patience=OFTEN)
    assert results == [alone(order, number) for number in range(2)]
    assert {progress.workers for progress in heard} <= {0, 1}
    assert any(progress.pending for progress in heard)


def test_an_order_that_no_worker_can_read_is_told_with_its_reason(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("from support.walking import Stroll\nclass Mine(Stroll): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    from only_here import Mine  # what is on the path of this process alone

    expected = "strolling: no worker outlives its start, 2 in a row .*No module named 'only_here'"
    with pytest.raises(RaysysError, match=expected):
        run(Mine(), 1, workers=1, patience=Patience(attempts=2))


@pytest.mark.parametrize("numbers", [{"jobs": 0}, {"jobs": 1, "workers": 0}])
def test_at_least_one_job_and_worker(numbers):
    with pytest.raises(RaysysError, match=r"strolling: \d walks on .* workers; allowed: at least one of each"):
        run(Stroll(), **numbers)


def test_an_interrupted_driver_lets_its_workers_go():
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Stroll(pause=0.01), 2, progress=stop, patience=OFTEN)
    deadline = time.monotonic() + 30
    while workers_of_this_ray():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_to_load_the_room_does_not_load_the_platform(tmp_path: Path):
    code = "import raysys.anneal, raysys.farm, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"ray", "torch", "optuna", "mlflow", "raysys.farm.driver", "raysys.farm.dispatch"} & set(loaded)
