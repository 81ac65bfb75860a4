"""Ctrl-C: real processes get a real signal; one line says what is kept and which command goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from mlflow.tracking import MlflowClient
from support.launching import Launched
from support.training import own_folder, recipe_file

__all__ = ["own_folder", "recipe_file"]

SECONDS = 5.0  # until the line is there


def interrupted(command: Launched, *, when: Callable[[], bool]) -> str:
    """The line that a command says when Ctrl-C comes, the only one; it ends with code 130."""
    command.wait_until(when)
    before = command.log.read_text()
    command.process.send_signal(signal.SIGINT)
    end = time.monotonic() + SECONDS
    while not (said := command.log.read_text()[len(before) :]).endswith("\n") and time.monotonic() < end:
        time.sleep(0.02)
    assert command.process.wait(60) == 130
    lines = [line for line in command.log.read_text()[len(before) :].splitlines() if line.startswith("raysys: inter")]
    assert lines, said
    assert "Traceback" not in command.log.read_text()
    return lines[0]


def runs() -> Iterator[tuple[str, str]]:
    for run in MlflowClient(f"sqlite:///{Path.cwd()}/mlflow.db").search_runs(["1"]):
        yield run.info.run_name, run.info.status


@pytest.mark.slow
def test_a_training_says_its_checkpoint_and_goes_on(recipe_file: Callable[..., Path]):
    path = recipe_file(training={"steps": 100_000, "validate_every": 10}, system={"width": 2})
    checkpoints = Path("runs/blobs/train-001")
    with Launched("train", path) as command:
        line = interrupted(command, when=lambda: bool(list(checkpoints.glob("step-*/state.json"))))
    kept, _, again = line.partition(", to go on: ")
    assert again == f"raysys train {path} --resume"
    assert (Path(kept.split(" is kept in ")[1]) / "state.json").is_file()
    assert dict(runs()) == {"blobs": "KILLED"}


@pytest.mark.slow
def test_a_study_of_sweeps_begins_no_later_model(recipe_file: Callable[..., Path]):
    """Ray Tune would take Ctrl-C for the end of the sweep, and go on as if all were well."""
    path = recipe_file(
        training={"steps": 100_000, "validate_every": 10},
        sweep={"space": {"system.learning_rate": {"kind": "log-uniform", "low": 1e-4, "high": 1e-3}}, "concurrent": 1},
    )
    models = {name: {"recipe": str(path)} for name in ("one", "two")}
    Path("study.yaml").write_text(yaml.safe_dump({"name": "both", "models": models}))
    begun, checkpoint = Path("out/runs"), "both-one/sweep-001/trials/*/step-*/state.json"
    with Launched("study", "study.yaml", "--trials", 2, "-o", "out") as command:
        line = interrupted(command, when=lambda: bool(list(begun.glob(checkpoint))))
    assert line.endswith("are kept in out, to go on: raysys study study.yaml --trials 2 -o out --resume")
    assert not (begun / "both-two").exists()
    assert sorted(runs()) == [("sweep of both-one", "KILLED"), ("trial-0000", "KILLED")]


def test_a_large_sample_keeps_its_blocks(own_folder: None, model_folder: Path):
    with Launched("sample", model_folder, "--size", 20_000, "-o", "large.npy") as command:
        line = interrupted(command, when=lambda: Path("large.npy.part.json").is_file())
    again = f"raysys sample {model_folder} --size 20000 -o large.npy"
    assert line == f"raysys: interrupted; the blocks drawn so far are kept beside large.npy, to go on: {again}"
    assert not Path("large.npy").exists()
