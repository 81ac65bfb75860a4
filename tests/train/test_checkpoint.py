"""Checkpoints that are not as they were written: told, set aside, and the older whole one gone on from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from support.recorder import trained

from raysys.errors import RaysysError
from raysys.files import sha256
from raysys.train.checkpoint import damage, load_checkpoint
from raysys.train.loop import run_training
from raysys.train.session import LocalSession, best_checkpoint, is_complete, newest_checkpoint

TENSORS, DESCRIPTION = "state.safetensors", "state.json"


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)


@pytest.fixture
def run(tiny: Callable, tmp_path: Path) -> Path:
    """A training with its checkpoints of steps 4 and 8, both kept."""
    folder = tmp_path / "run"
    run_training(tiny(training={"steps": 4}), LocalSession(folder))
    early = {file: file.read_bytes() for file in (folder / "step-00000004").iterdir()}
    run_training(tiny(), LocalSession(folder))
    for file, content in early.items():
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("name", "harm", "sign"),
    [
        (TENSORS, cut, "file not fully covered"),
        (TENSORS, flip, "its sha256 differs from the one in state.json"),
        (DESCRIPTION, cut, "line"),
    ],
)
def test_training_goes_on_from_the_newest_one_that_is_whole(
    tiny: Callable, run: Path, name: str, harm: Callable[[Path], None], sign: str
):
    harm(run / "step-00000008" / name)
    with pytest.raises(RaysysError, match="no readable training checkpoint"):
        load_checkpoint(run / "step-00000008", {})
    with pytest.warns(UserWarning, match=rf"step-00000008: the checkpoint is damaged \(.*{sign}.*now called damaged-"):
        progress = run_training(tiny(), LocalSession(run))
    assert progress.step == 8
    assert (run / "damaged-step-00000008" / name).is_file()
    whole, _, tensors = trained(tiny(), "whole")
    again = load_file(run / "step-00000008" / TENSORS)
    assert whole == progress
    assert all(torch.equal(tensors[key], again[key]) for key in tensors)


def test_what_a_kill_has_cut_off_is_no_checkpoint(run: Path):
    (run / "step-00000008" / TENSORS).unlink()
    (run / ".step-00000012-abc").mkdir()
    assert newest_checkpoint(run) == best_checkpoint(run) == run / "step-00000004"
    assert not is_complete(run, 8)
    with LocalSession(run).last_checkpoint() as newest:
        assert newest == run / "step-00000004"
    assert [path.name for path in run.iterdir()] == ["step-00000004"]


def test_checkpoints_carry_the_checksum_of_their_tensors_and_older_ones_without_it_are_read(run: Path):
    folder = run / "step-00000008"
    described = json.loads((folder / DESCRIPTION).read_text())
    assert described.pop("sha256") == sha256(folder / TENSORS)
    (folder / DESCRIPTION).write_text(json.dumps(described))
    assert damage(folder) == ""
    assert load_checkpoint(folder, {}).step == 8
