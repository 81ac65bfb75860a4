"""What runs, as its folders say; real drivers, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from support.walking import Stroll

from raysys.errors import RaysysError
from raysys.farm import Folder
from raysys.farm.conformance import alone
from raysys.operations import status, stop
from raysys.operations.doctor import Finding, doctor, shared_memory, storage_found, token, tracking

# A driver: holds the lock of a folder until it is told to end, or for ever if it is deaf.
DRIVER = """
import signal, sys, time
from pathlib import Path
from raysys.lock import Lock
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with Lock(Path(sys.argv[1])):
    print("at work", flush=True)
    time.sleep(600)
"""
ORDER = Stroll(seed=7)


def driver(folder: Path, manner: str = "polite") -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", DRIVER, folder, manner], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    return process


@pytest.fixture
def farm(tmp_path: Path) -> Folder:
    """Three walks asked for, one ended, one under way."""
    found = Folder(tmp_path / "out" / "walks", ORDER)
    found.open(3)
    found.end({0: alone(ORDER, 0)})
    walk = ORDER.begin(1)
    walk.advance(0)
    found.keep(1, walk.state())
    return found


def test_a_run_that_cannot_be_read_hides_no_other(tmp_path: Path):
    cut, begun = training(tmp_path / "runs" / "a" / "train-001"), training(tmp_path / "runs" / "b" / "sweep-001")
    (cut / "run.json").write_text('{"run_')
    (begun / "study.db").touch()  # a sweep that was killed before its study had tables
    training(tmp_path / "runs" / "c" / "train-001", model="models:/c/1")
    found = {one.folder.parent.name: one for one in status(tmp_path / "runs")}
    assert {name: one.state for name, one in found.items()} == {"a": "damaged", "b": "damaged", "c": "ended"}
    assert "no such table" in found["b"].words


def training(folder: Path, **known: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"run_id": "1", **known}))
    (folder / "recipe.yaml").write_text("name: gravel\nsweep: {trials: 4}\n")
    return folder


def test_every_run_and_farm_is_listed_with_how_far_it_is(farm: Folder, tmp_path: Path):
    one = training(tmp_path / "runs" / "gravel" / "train-001", model="models:/gravel/1")
    (one / "progress.json").write_text(json.dumps({"step": 30, "steps": 30, "best": 1.25}))
    two = training(tmp_path / "runs" / "gravel" / "train-002")
    three = training(tmp_path / "runs" / "gravel" / "sweep-001")
    found = [(one.folder, one.kind, one.state, one.done, one.asked, one.words) for one in status(tmp_path)]
    assert found == [
        (farm.path, "strolling", "interrupted", 1, 3, "1 under way"),
        (three, "sweep", "interrupted", 0, 4, ""),
        (one, "train", "ended", 30, 30, "best 1.25, models:/gravel/1"),
        (two, "train", "interrupted", None, None, ""),
    ]


def test_a_sweep_is_read_as_its_study_has_it(tmp_path: Path):
    folder = training(tmp_path / "sweep-001")
    study = optuna.create_study(storage=f"sqlite:///{folder}/study.db", study_name="sweep")
    for values, state in ([3.0, 2.5], TrialState.COMPLETE), ([9.0], TrialState.PRUNED), ([2.0], None):
        trial = study.ask()
        for step, value in enumerate(values):
            trial.report(value, step)
        if state is not None:
            study.tell(trial, values[-1] if state == TrialState.COMPLETE else None, state=state)
    (found,) = status(tmp_path)
    assert (found.state, found.done, found.asked, found.words) == ("interrupted", 2, 4, "1 under way, best 2")


def test_a_driver_is_seen_and_ended(farm: Folder, tmp_path: Path):
    with driver(farm.path) as process:
        (standing,) = status(tmp_path / "out")
        assert standing.state == "at work"
        assert standing.driver is not None
        assert standing.driver["pid"] == process.pid
        after = stop(tmp_path / "out", seconds=30)  # found below the folder that the command was given
        assert after is not None
        assert (after.folder, after.state, after.done) == (farm.path, "interrupted", 1)
        assert process.wait(10) == -signal.SIGTERM
    with pytest.raises(RaysysError, match="nobody is at work in it; raysys status"):
        stop(tmp_path / "out")


def test_a_driver_that_does_not_end_is_told_of(farm: Folder):
    with driver(farm.path, "deaf") as process:
        with pytest.raises(
            RaysysError, match=rf"process {process.pid} has been told to end and is still at work after"
        ):
            stop(farm.path, seconds=0.3)
        assert process.poll() is None
        process.kill()


def test_a_driver_of_another_machine_is_left_alone(farm: Folder):
    with driver(farm.path) as process:
        farm.lock.path.write_text(json.dumps({"pid": process.pid, "host": "elsewhere", "started": "today"}))
        with pytest.raises(RaysysError, match=r"its driver runs on elsewhere, and this is .*; there: raysys stop"):
            stop(farm.path)
        assert process.poll() is None
        process.kill()


def test_folders_that_are_not_there_are_refused(tmp_path: Path):
    for ask in (status, stop):
        with pytest.raises(RaysysError, match="there is no such folder"):
            ask(tmp_path / "nowhere")


def test_a_damaged_farm_does_not_hide_the_others(farm: Folder, tmp_path: Path):
    (farm.path / "farm.npz").write_bytes(b"")
    (found,) = status(tmp_path)
    assert (found.state, found.driver) == ("damaged", None)


def test_the_doctor_finds_this_machine_fit_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    found = {one.what: one for one in doctor(tmp_path / "runs")}
    assert found["storage"].verdict == found["MLflow"].verdict == found["ray"].verdict == "ok"
    assert found["Ray"] == Finding(
        "Ray", "remark", "no cluster is named (--address, RAY_ADDRESS): each command starts its own Ray"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_says_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    assert storage_found(tmp_path / "file" / "runs").verdict == "bad"
    away = tracking("http://me:secret@127.0.0.1:9")
    assert away.verdict == "bad"
    assert "no server answers at http://***@127.0.0.1:9" in away.words
    assert "secret" not in away.words
    key = tmp_path / "token"
    key.write_text("x")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(key))
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    key.chmod(0o644)
    assert token() == Finding("token", "bad", f"others may read {key}, and so run code on the cluster: chmod 600 {key}")
    key.chmod(0o600)
    assert token().verdict != "bad"
    assert shared_memory(str(tmp_path / "none")).verdict == "remark"
    assert shared_memory(os.sep + "proc").verdict == "bad"  # a file system without any room
