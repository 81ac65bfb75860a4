"""A texture network learns from one image, under each of three losses, and says what it looked through."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.kinds import data_of

from raysys.data.sources import training_data
from raysys.errors import RaysysError
from raysys.features.usual import VARIABLE
from raysys.methods.texture_nets.system import source_image
from raysys.train import load_recipe
from raysys.train.batches import Batch, Draws
from raysys.train.loop import build_system

CPU = torch.device("cpu")


def begun(recipe):
    """A system that has seen its data."""
    data, system = training_data(recipe.data), build_system(recipe, CPU)
    system.check()
    system.prepare(data)
    return system, data


def descended(system, steps: int) -> list[float]:
    batch = Batch(torch.zeros(2, 1, *system.form.shape))
    return [
        float(system.step([batch], Draws(0, step, 0, 1, CPU), lambda parameters: None)["loss_texture"])
        for step in range(steps)
    ]


@pytest.mark.parametrize("loss", ["guided-correspondence", "sliced-wasserstein", "gram"])
def test_every_loss_falls(tiny, loss: str):
    system, _ = begun(tiny("texture-nets", system={"loss": loss, "width": 4}))
    losses = descended(system, 30)
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])


def test_the_rate_falls_as_published(tiny):
    system, _ = begun(tiny("texture-nets", system={"decay": 0.5, "decay_every": 2, "learning_rate": 0.01}))
    rates = []
    for step in range(5):
        system.step([Batch(torch.zeros(1, 1, 16, 16))], Draws(0, step, 0, 1, CPU), lambda parameters: None)
        rates.append(system.optimizers["network"].param_groups[0]["lr"])
    assert rates == [0.01, 0.01, 0.005, 0.005, 0.0025]


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_grey_and_colour_textures_are_learned_as_what_they_are(tiny, tmp_path, kind: str):
    system, data = begun(tiny("texture-nets", data=data_of(kind, tmp_path)))
    assert system.form.kind == kind
    assert system.source.shape[0] == system.form.channels
    descended(system, 1)
    system.finish(data)
    images = system.model(name="tiny", card={}).sample(2, seed=1)
    assert images.shape == system.form.array_shape(2)


def test_only_what_tiles_are_cut_from_is_learned(tiny):
    data = training_data(tiny("texture-nets").data)
    form = tiny("texture-nets").data.form
    source = source_image(data, form)
    last = data.train_origins.max(0) + 16
    np.testing.assert_array_equal(source[0], data.image[: last[0], : last[1]])
    assert last.min() < 96


def test_where_weights_are_missing_a_sentence_says_what_serves(tiny, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, "/nowhere/vgg19.npz")
    with pytest.raises(RaysysError, match=r"there is no file /nowhere/vgg19\.npz.*allowed: .*system\.features"):
        build_system(tiny("texture-nets", system={"features": None}), CPU).check()


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ({"levels": 6}, "makes multiples of 32 pixels; set data.tile or system.levels"),
        ({"layers": ["conv3_1"]}, "hold no patch of conv3_1; allowed: larger tiles"),
    ],
)
def test_what_does_not_fit_the_tile_is_refused(tiny, system: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        build_system(tiny("texture-nets", system=system), CPU).check()


def test_the_published_recipe_is_as_published():
    """Zhou et al. 2023, supplement, appendix F: 3,000 steps; Ulyanov et al. 2016: 256 pixels, batches of 16."""
    recipe = load_recipe("texture-net-published")
    assert (recipe.training.steps, recipe.training.batch, recipe.data.tile) == (3000, 16, 256)
    assert (recipe.system.levels, recipe.system.width) == (5, 8)
