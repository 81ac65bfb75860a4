"""Ray Train's list of checkpoints and what is really there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from ray.train.v2._internal.execution.checkpoint.checkpoint_manager import _CheckpointManagerState

from raysys.train.checkpoint import Progress, save_checkpoint
from raysys.train.ray.snapshot import LIST, follow_what_is_there

ERRORS = {2: 0.9, 4: 0.3, 6: 0.5}  # after these steps


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Three checkpoints, of which the middle one is the best."""
    for step, error in ERRORS.items():
        metrics = {"descriptor_error": error}
        progress = Progress(step, 0.3, 4, metrics)
        save_checkpoint(tmp_path / f"step-{step:08d}", {"net": torch.nn.Linear(2, 2)}, {}, progress)
    return tmp_path


def listed(folder: Path, best_by: str = "descriptor_error") -> tuple[list[str], str | None]:
    """Names from the worst to the best, and the newest, as Ray itself reads the list."""
    follow_what_is_there(folder, best_by)
    state = _CheckpointManagerState.model_validate(json.loads((folder / LIST).read_text()))
    assert len(state.checkpoint_report_indices) == len(state.checkpoint_results)
    newest = state.latest_checkpoint_result
    return [
        result.checkpoint_dir_name[-1] for result in state.checkpoint_results
    ], newest and newest.checkpoint_dir_name


def test_checkpoints_that_no_list_names_are_listed_by_their_worth(run: Path):
    assert listed(run) == (["2", "6", "4"], "step-00000006")
    (run / LIST).write_text("{cut")
    assert listed(run, "-descriptor_error") == (["4", "6", "2"], "step-00000006")


def test_a_damaged_newest_one_leaves_the_list(run: Path):
    follow_what_is_there(run, "descriptor_error")
    tensors = run / "step-00000006" / "state.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:-1])
    with pytest.warns(UserWarning, match="step-00000006: the checkpoint is damaged"):
        assert listed(run) == (["2", "4"], "step-00000004")


def test_a_list_that_agrees_with_what_is_there_is_left_as_it_is(run: Path):
    follow_what_is_there(run, "descriptor_error")
    before = (run / LIST).stat().st_mtime_ns
    follow_what_is_there(run, "descriptor_error")
    assert (run / LIST).stat().st_mtime_ns == before


def test_a_run_without_checkpoints_has_no_list(run: Path):
    follow_what_is_there(run, "descriptor_error")
    for step in ERRORS:
        (run / f"step-{step:08d}" / "state.json").unlink()
    follow_what_is_there(run, "descriptor_error")
    assert list(run.iterdir()) == []
