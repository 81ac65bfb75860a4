"""A tracking server that is away for a while: numbers wait on disk and arrive in order, once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from support.launching import Launched
from support.mlflow_server import Server
from support.recorder import trained

from raysys.train.loop import run_training
from raysys.train.session import LocalSession
from raysys.train.tracking import Tracker, ending_run, start_run

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:MLflow's server does not answer")]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "server") as found:
        yield found


def history(client: MlflowClient, run_id: str, name: str) -> list[tuple[int, float]]:
    return [(metric.step, metric.value) for metric in client.get_metric_history(run_id, name)]


def test_a_training_goes_on_without_its_server_and_nothing_is_lost_or_doubled(tiny, server: Server, tmp_path: Path):
    recipe, folder = tiny(), tmp_path / "run"
    run_id = start_run("one", experiment="raysys", uri=server.uri)
    tracker = Tracker(run_id, server.uri, folder=folder)
    tracker.log(0, {"before": 1.0})
    tracker.flush()
    server.kill()
    progress = run_training(recipe, LocalSession(folder), tracker=tracker)
    assert progress.step == 8  # and it has taken no longer for it than the waiting after each validation
    # As its process ends, what it has said is on the disk, and the driver sends it when the server is there again.
    again = threading.Thread(target=lambda: (time.sleep(3), server.start()))
    again.start()
    with ending_run(run_id, server.uri, folder):
        pass
    again.join()
    whole, told, _ = trained(recipe, "whole")
    assert whole == progress
    client = MlflowClient(server.uri)
    assert client.get_run(run_id).info.status == "FINISHED"
    names = {name for values in told.told.values() for name in values}
    assert names | {"before"} == set(client.get_run(run_id).data.metrics)
    for name in names:
        expected = [(step, values[name]) for step, values in sorted(told.told.items()) if name in values]
        assert history(client, run_id, name) == expected
    # The tracker of the training, whose process is this one, has sent the same: MLflow keeps it once.
    tracker.flush()
    assert history(client, run_id, "before") == [(0, 1.0)]


@pytest.mark.timeout(900)
def test_a_sweep_outlives_a_server_that_is_away(recipe_file, server: Server):
    space = {"system.learning_rate": {"kind": "log-uniform", "low": 1e-4, "high": 1e-2}}
    steps = {"steps": 300, "validate_every": 50, "log_every": 50}
    plan = {"trials": 3, "concurrent": 1, "searcher": "random", "stop_hopeless": False, "space": space}
    path = recipe_file(training=steps, sweep=plan, tracking={"uri": server.uri})
    with Launched("sweep", path, "--address", "local") as command:
        command.wait_until(lambda: bool(list(Path("runs").glob("*/sweep-001/trials/trial-0000/step-*"))))
        server.kill()
        time.sleep(30)
        assert command.process.poll() is None
        server.start()
        assert "models:/blobs/1" in command.succeed()
    (noted,) = (json.loads(file.read_text()) for file in Path("runs").glob("*/sweep-001/run.json"))
    client = MlflowClient(server.uri)
    experiment = client.get_run(noted["run_id"]).info.experiment_id
    runs = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{noted['run_id']}'")
    assert sorted(run.data.tags["trial_id"] for run in runs) == ["0", "1", "2"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len({len(run.data.params) for run in runs}) == 1
    for run in runs:
        for name in ("descriptor_error", "critic_loss"):
            assert [step for step, _ in history(client, run.info.run_id, name)] == [50, 100, 150, 200, 250, 300]
