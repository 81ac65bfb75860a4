"""The baseline has the networks and hyper-parameters of the multi-texture GAN of rocks; its own preset is another."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.recorder import trained
from support.tiny_models import porous_media

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.methods.multi_texture.critics import ImageCritic
from raysys.methods.multi_texture.networks import MultiTexture
from raysys.methods.porous_media_gan.network import PorousMedia
from raysys.methods.porous_media_gan.settings import PorousMediaGanSettings
from raysys.methods.porous_media_gan.system import PorousMediaGan
from raysys.train import load_recipe
from raysys.train.batches import Batch, Draws


def shapes(network: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in network.named_parameters()}


def test_the_networks_are_those_of_the_multi_texture_gan():
    with torch.device("meta"):
        ours = PorousMedia()
        other = MultiTexture(dims=3, channels=1, width=64, levels=4, code=16, local=16, waves=0)
    assert shapes(ours.generator) == shapes(other.generator)
    assert sum(v.numel() for v in ours.parameters() if v.dim() > 2) == 12_062_720
    recipe, rocks = load_recipe("porous-media-gan"), load_recipe("multi-rock")
    for field in ("width", "levels", "learning_rate", "beta1", "beta2", "weight_decay", "border", "average"):
        assert getattr(recipe.system, field) == getattr(rocks.system, field), field
    for section, field in (("data", "tile"), ("training", "steps"), ("training", "batch")):
        assert getattr(getattr(recipe, section), field) == getattr(getattr(rocks, section), field)
    assert recipe.system.local == rocks.system.code + rocks.system.local


def test_the_published_preset_makes_64_voxels_of_a_point():
    recipe = load_recipe("porous-media-gan-published")
    system = recipe.system
    assert (system.local, system.real_label, system.learning_rate, recipe.training.batch) == (512, 0.9, 1e-5, 128)
    network = PorousMedia(width=1, levels=4, local=2, border="published", slope=0.0)
    assert network.generator.points((64,) * 3) == (1, 1, 1)
    with torch.no_grad():
        made = network.generator(torch.randn(1, 2, 1, 1, 1), (64,) * 3)
        assert made.shape == (1, 1, 64, 64, 64)
        critic = ImageCritic(3, 1, width=1, levels=4, batch_norm=True, spectral=False, slope=0.2)
        assert critic(made).shape == (1, 1, 1, 1, 1)


def test_a_rock_is_learned_and_sampled_at_any_size_and_goes_on_from_its_model():
    torch.manual_seed(0)
    form = Form("binary", (16, 16, 16))
    settings = PorousMediaGanSettings(width=3, levels=2, local=3)
    system = PorousMediaGan(settings, form=form, device=torch.device("cpu"))
    system.check()
    model = system.model(name="rock", card={})
    assert model.sample(1, size=(9, 20, 33), origin=(-4, 0, 7)).shape == (1, 9, 20, 33)
    assert model.card.condition is None
    with torch.no_grad():
        for value in model.network.parameters():
            value.add_(1)
    system.begin_from(model)
    assert np.array_equal(system.model(name="again", card={}).sample(1, seed=3), model.sample(1, seed=3))
    wider = PorousMediaGan(settings.model_copy(update={"width": 4}), form=form, device=torch.device("cpu"))
    with pytest.raises(RaysysError, match="has width 3, but the recipe asks for 4"):
        wider.begin_from(model)
    deep = PorousMediaGan(settings.model_copy(update={"levels": 3}), form=form, device=torch.device("cpu"))
    with pytest.raises(RaysysError, match=r"data\.tile is 16, and networks of 3 levels see 32 pixels at least"):
        deep.check()


def conditional(weight: float = 10.0) -> PorousMediaGan:
    torch.manual_seed(0)
    settings = PorousMediaGanSettings(width=3, levels=1, local=3, condition="porosity", condition_weight=weight)
    system = PorousMediaGan(settings, form=Form("binary", (16, 16, 16)), device=torch.device("cpu"))
    for network in (system.network, system.averaged):
        network.generator.condition_range.copy_(torch.tensor([[0.1, 0.2, 0.5]]))
    return system


def test_both_networks_are_told_the_porosity_and_the_generator_pays_for_missing_it():
    system = conditional()
    real = -torch.ones(2, 1, 16, 16, 16)
    real[0, :, :8] = 1
    torch.testing.assert_close(system.asked(real), torch.tensor([[1.0], [-1.5]]))  # 0.5 and 0 of 0.1 to 0.5
    asked = torch.tensor([[-1.0], [1.0]])  # 0.1 and 0.5
    torch.testing.assert_close(system.missed(real, asked), torch.tensor(10 * (2.0**2 + 2.5**2) / 2))
    draws = Draws(0, 0, 0, 1, torch.device("cpu"))
    both = [conditional(weight).step([Batch(real)], draws, lambda parameters: None) for weight in (0.0, 10.0)]
    losses = [float(one["loss_generator_images"]) for one in both]
    assert losses[1] > losses[0] + 0.1
    told = system.image_critic
    assert not torch.equal(told(real, asked), told(real, -asked))


def test_a_porosity_is_asked_for_as_a_number_or_a_field():
    model = porous_media(conditions=1)
    card = model.card.condition
    assert (card.name, card.low, card.mean, card.high) == ("porosity", 0.1, 0.4, 0.7)
    size = (24, 8, 8)
    low, high = (model.sample(1, size=size, condition={"porosity": value}, grey=True) for value in (0.1, 0.7))
    assert not np.array_equal(low, high)
    field = np.repeat(np.float32([0.1, 0.7]), 12).reshape(1, 24, 1, 1) * np.ones((1, 1, 8, 8), np.float32)
    both = model.sample(1, size=size, condition={"porosity": {"values": field}}, grey=True)
    # Far from where it changes each half is what it was asked for.
    np.testing.assert_allclose(both[0, :4], low[0, :4], atol=1e-5)
    np.testing.assert_allclose(both[0, 20:], high[0, 20:], atol=1e-5)
    with pytest.raises(RaysysError, match=r"porosity 0\.9 was asked .* 0\.1 to 0\.7"):
        model.sample(1, condition={"porosity": 0.9})


def test_grey_volumes_have_no_porosity():
    settings = PorousMediaGanSettings(width=3, levels=1, local=3, condition="porosity")
    system = PorousMediaGan(settings, form=Form("grey", (16,) * 3), device=torch.device("cpu"))
    with pytest.raises(RaysysError, match="porosity is of binary volumes, and these are grey ones"):
        system.check()


def test_a_conditional_generator_is_trained_and_judged_by_what_it_obtains(tiny):
    recipe = tiny("porous-media-gan", system={"condition": "porosity"}, training={"steps": 1, "validate_every": 1})
    progress, _, _ = trained(recipe, "run")
    assert 0 <= progress.metrics["phase_fraction_error"] <= 1
