"""Where MLflow's runs are: several processes at once, other programs, what was deleted, folders of any name."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mlflow.tracking import MlflowClient

from raysys.errors import RaysysError
from raysys.models.patience import patiently
from raysys.models.registry import tracking_location
from raysys.train.folders import run_of_checkpoint
from raysys.train.run_facts import runs_page
from raysys.train.tracking import Tracker, continue_run, link_runs, start_run

BEGIN = "from raysys.train.tracking import start_run; print(start_run('one', experiment='raysys', parameters={'a': 1}))"


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database with its tables, which take seconds to make."""
    folder = tmp_path_factory.mktemp("store")
    MlflowClient(f"sqlite:///{folder}/mlflow.db")
    return folder / "mlflow.db"


@pytest.fixture
def client(own_folder: None, empty_store: Path) -> MlflowClient:
    """MLflow remembers stores by their address, so that one without a folder may be another test's."""
    shutil.copy(empty_store, "mlflow.db")
    return MlflowClient(tracking_location())


@pytest.mark.slow
def test_three_processes_that_begin_at_once_in_an_empty_folder():
    begun = [
        subprocess.Popen([sys.executable, "-c", BEGIN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate() for process in begun]
    assert [process.returncode for process in begun] == [0, 0, 0], said
    runs = MlflowClient(tracking_location()).search_runs(["1"])
    assert {run.info.run_id for run in runs} == {out.strip() for out, _ in said}


def test_numbers_wait_while_another_program_has_the_database(client: MlflowClient):
    """Training, which calls `log`, goes on; what it has said arrives when the database is free, in its order."""
    run_id = start_run("one", experiment="raysys")
    tracker = Tracker(run_id)
    other = sqlite3.connect("mlflow.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for step in range(1200):  # several batches
        tracker.log(step, {"loss": float(step)})
    other.execute("COMMIT")
    other.close()
    tracker.flush()
    assert [metric.value for metric in client.get_metric_history(run_id, "loss")] == list(range(1200))


def test_a_locked_database_is_waited_for():
    other = sqlite3.connect("one.db", isolation_level=None)
    other.execute("CREATE TABLE numbers (value)")
    other.execute("BEGIN EXCLUSIVE")
    asked = []

    def write() -> int:
        asked.append(1)
        if len(asked) == 3:
            other.execute("COMMIT")
        with sqlite3.connect("one.db", timeout=0) as store:
            return store.execute("INSERT INTO numbers VALUES (7)").rowcount

    with pytest.warns(UserWarning, match="another program has locked MLflow's database"):
        assert patiently(write) == 1
    assert len(asked) == 3


@pytest.mark.slow
def test_half_a_minute_is_waited_out(client: MlflowClient):
    """Longer than MLflow itself waits."""
    run_id = start_run("one", experiment="raysys")
    hold = "import sqlite3, time; s = sqlite3.connect('mlflow.db', isolation_level=None); s.execute('BEGIN EXCLUSIVE')"
    hold += "; print('held', flush=True); time.sleep(25); s.execute('COMMIT')"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.warns(UserWarning, match="locked"):
            Tracker(run_id).finish()
    assert client.get_run(run_id).info.status == "FINISHED"


def test_a_database_on_a_full_disk_is_one_sentence(client: MlflowClient):
    """A file that may not grow stands for a full disk."""
    tracker, limits = Tracker(start_run("one", experiment="raysys")), resource.getrlimit(resource.RLIMIT_FSIZE)
    numbers = {f"loss_{k}": 1.0 for k in range(2000)}
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path("mlflow.db").stat().st_size, limits[1]))
    try:
        tracker.log(1, numbers)  # sent beside the training, which hears of it next
        with pytest.raises(RaysysError, match="MLflow's database cannot be written: "):
            tracker.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    tracker.flush()  # what waited is not lost
    assert numbers.keys() <= client.get_run(tracker.run_id).data.metrics.keys()


def test_an_experiment_in_the_trash_is_one_sentence(client: MlflowClient):
    client.delete_experiment(client.create_experiment("raysys"))
    with pytest.raises(RaysysError, match=r"'raysys' lies in MLflow's trash; restore it .* --experiment-id 1"):
        start_run("one", experiment="raysys")
    client.restore_experiment("1")
    start_run("one", experiment="raysys")


def test_a_deleted_run_is_not_gone_on_with(client: MlflowClient):
    run_id = start_run("one", experiment="raysys")
    client.delete_run(run_id)
    with pytest.raises(RaysysError, match=f"run {run_id} lies in MLflow's trash"):
        continue_run(run_id)
    with pytest.raises(RaysysError, match="MLflow has no run 0123"):
        continue_run("0123")


@pytest.mark.parametrize(("name", "sign"), [("what?", r"'\?'"), ("a%20b", "'%20'")])
def test_a_folder_whose_name_means_something_in_an_address_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sign: str
):
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    with pytest.raises(RaysysError, match=f"{sign} in its name.*tracking.uri"):
        start_run("one", experiment="raysys")
    assert [path.name for path in tmp_path.rglob("*")] == [name]  # and nothing beside it either
    assert tracking_location("http://127.0.0.1:5000") == "http://127.0.0.1:5000"


