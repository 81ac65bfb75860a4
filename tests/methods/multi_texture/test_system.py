"""One step of five networks: who learns from what, several workers, and switches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.recorder import trained
from support.together import trained_together

from raysys import RaysysError
from raysys.data.sources import training_data
from raysys.form import Form
from raysys.methods.multi_texture.layers import usual_levels
from raysys.methods.multi_texture.settings import MultiTextureSettings
from raysys.methods.multi_texture.system import MultiTextureSystem
from raysys.methods.multi_texture.validation import TexturesValidator
from raysys.train import load_recipe
from raysys.train.batches import Batch, Draws
from raysys.train.loop import build_system
from raysys.train.metrics import OBJECTIVE

FORM = Form("colour", (16, 16))


def small(**settings: object) -> MultiTextureSystem:
    torch.manual_seed(0)
    told = {"width": 4, "levels": 2, "local": 3, "waves": 2, "textures": ("a", "b")} | settings
    return MultiTextureSystem(MultiTextureSettings(**told), form=FORM, device=torch.device("cpu"))


def draws(step: int = 0) -> Draws:
    return Draws(0, step, 0, 1, torch.device("cpu"))


def batch(seed: int = 1) -> Batch:
    one, other = torch.rand(2, 4, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return Batch(one, torch.arange(4), {"others": other})


def gradients(system: MultiTextureSystem, **still: object) -> dict[str, list[torch.Tensor]]:
    """Of each network in one step; none moves."""
    for optimizer in system.optimizers.values():
        optimizer.step = lambda: None
    system.step([batch()], draws(), lambda parameters: None)
    return {name: [v.grad.clone() for v in part.parameters()] for name, part in system.parts.items()}


def alike(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.allclose(a, b, rtol=1e-4, atol=1e-8) for a, b in zip(one, other, strict=True))


def test_the_encoder_learns_nothing_from_the_image_critic_and_the_generator_nothing_from_the_code_critic():
    whole = gradients(small())
    without_images, without_codes = gradients(small(image_weight=0.0)), gradients(small(code_weight=0.0))
    assert alike(whole["encoder"], without_images["encoder"])
    assert not alike(whole["generator"], without_images["generator"])
    assert alike(whole["generator"], without_codes["generator"])
    assert not alike(whole["encoder"], without_codes["encoder"])
    without_pairs = gradients(small(pair_weight=0.0))
    assert not alike(whole["encoder"], without_pairs["encoder"])
    assert not alike(whole["generator"], without_pairs["generator"])
    assert all(alike(whole[name], without_pairs[name]) for name in ("image_critic", "pair_critic", "code_critic"))


def test_gradients_are_those_of_the_algorithm_written_out():
    """Algorithm 2, each loss by itself: reproductions are made twice, of codes cut off and of codes that are not."""
    system, plain = small(), small()
    found = gradients(system)
    real, given, networks = batch().images, draws(), plain.network
    mean, log_deviation = networks.encoder(real)
    codes = mean + log_deviation.exp() * given.normal("code", (4, 2))
    prior = given.normal("prior", (4, 2))

    def made(of: torch.Tensor) -> torch.Tensor:
        return networks.generator(plain._noise(torch.cat([prior, of]), given), (16, 16))

    cut, tied = made(codes.detach()), made(codes)
    logits = plain.image_critic(cut)
    l_x = -torch.sigmoid(logits[:4]).log().mean() - torch.sigmoid(logits[4:]).log().mean()
    l_xx = -torch.sigmoid(plain.pair_critic(real, tied[4:])).log().mean()
    l_z = -torch.sigmoid(plain.code_critic(codes)).log().mean()
    of_generator = torch.autograd.grad(l_x + l_xx, list(networks.generator.parameters()), retain_graph=True)
    of_encoder = torch.autograd.grad(l_z + l_xx, list(networks.encoder.parameters()))
    for one, two in zip([*found["generator"], *found["encoder"]], [*of_generator, *of_encoder], strict=True):
        torch.testing.assert_close(one, two, rtol=2e-3, atol=1e-6)


def test_the_image_critic_has_three_terms_of_weight_one():
    losses = small().step([batch()], draws(), lambda parameters: None)
    # At the start all logits are nearly 0, and each term is log 2.
    assert float(losses["loss_image_critic"]) == pytest.approx(3 * np.log(2), rel=0.02)
    for name in ("loss_pair_critic", "loss_code_critic", "loss_generator_images"):
        assert float(losses[name]) == pytest.approx(2 * np.log(2), rel=0.03)


@pytest.mark.parametrize(
    "switch",
    [
        {"kl": 1.0}, {"r1": 1.0}, {"gram": 10.0}, {"spectral_norm": False}, {"positions": 3}, {"waves": 0},
        {"upsample": "nearest"}, {"border": "published"}, {"bn_momentum": 1.0}, {"projection": True}, {"average": 0.0},
    ],
)  # fmt: skip
def test_a_switch_changes_the_step_and_keeps_it_finite(switch: dict[str, object]):
    plain, switched = small(), small(**switch)
    for step in range(2):
        losses = [one.step([batch(step)], draws(step), lambda parameters: None) for one in (plain, switched)]
    assert all(value.isfinite() for value in losses[1].values())
    network = (plain.averaged if "bn_momentum" in switch else plain.network, switched.network)
    if "average" in switch:
        network = (plain.averaged, switched.averaged)
    states = [{k: v for k, v in one.state_dict().items() if v.is_floating_point()} for one in network]
    assert states[0].keys() != states[1].keys() or any(
        states[0][k].shape != states[1][k].shape or not torch.equal(states[0][k], states[1][k]) for k in states[0]
    )


def test_the_average_warms_up():
    """After the first step it holds nine tenths of the new weights, whatever the decay."""
    system = small(average=0.999)
    before = [value.clone() for value in system.averaged.generator.parameters()]
    system.step([batch()], draws(), lambda parameters: None)
    for old, now, averaged in zip(
        before, system.network.generator.parameters(), system.averaged.generator.parameters(), strict=True
    ):
        torch.testing.assert_close(averaged, 0.1 * old + 0.9 * now)


@pytest.mark.parametrize("border", ["interior", "valid", "published"])
def test_volumes_are_learned(border: str):
    torch.manual_seed(0)
    form = Form("binary", (16, 16, 16))
    settings = MultiTextureSettings(width=4, local=3, waves=0, positions=20, border=border, textures=("a", "b"))
    system = MultiTextureSystem(settings, form=form, device=torch.device("cpu"))
    system.check()
    assert system.map_size == 5**3
    one, other = torch.rand(2, 3, 1, 16, 16, 16).round() * 2 - 1
    before = {name: [v.clone() for v in part.parameters()] for name, part in system.parts.items()}
    losses = system.step([Batch(one, None, {"others": other})], draws(), lambda parameters: None)
    assert all(value.isfinite() for value in losses.values())
    for name, part in system.parts.items():
        assert any(not torch.equal(old, now) for old, now in zip(before[name], part.parameters(), strict=True)), name
    samples = system.model(name="rocks", card={}).sample(1, size=(20, 16, 24), condition="a")
    assert samples.shape == (1, 20, 16, 24)


@pytest.mark.slow
def test_two_workers_train_as_one_on_the_joined_batch(tiny, recipe_file):
    sections = {"training": {"steps": 2, "validate_every": 2}, "system": {"sync_norm": True}}
    _, recorder, alone = trained(tiny("multi-texture", **sections), "alone")
    told, states = trained_together(recipe_file("multi-texture", **sections))
    assert told[2][OBJECTIVE] == pytest.approx(recorder.told[2][OBJECTIVE], rel=5e-2)
    for state in states:
        for key, value in alone.items():
            if "/network" in key or "critic" in key or key.startswith("network"):
                torch.testing.assert_close(state[key], value, rtol=2e-3, atol=2e-5, msg=key)


def test_the_validator_calls_a_texture_itself_and_no_other(tiny):
    """Real pieces in the place of reproductions: at the floor, all recognised; of another texture: far from it."""
    recipe = tiny("multi-texture")
    system, data = build_system(recipe, torch.device("cpu")), training_data(recipe.data)

    class Real:
        network, shift = system.averaged, 0

        def sample(self, n: int, *, seed: int, condition: object = None, grey: bool = False) -> np.ndarray:
            number = 0 if condition is None else (int(condition[0][0]) + self.shift) % 3
            own = np.flatnonzero(data.train_targets == number)[32 : 32 + n]
            return data.train[np.resize(own, n)]

    with torch.no_grad():
        system.averaged.codes.copy_(torch.arange(3.0)[:, None].expand(-1, 2))
    model = Real()
    judge = TexturesValidator(data, lambda: model, system.grams, form=system.form, count=6)
    found = judge()
    assert found["conditional_accuracy"] == 1
    assert 0.2 < found["texture_error"] < 8
    assert found[OBJECTIVE] == found["texture_error"]
    assert found["coverage"] == pytest.approx(1 / 3)  # samples of one texture only
    model.shift = 1
    wrong = judge()
    assert wrong["conditional_accuracy"] == 0
    assert wrong["texture_error"] > 20
    assert set(judge.pictures()) == {"samples", "reproductions"}


def test_names_and_mean_codes_are_on_the_card(tiny):
    recipe = tiny("multi-texture", training={"steps": 2, "validate_every": 2})
    system, data = build_system(recipe, torch.device("cpu")), training_data(recipe.data)
    system.finish(data)
    model = system.model(name="three", card={})
    assert model.names == ("noise", "stripes", "tiles")
    own = np.flatnonzero(data.train_targets == 2)
    expected = model.encode(data.train[own]).mean(0)
    np.testing.assert_allclose(model.card.condition.named["tiles"], expected, atol=2e-5)


def test_levels_are_the_published_ones_at_160_and_fewer_below():
    flat = {side: usual_levels(Form("grey", (side, side))) for side in (16, 64, 160, 256)}
    assert flat == {16: 2, 64: 4, 160: 5, 256: 5}
    assert {side: usual_levels(Form("binary", (side,) * 3)) for side in (40, 64, 160)} == {40: 2, 64: 3, 160: 4}


def test_presets_are_the_published_tables():
    recipe = load_recipe("multi-texture")
    system, training = recipe.system, recipe.training
    assert (recipe.data.tile, training.batch, training.steps) == (160, 64, 100_000)
    assert (system.code, system.local, system.completed(recipe_data()).waves, system.width) == (2, 20, 4, 64)
    assert (system.learning_rate, system.beta1, system.beta2, system.weight_decay) == (2e-4, 0.5, 0.999, 1e-4)
    assert system.spectral_norm
    weights = (system.image_weight, system.pair_weight, system.code_weight, system.kl, system.r1, system.gram)
    assert weights == (1, 1, 1, 0, 0, 0)


def test_presets_of_rocks_are_the_published_tables():
    recipe = load_recipe("multi-rock")
    system, training = recipe.system, recipe.training
    assert (recipe.data.tile, training.batch, training.steps, recipe.data.dims) == (160, 8, 25_000, 3)
    assert (system.code, system.local, system.waves, system.width, system.levels) == (16, 16, 0, 64, 4)
    assert (system.learning_rate, system.beta1, system.beta2, system.weight_decay) == (1e-4, 0.5, 0.999, 1e-4)
    assert (system.border, system.positions) == ("interior", 64)


def test_s2_as_a_loss_compares_with_each_volume_of_its_own_batch():
    torch.manual_seed(0)
    form = Form("binary", (16, 16, 16))
    settings = MultiTextureSettings(width=3, local=2, waves=0, positions=8, textures=("a", "b"))
    one, other = torch.rand(2, 2, 1, 16, 16, 16).round() * 2 - 1
    found = []
    for weight in (0.0, 1.0):
        torch.manual_seed(0)
        told = settings.model_copy(update={"statistics": weight})
        system = MultiTextureSystem(told, form=form, device=torch.device("cpu"))
        losses = system.step([Batch(one, None, {"others": other})], draws(), lambda parameters: None)
        found.append(float(losses["loss_pairs"]))
    assert found[1] > found[0]
    with pytest.raises(RaysysError, match=r"system\.statistics is of binary and grey images"):
        small(statistics=1.0).check()


def recipe_data() -> object:
    return load_recipe("multi-texture-small").data


def test_what_does_not_fit_is_refused_in_one_sentence(tiny, tmp_path: Path):
    settings = MultiTextureSettings()
    with pytest.raises(RaysysError, match=r"set data\.source=textures and data\.images to a folder"):
        settings.completed(tiny().data)
    with pytest.raises(RaysysError, match=r"data\.tile is 16, .* multiples of 16 pixels, 32 at least"):
        small(levels=4).check()
    with pytest.raises(RaysysError, match="learns from pairs of pieces"):
        small().step([Batch(batch().images)], draws(), lambda parameters: None)
