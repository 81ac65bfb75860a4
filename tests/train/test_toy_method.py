"""A new method is one folder and a recipe: nothing else is edited, and it is trained, saved, registered and sampled."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.launching import Launched

from raysys import RaysysError
from raysys.method_folders import method_names
from raysys.models import GenerativeModel, load
from raysys.train import load_recipe
from raysys.train.loop import run_training
from raysys.train.metrics import OBJECTIVE
from raysys.train.session import LocalSession

TOY = Path(__file__).parents[1] / "support" / "dropped"


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The toy's folder below a folder on the path, of this process and of those that it starts."""
    place = tmp_path / "elsewhere"
    shutil.copytree(TOY, place, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(str(place))
    others = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(place), *([others] if others else [])]))
    yield place
    # A namespace package keeps its folders when they leave the path.
    for name in [name for name in sys.modules if name.partition(".")[0] == "raysys_methods"]:
        del sys.modules[name]


@pytest.fixture
def recipe_path(dropped: Path, recipe_file) -> Path:
    """A recipe of the toy, of the usual tiny tiles."""
    return recipe_file("toy-filter", training={"steps": 240, "validate_every": 120})


def test_a_folder_on_the_path_is_a_method(dropped: Path, recipe_path: Path):
    assert "toy-filter" in method_names()
    recipe = load_recipe(recipe_path)
    assert (recipe.system.method, recipe.system.learning_rate) == ("toy-filter", 0.02)
    with pytest.raises(RaysysError, match=r"unknown field system\.width; .*allowed here: learning_rate, method, reach"):
        load_recipe(recipe_path, ["system.width=3"])
    first = run_training(load_recipe(recipe_path, ["training.steps=1"]), LocalSession(Path("first")))
    last = run_training(recipe, LocalSession(Path("last")))
    assert last.metrics[OBJECTIVE] < first.metrics[OBJECTIVE] / 2  # it has learned something


@pytest.mark.cluster
def test_it_is_trained_by_ray_registered_loaded_and_sampled(dropped: Path, recipe_path: Path):
    with Launched("train", recipe_path, "--address", "local") as command:
        printed = command.succeed()
    assert "models:/blobs/1" in printed
    model = load("models:/blobs@champion", kind=GenerativeModel)
    assert model.card.architecture == "toy-filter"
    whole = model.sample(2, seed=5, size=(40, 24))
    assert set(np.unique(whole)) == {0, 1}
    assert np.array_equal(model.sample(1, seed=6, size=(8, 9), origin=(3, 4)), whole[1:, 3:11, 4:13])


def test_where_it_is_not_its_recipe_is_refused(recipe_file):
    path = recipe_file("toy-filter")
    with pytest.raises(RaysysError, match=r"unknown system 'toy-filter'; allowed: autoencoder, classifier, .*unet"):
        load_recipe(path)
