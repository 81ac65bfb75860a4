"""`raysys train` and `raysys sweep`: the plan, and recipes that are refused before anything starts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import Result

Refused = Callable[..., str]


@pytest.mark.parametrize("command", ["train", "sweep"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("training.stepz=3", "unknown field training.stepz; did you mean steps?"),
        ("training.steps=many", "field training.steps: Input should be a valid integer"),
        ("training.steps=0", "field training.steps: Input should be greater than or equal to 1"),
        ("system.method=diffusion", "unknown system 'diffusion'; allowed: autoencoder, classifier"),
        ("data.images=missing.tif", "missing.tif does not exist"),
        ("data.images=flat.png", "flat.png: the image has one grey level only"),
        ("data.images=text.png", "text.png cannot be read as a PNG image"),
        ("data.tile=512", "less than one tile of 512"),
        ("tracking.uri=http://127.0.0.1:1", "no MLflow server answers at http://127.0.0.1:1"),
        ("training", "write it as FIELD=VALUE"),
    ],
)
def test_a_recipe_that_cannot_be_trained_is_refused(
    refused: Refused, tmp_path: Path, command: str, change: str, expected: str
):
    (tmp_path / "text.png").write_text("not an image")
    Image.new("L", (512, 512), 7).save(tmp_path / "flat.png")
    assert expected in refused(command, "gravel", "--set", change)


def test_a_missing_recipe_names_those_that_exist(refused: Refused):
    sentence = refused("train", "granite")
    assert "recipe 'granite': no such file" in sentence
    assert "gravel" in sentence


def test_a_missing_checkpoint_and_a_missing_run_are_refused(refused: Refused):
    assert "--start-from nowhere" in refused("train", "gravel", "--start-from", "nowhere")
    assert "holds no train to resume" in refused("train", "gravel", "--resume")


def test_a_recipe_without_a_space_cannot_be_swept(refused: Refused):
    assert "sweep.space is empty" in refused("sweep", "gravel", "--set", "sweep.space={}", "--set", "sweep.start=[]")


def test_the_plan_shows_the_recipe_and_its_space_and_starts_nothing(raysys: Callable[..., Result], tmp_path: Path):
    result = raysys("sweep", "gravel", "--plan", "--trials", 5, "--searcher", "tpe", "--set", "training.steps=40")
    assert result.exit_code == 0
    assert "steps: 40" in result.stdout
    assert "searcher: tpe" in result.stdout
    assert "Space of gravel: 5 trials" in result.stdout
    assert "log-uniform" in result.stdout
    assert list(tmp_path.iterdir()) == []
