"""Whose turn it is, what teaches the network, and what is told where VGG-19's weights are missing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from support.textures import few_channels

from raysys.errors import RaysysError
from raysys.features.vgg import Vgg19
from raysys.form import Form
from raysys.losses.style import gram_matrix
from raysys.methods.dts.loss import TextureGrams
from raysys.methods.dts.settings import DtsSettings
from raysys.methods.dts.system import DtsSystem
from raysys.train import load_recipe
from raysys.train.batches import Batch, Draws

LAYERS = ("conv1_1", "conv2_1")


def small(**settings: object) -> DtsSystem:
    torch.manual_seed(0)
    told = {"width": 2, "levels": 1, "textures": ("a", "b", "c"), "interval": 4, "features": ("random",)} | settings
    return DtsSystem(DtsSettings(**told), form=Form("colour", (16, 16)), device=torch.device("cpu"))


def test_textures_join_one_after_the_other_and_are_taken_in_turns():
    system = small()
    assert [system.texture_of(step) for step in range(14)] == [0, 0, 0, 0, 0, 1, 0, 1, 2, 0, 1, 2, 0, 1]


def grams(*, unit_gradients: bool = False) -> TextureGrams:
    return TextureGrams(few_channels(), LAYERS, "conv3_1", unit_gradients=unit_gradients)


def test_losses_are_mean_absolute_differences():
    images, texture = torch.rand(2, 4, 3, 16, 16)
    loss = grams()
    off, differing = loss(images, loss.wanted(texture))
    features = Vgg19(few_channels(), (*LAYERS, "conv3_1"), pooling="maximum", tap="relu")
    one, other = features(images), features(texture)
    expected = sum(
        (gram_matrix(one[layer], "elements") - gram_matrix(other[layer], "elements").mean(0)).abs().mean()
        for layer in LAYERS
    )
    torch.testing.assert_close(off, expected)
    deep = one["conv3_1"]
    torch.testing.assert_close(differing, (deep - deep[[3, 0, 1, 2]]).abs().mean())
    same = loss(texture[:1].expand(4, -1, -1, -1), loss.wanted(texture[:1]))
    assert max(map(float, same)) < 1e-6


def test_what_flows_back_from_a_layer_is_scaled_and_what_is_lost_is_not():
    images = torch.rand(2, 3, 16, 16, requires_grad=True)
    wanted = grams().wanted(torch.rand(2, 3, 16, 16))
    plain, scaled = (grams(unit_gradients=one)(images, wanted)[0] for one in (False, True))
    torch.testing.assert_close(plain, scaled)
    one, other = (torch.autograd.grad(loss, images)[0] for loss in (plain, scaled))
    assert not torch.allclose(one, other)
    # Of a single layer both point the same way.
    alone = [TextureGrams(few_channels(), LAYERS[:1], "conv1_1", unit_gradients=scaling) for scaling in (False, True)]
    ways = [torch.autograd.grad(loss(images, loss.wanted(images[:1]))[0], images)[0].flatten() for loss in alone]
    assert torch.cosine_similarity(*ways, dim=0) == pytest.approx(1, abs=1e-4)


def ready(**settings: object) -> DtsSystem:
    """A system that has looked at three textures, through few kernels."""
    system = small(layers=LAYERS, diversity_layer="conv3_1", **settings)
    system.loss = TextureGrams(few_channels(), LAYERS, "conv3_1", unit_gradients=system.settings.unit_gradients)
    torch.manual_seed(1)
    system.wanted = [system.loss.wanted(torch.rand(2, 3, 16, 16)) for _ in range(3)]
    return system


def stepped(system: DtsSystem, step: int) -> dict[str, torch.Tensor]:
    draws = Draws(0, step, 0, 1, torch.device("cpu"))
    return system.step([Batch(torch.zeros(4, 3, 16, 16))], draws, lambda parameters: None)


def test_the_learning_rate_falls_each_time_that_all_textures_had_an_interval():
    system, rates = ready(interval=1), []
    for step in (0, 2, 3, 100):
        stepped(system, step)
        rates.append(system.optimizers["network"].param_groups[0]["lr"])
    assert rates == pytest.approx([0.01, 0.01, 0.008, 1e-4])


@pytest.mark.parametrize(
    "switch", [{"upsample": "transposed"}, {"padding": "zeros"}, {"diversity": 0.0}, {"unit_gradients": False}]
)
def test_a_switch_changes_the_step_and_keeps_it_finite(switch: dict[str, object]):
    both = [ready(), ready(**switch)]
    losses = [[stepped(system, step) for step in range(2)][-1] for system in both]
    assert all(value.isfinite() for value in losses[1].values())
    assert losses[0]["loss_texture"] != losses[1]["loss_texture"]


def test_without_weights_one_sentence_says_what_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAYSYS_VGG19", str(tmp_path / "nowhere.pth"))
    monkeypatch.setattr("raysys.features.usual.cache_folder", lambda: tmp_path)
    with pytest.raises(RaysysError, match=r"nowhere.*; allowed: a file that RAYSYS_VGG19 or system\.features names"):
        small(features=(str(tmp_path / "nowhere.pth"),)).check()


def test_what_does_not_fit_is_refused(tiny):
    with pytest.raises(RaysysError, match=r"data\.tile is 16 x 16, and a network of 2 levels makes 32 pixels a side"):
        small(levels=2).check()
    with pytest.raises(RaysysError, match="learns from several textures that have names"):
        DtsSettings().completed(tiny().data)


def test_the_preset_is_the_published_one():
    recipe = load_recipe("dts")
    system = recipe.system
    assert (recipe.data.tile, recipe.training.batch, recipe.training.steps) == (256, 4, 1_000_000)
    assert (system.learning_rate, system.interval, system.noise, system.diversity) == (0.01, 800, 2, 1.0)
    assert system.layers == ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
    assert (system.diversity_layer, system.upsample, system.padding, system.width, system.levels) == (
        "conv4_2", "nearest", "circular", 32, 5,
    )  # fmt: skip
