"""Two stages in one run: what each learns from, the published settings, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.recorder import trained
from support.training import SYSTEMS

from raysys.data.settings import DataSettings
from raysys.data.sources import training_data
from raysys.data.textures import guidance_mixture
from raysys.errors import RaysysError
from raysys.features.usual import VARIABLE
from raysys.form import Form
from raysys.methods.spade.settings import SpadeSettings
from raysys.methods.spade.validation import Direction, Progress, correlation
from raysys.train import load_recipe
from raysys.train.batches import BatchSequence, Draws, Feeder
from raysys.train.loop import build_system

CPU = torch.device("cpu")


def begun(recipe):
    """A system that has seen its data, and its batches."""
    data, system = training_data(recipe.data), build_system(recipe, CPU)
    system.check()
    system.prepare(data)
    order = BatchSequence(len(data.train), recipe.training.batch, recipe.training.seed)
    return system, Feeder(data, system.form, order, rank=0, world_size=1, device=CPU)


def terms(recipe, step: int) -> set[str]:
    """Losses of a step."""
    system, batch = begun(recipe)
    found = system.step([batch(step)], Draws(0, step, 0, 1, CPU), lambda parameters: None)
    return {name for name in found if name.startswith("loss_")}


FIRST = {"loss_adversarial", "loss_matching", "loss_perceptual", "loss_critic"}
SECOND = {"loss_adversarial", "loss_correspondence", "loss_critic"}


def test_the_second_stage_has_no_original_to_be_compared_with(tiny):
    assert terms(tiny("spade"), 3) == FIRST
    assert terms(tiny("spade"), 4) == SECOND


def test_each_stage_can_be_seen_by_itself(tiny):
    assert terms(tiny("spade", system={"stages": "reconstruction"}), 4) == FIRST
    assert terms(tiny("spade", system={"correspondence": 0}), 4) == SECOND - {"loss_correspondence"}


def test_the_second_stage_draws_from_the_published_mixture(tiny):
    system, _ = begun(tiny("spade"))
    drawn = system._random_maps(3, Draws(7, 11, 1, 2, CPU))
    for place in range(3):
        expected = guidance_mixture(system.guide[0], (16, 16), seed=(7, 11, 3 + place))
        np.testing.assert_array_equal(drawn[place, 0].numpy(), expected)


def test_adam_and_weights_are_as_published():
    """Park et al. 2019 with the author's corrections; 20,000 steps of each stage, Zhou et al. 2023, appendix B."""
    recipe = load_recipe("spade-progression-published", ["system.width=1", "system.critic_width=1", "system.hidden=1"])
    system = build_system(recipe, CPU)
    rates = {name: one.param_groups[0] for name, one in system.optimizers.items()}
    assert (rates["generator"]["lr"], rates["critic"]["lr"]) == (1e-4, 4e-4)
    assert all(group["betas"] == (0.0, 0.9) for group in rates.values())
    assert (system.settings.feature_matching, system.settings.perceptual) == (10, 10)
    assert (recipe.system.reconstruction_steps, recipe.training.steps, recipe.data.tile) == (20_000, 40_000, 256)
    assert (system.patches.progression, system.patches.orientation) == (50, 0)
    assert recipe.system.decay_steps is None
    turned = build_system(load_recipe("spade-orientation", ["system.width=1"]), CPU)
    assert (turned.patches.progression, turned.patches.orientation) == (0, 5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spade-progression-published", "spade-orientation-published"])
@pytest.mark.parametrize("step", [0, 20_000])
def test_a_step_of_the_published_size(name: str, step: int):
    recipe = load_recipe(name, ["training.batch=1", 'system.features=["random"]'])
    system, batch = begun(recipe)
    assert round(sum(one.numel() for one in system.generator.parameters()) / 1e6, 1) == 92.0
    found = system.step([batch(step)], Draws(0, step, 0, 1, CPU), lambda parameters: None)
    assert all(torch.isfinite(value) for value in found.values())


def test_where_weights_are_missing_a_sentence_says_what_serves(tiny, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, "/nowhere/vgg19.npz")
    recipe = tiny("spade", system={"features": None})
    with pytest.raises(RaysysError, match=r"there is no file /nowhere/vgg19\.npz.*allowed: .*system\.features"):
        build_system(recipe, CPU).check()
    build_system(tiny("spade", system={"features": None, "perceptual": 0, "correspondence": 0}), CPU).check()


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"system": {"levels": 4}}, "SPADE of 4 levels makes multiples of 16 pixels, two at least"),
        ({"system": {"critics": 3}}, "too small for 3 discriminators"),
        ({"system": {"levels": 1}, "data": {"tile": 10}}, "hold no patch of conv2_1"),
    ],
)
def test_what_does_not_fit_the_tile_is_refused(tiny, sections: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        build_system(tiny("spade", **sections), CPU).check()


def test_data_without_a_map_are_refused():
    with pytest.raises(RaysysError, match=r"set data\.source=guided and data\.progression or data\.orientation"):
        SpadeSettings.model_validate(SYSTEMS["spade"]).completed(DataSettings(images="image.png"))


def test_a_model_is_asked_with_a_map(tiny):
    recipe = tiny("spade", training={"steps": 1, "validate_every": 1})
    progress, _, _ = trained(recipe, "run")
    assert {"progression_correlation", "progression_correlation_source"} <= progress.metrics.keys()
    system, _ = begun(recipe)
    model = system.model(name="tiny", card={})
    assert model.card.condition.name == "progression"
    assert model.card.condition.mean[0] == pytest.approx(float(system.guide.mean()), abs=1e-4)
    asked = np.linspace(0, 1, 16 * 16).reshape(16, 16)
    one = model.sample(1, seed=3, grey=True, condition={"progression": asked})
    assert not np.array_equal(one, model.sample(1, seed=3, grey=True))
    np.testing.assert_array_equal(one, model.sample(1, seed=3, grey=True, condition=asked[None]))
    with pytest.raises(RaysysError, match=r"progression 1\.00588 was asked .*; allowed: 0 to 1"):
        model.sample(1, condition={"progression": asked * 1.5})


def test_what_is_read_off_made_textures_is_what_they_were_made_with():
    """Stripes whose contrast is the progression: linear in what the regression looks at."""
    y, x = np.mgrid[:96, :96]
    form = Form("grey", (96, 96))

    def made(guide):
        return (0.5 + guide * (0.1 + 0.3 * np.sin(x * 0.9 + y * 0.4))).clip(0, 1).astype(np.float32)

    source, other = x / 95, np.abs(np.sin(y / 30))
    reader = Progress(form, made(source), source[None].astype(np.float32))
    assert reader.source > 0.95
    followed = reader(made(other)[None], other[None, None])["progression_correlation"]
    ignored = reader(made(source)[None], other[None, None])["progression_correlation"]
    assert followed > 0.9
    assert abs(ignored) < 0.3


def test_lines_that_run_as_asked_have_no_error_and_those_across_ninety_degrees():
    y, _ = np.mgrid[:64, :64]
    stripes = (0.5 + 0.5 * np.sin(y * 0.7)).astype(np.float32)
    along = np.stack([np.ones((64, 64)), np.zeros((64, 64))]).astype(np.float32)
    measured = Direction(Form("grey", (64, 64)), stripes, along)
    assert measured.source < 1
    across = measured(stripes[None], along[::-1][None])["orientation_error"]
    assert across == pytest.approx(90, abs=1)
    assert measured(np.zeros((1, 64, 64), np.float32), along[None])["orientation_error"] == 45


def test_correlation_is_pearsons():
    a, b = np.random.default_rng(0).normal(size=(2, 50))
    assert correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert correlation(a, np.ones(50)) == 0
