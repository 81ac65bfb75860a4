"""Ctrl-C, SIGTERM, SIGHUP: real processes get a real signal; one line says what is kept and which command goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from mlflow.tracking import MlflowClient
from PIL import Image
from support.launching import Launched
from support.training import own_folder, recipe_file

from raysys.data import gaussian_random_field

__all__ = ["own_folder", "recipe_file"]

SECONDS = 5.0  # until the line is there


def interrupted(command: Launched, *, when: Callable[[], bool], number: signal.Signals = signal.SIGINT) -> str:
    """The line that a command says when a signal comes, the only one; it ends with the code of that signal."""
    command.wait_until(when)
    before = command.log.read_text()
    command.process.send_signal(number)
    end = time.monotonic() + SECONDS
    while not (said := command.log.read_text()[len(before) :]).endswith("\n") and time.monotonic() < end:
        time.sleep(0.02)
    assert command.process.wait(60) == 128 + number
    lines = [line for line in command.log.read_text()[len(before) :].splitlines() if line.startswith("raysys: inter")]
    assert len(lines) == 1, said
    assert "Traceback" not in command.log.read_text()
    assert "*** SIG" not in command.log.read_text()  # Ray's native stack begins so
    return lines[0].replace(f" by {number.name};", ";")


def runs() -> Iterator[tuple[str, str]]:
    for run in MlflowClient(f"sqlite:///{Path.cwd()}/mlflow.db").search_runs(["1"]):
        yield run.info.run_name, run.info.status


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_training_says_its_checkpoint_and_goes_on(recipe_file: Callable[..., Path], number: signal.Signals):
    path = recipe_file(training={"steps": 100_000, "validate_every": 10}, system={"width": 2})
    checkpoints = Path("runs/blobs/train-001")
    with Launched("train", path) as command:
        line = interrupted(command, when=lambda: bool(list(checkpoints.glob("step-*/state.json"))), number=number)
    kept, _, again = line.partition(", to go on: ")
    assert again == f"raysys train {path} --resume"
    assert (Path(kept.split(" is kept in ")[1]) / "state.json").is_file()
    assert dict(runs()) == {"blobs": "KILLED"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_study_of_sweeps_begins_no_later_model(recipe_file: Callable[..., Path], number: signal.Signals):
    """Ray Tune would take Ctrl-C for the end of the sweep, and go on as if all were well."""
    path = recipe_file(
        training={"steps": 100_000, "validate_every": 10},
        sweep={"space": {"system.learning_rate": {"kind": "log-uniform", "low": 1e-4, "high": 1e-3}}, "concurrent": 1},
    )
    models = {name: {"recipe": str(path)} for name in ("one", "two")}
    Path("study.yaml").write_text(yaml.safe_dump({"name": "both", "models": models}))
    begun, checkpoint = Path("out/runs"), "both-one/sweep-001/trials/*/step-*/state.json"
    with Launched("study", "study.yaml", "--trials", 2, "-o", "out") as command:
        line = interrupted(command, when=lambda: bool(list(begun.glob(checkpoint))), number=number)
    assert line.endswith("are kept in out, to go on: raysys study study.yaml --trials 2 -o out --resume")
    assert not (begun / "both-two").exists()
    assert sorted(runs()) == [("sweep of both-one", "KILLED"), ("trial-0000", "KILLED")]


def test_a_large_sample_keeps_its_blocks(own_folder: None, model_folder: Path):
    with Launched("sample", model_folder, "--size", 20_000, "-o", "large.npy") as command:
        line = interrupted(command, when=lambda: Path("large.npy.part.json").is_file())
    again = f"raysys sample {model_folder} --size 20000 -o large.npy"
    assert line == f"raysys: interrupted; the blocks drawn so far are kept beside large.npy, to go on: {again}"
    assert not Path("large.npy").exists()


@pytest.mark.slow
def test_a_sweep_goes_on_after_a_scheduler_has_ended_it(recipe_file: Callable[..., Path]):
    path = recipe_file(
        training={"steps": 100_000, "validate_every": 10},
        sweep={"space": {"system.learning_rate": {"kind": "log-uniform", "low": 1e-4, "high": 1e-3}}, "concurrent": 1},
    )
    begun = lambda: bool(list(Path("runs").glob("blobs/sweep-001/trials/*/step-*/state.json")))  # noqa: E731
    with Launched("sweep", path, "--trials", 2) as command:
        line = interrupted(command, when=begun, number=signal.SIGTERM)
    assert line.endswith(f"to go on from their checkpoints: raysys sweep {path} --trials 2 --resume")
    assert sorted(runs()) == [("sweep of blobs", "KILLED"), ("trial-0000", "KILLED")]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_farm_goes_on_to_the_same_images(own_folder: None, tmp_path: Path, number: signal.Signals):
    np.save("tiles.npy", gaussian_random_field((64, 64), correlation_length=2.0, phase_fraction=0.4, seed=1, n=4))
    asked = ("anneal", "tiles.npy", "--chains", 2, "--shape", 192, 192, "--phase", 1, "--out", "out", "--workers", 1)
    with Launched(*asked) as command:
        line = interrupted(command, when=lambda: bool(list(Path("out").rglob("*.npz"))), number=number)
    again = f"raysys {' '.join(map(str, asked))}"
    assert line == f"raysys: interrupted; what the chains had reached is kept in out, to go on: {again}"
    assert {status for _, status in runs()} <= {"KILLED"}
    assert not list(Path("out").glob("images*"))


@pytest.mark.slow
def test_a_synthesis_that_a_scheduler_ends_leaves_no_half_picture(own_folder: None):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (96, 96), np.uint8)).save("a.png")
    asked = ("synthesise", "a.png", "--method", "quilting", "--size", 3000, "--variations", 30, "-o", "more")
    with Launched(*asked) as command:
        line = interrupted(command, when=lambda: Path("more.pictures").is_dir(), number=signal.SIGTERM)
    assert line.endswith(
        "is kept in more.pictures, to go on: raysys synthesise a.png --method quilting --size 3000 "
        "--variations 30 -o more"
    )
    assert not Path("more").exists()


@pytest.mark.slow
def test_the_demo_is_ended_as_its_training_is(own_folder: None):
    begun = Path("demo/runs/gravel/sweep-001/run.json")
    with Launched("demo", "--quick") as command:
        line = interrupted(command, when=begun.is_file, number=signal.SIGTERM)
    assert line.endswith("are kept in demo; from the beginning: raysys demo --quick")
    assert {status for _, status in runs()} == {"KILLED"}


def test_a_comparison_says_that_nothing_was_written(own_folder: None):
    real, other = (
        gaussian_random_field((48, 48), correlation_length=2.0, phase_fraction=0.4, seed=s, n=16) for s in (1, 2)
    )
    np.save("real.npy", real)
    np.save("other.npy", other)
    asked = ("compare", "real.npy", "--images", "o=other.npy", "--power", "full", "--no-track")
    with Launched(*asked) as command:
        line = interrupted(command, when=lambda: "Reference: " in command.log.read_text())
    assert line == f"raysys: interrupted; nothing was written, the whole again: raysys {' '.join(asked)}"
    assert {path.name for path in Path.cwd().iterdir()} == {command.log.name, "other.npy", "real.npy"}