def test_other_folders_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_store: Path):
    folder = tmp_path / "Schliff #3 100% [ä]; a&b"
    folder.mkdir()
    shutil.copy(empty_store, folder)
    monkeypatch.chdir(folder)
    run_id = start_run("one", experiment="raysys")
    (folder / "note.txt").write_text("seen")
    Tracker(run_id).artifact(folder / "note.txt")
    assert sorted(path.name for path in folder.iterdir()) == ["mlartifacts", "mlflow.db", "note.txt"]


def test_a_folder_that_cannot_be_written_is_one_sentence_at_once(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(RaysysError, match="cannot be made, since its folder cannot be written to"):
        start_run("one", experiment="raysys", uri=f"sqlite:///{tmp_path}/file/mlflow.db")


def test_a_run_says_what_it_is_by_which_command_and_of_which_data(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "argv", ["/opt/bin/raysys", "train", "my recipe.yaml"])
    provenance = {"source": "/data/rock.tif", "sha256": "0123456789abcdef" * 4, "tiles_train": 12}
    many = {f"p{k}": k for k in range(230)}
    run = client.get_run(
        start_run("one", experiment="raysys", description="A *run*.", data=provenance, parameters=many)
    )
    assert run.data.tags["mlflow.note.content"] == "A *run*."
    assert run.data.tags["mlflow.source.name"] == "raysys train 'my recipe.yaml'"
    assert run.data.params == {name: str(value) for name, value in many.items()}
    (used,) = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("rock.tif", "0123456789abcdef")
    assert json.loads(used.dataset.profile)["tiles_train"] == 12


def test_a_run_and_the_sweep_that_it_goes_on_from_name_each_other(client: MlflowClient, tmp_path: Path):
    sweep, trial, further = (start_run(name, experiment="raysys", description=name) for name in ("S", "T", "F"))
    folder = tmp_path / "sweep-001"
    checkpoint = folder / "trials" / "trial-0003" / "step-00000010"
    checkpoint.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"run_id": sweep, "trials": {"3": trial}}))
    earlier = run_of_checkpoint(checkpoint)
    assert earlier == {"trial": trial, "sweep": sweep}
    link_runs(further, earlier)
    tags = {run_id: client.get_run(run_id).data.tags for run_id in (sweep, trial, further)}
    assert (tags[further]["raysys.from_trial"], tags[further]["raysys.from_sweep"]) == (trial, sweep)
    assert tags[sweep]["raysys.trained_further"] == tags[trial]["raysys.trained_further"] == further
    assert f"](#/experiments/1/runs/{further})" in tags[sweep]["mlflow.note.content"]
    assert f"](#/experiments/1/runs/{sweep})" in tags[further]["mlflow.note.content"]
    assert run_of_checkpoint(tmp_path) == {}


def test_the_newest_pictures_of_a_trial_are_kept_with_its_sweep(client: MlflowClient):
    trial, sweep = (start_run(name, experiment="raysys") for name in ("T", "S"))
    tracker = Tracker(trial)
    for step in (2, 10):
        tracker.picture(step, "samples", np.full((2, 2), step, np.uint8))
    tracker.flush()
    Tracker(sweep).pictures_of(trial)
    kept = [file.path for file in client.list_artifacts(sweep, "pictures/samples")]
    assert kept == ["pictures/samples/step-00000010.png"]


def test_the_address_is_that_of_the_trainings():
    page = "#/experiments/7/runs?workflowType=machine_learning"
    assert runs_page("http://host:5000/", "7") == f"http://host:5000/{page}"
    command, _, address = runs_page("sqlite:////a b/mlflow.db", "7").partition(", then ")
    assert command == "mlflow ui --backend-store-uri 'sqlite:////a b/mlflow.db'"
    assert address == f"http://127.0.0.1:5000/{page}"
