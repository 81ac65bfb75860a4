"""One step of two networks in either order, presets, and textures that are missed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.recorder import trained
from support.together import trained_together

from raysys.data.sources import training_data
from raysys.errors import RaysysError
from raysys.form import Form
from raysys.methods.multi_texture.random_features import RandomGrams
from raysys.methods.psgan.settings import PsganSettings
from raysys.methods.psgan.system import PsganSystem
from raysys.methods.psgan.validation import PriorValidator
from raysys.train import load_recipe
from raysys.train.batches import Batch, Draws
from raysys.train.metrics import OBJECTIVE

FORM = Form("colour", (16, 16))


def small(**settings: object) -> PsganSystem:
    torch.manual_seed(0)
    told = {"width": 4, "levels": 2, "local": 3, "waves": 2} | settings
    return PsganSystem(PsganSettings(**told), form=FORM, device=torch.device("cpu"))


def draws(step: int = 0) -> Draws:
    return Draws(0, step, 0, 1, torch.device("cpu"))


def batch(seed: int = 1) -> Batch:
    return Batch(torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1)


def stepped(system: PsganSystem) -> dict[str, torch.Tensor]:
    return system.step([batch()], draws(), lambda parameters: None)


def test_gradients_are_those_of_the_objectives_written_out():
    system, plain = small(critic_norm="none"), small(critic_norm="none")
    for optimizer in system.optimizers.values():
        optimizer.step = lambda: None
    stepped(system)
    real, fakes = batch().images, plain._fakes(draws(), 4, "fakes", None)
    D_real, D_fake = (torch.sigmoid(plain.image_critic(images)) for images in (real, fakes))
    wanted = torch.autograd.grad(-D_fake.log().mean(), list(plain.network.parameters()), retain_graph=True)
    for value, expected in zip(system.network.parameters(), wanted, strict=True):
        torch.testing.assert_close(value.grad, expected, rtol=1e-3, atol=1e-7)
    loss = -D_real.log().mean() - (1 - D_fake).log().mean()
    wanted = torch.autograd.grad(loss, list(plain.image_critic.parameters()))
    for value, expected in zip(system.image_critic.parameters(), wanted, strict=True):
        torch.testing.assert_close(value.grad, expected, rtol=1e-3, atol=1e-7)


def test_in_turns_the_generator_answers_the_critic_that_has_moved():
    """With a critic that does not move, both orders are steps of the same critic; else they are not."""
    turns = small(order="alternating", critic_norm="none")
    plain = small(critic_norm="none")
    losses = stepped(turns)
    fakes = plain._fakes(draws(), 4, "generator", None)
    # The generator's own step comes after its loss: its weights were those of the beginning.
    logits = turns.image_critic(fakes).detach()
    assert float(losses["loss_generator_images"]) == pytest.approx(float(-torch.sigmoid(logits).log().mean()), rel=1e-5)
    before = plain.image_critic(fakes).detach()
    assert not torch.allclose(before, logits, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    "switch",
    [
        {"critic_norm": "batch"}, {"critic_norm": "none"}, {"order": "alternating"}, {"real_label": 0.9}, {"waves": 0},
        {"noise": "uniform"}, {"along_axes": True, "waves": 4}, {"upsample": "nearest"}, {"border": "published"},
        {"slope": 0.0}, {"critic_slope": 0.1},
    ],
)  # fmt: skip
def test_a_switch_changes_the_step_and_keeps_it_finite(switch: dict[str, object]):
    plain, switched = small(), small(**switch)
    losses = [stepped(one) for one in (plain, switched)]
    assert all(value.isfinite() for value in losses[1].values())
    both = [(one.network, one.image_critic) for one in (plain, switched)]
    states = [dict(one.named_parameters()) | dict(other.named_parameters()) for one, other in both]
    assert states[0].keys() != states[1].keys() or any(
        states[0][k].shape != states[1][k].shape or not torch.equal(states[0][k], states[1][k]) for k in states[0]
    )


def test_a_label_of_real_images_below_one_is_a_share_of_both_losses():
    logits = torch.randn(64)
    D = torch.sigmoid(logits)
    system = small(real_label=0.9)
    system.computed = lambda network, images: images  # the images stand for their own logits
    found = system._told_apart(logits, torch.full((4,), -1e4), None)
    torch.testing.assert_close(found, -(0.9 * D.log() + 0.1 * (1 - D).log()).mean())


def test_presets_are_the_published_ones():
    recipe = load_recipe("psgan-published")
    system = recipe.system
    assert (recipe.data.tile, recipe.training.batch, recipe.training.steps) == (161, 25, 50_000)
    assert (system.code, system.local, system.waves, system.hidden, system.noise) == (60, 30, 6, 50, "uniform")
    assert (system.learning_rate, system.beta1, system.weight_decay) == (2e-4, 0.5, 1e-8)
    assert (system.critic_norm, system.order, system.along_axes, system.slope) == ("batch", "alternating", True, 0)
    ours, other = load_recipe("psgan").system, load_recipe("multi-texture").system
    for field in ("width", "levels", "local", "learning_rate", "beta1", "beta2", "weight_decay", "border"):
        assert getattr(ours, field) == getattr(other, field), field
    assert (ours.waves, ours.critic_norm) == (4, "spectral")


def test_a_texture_that_no_sample_shows_has_a_large_error(tiny):
    data = training_data(tiny("psgan").data)

    class Real:
        textures = (0, 1, 2)

        def sample(self, n: int, *, seed: int, grey: bool = False) -> np.ndarray:
            own = np.flatnonzero(np.isin(data.train_targets, self.textures))[-n:]
            return data.train[np.resize(own, n)]

    model = Real()
    grams = RandomGrams(2, 3, torch.device("cpu"))
    judge = PriorValidator(data, lambda: model, grams, form=FORM, count=96)
    found = judge()
    assert found["coverage"] == 1
    assert found[OBJECTIVE] == found["nearest_error"] < 8
    missed = data.target_names[2]
    model.textures = (0, 1)
    fewer = judge()
    assert fewer["coverage"] == pytest.approx(2 / 3)
    assert fewer[f"nearest_error/{missed}"] > 20 * found[f"nearest_error/{missed}"]
    assert set(judge.pictures()) == {"samples", "nearest"}


def test_a_tile_of_which_the_critic_sees_too_little_is_refused():
    with pytest.raises(RaysysError, match=r"data\.tile is 16, and networks of 4 levels see 32 pixels at least"):
        small(levels=4).check()


@pytest.mark.slow
def test_two_workers_train_as_one_on_the_joined_batch(tiny, recipe_file):
    sections = {"training": {"steps": 2, "validate_every": 2}, "system": {"sync_norm": True}}
    _, recorder, alone = trained(tiny("psgan", **sections), "alone")
    told, states = trained_together(recipe_file("psgan", **sections))
    assert told[2][OBJECTIVE] == pytest.approx(recorder.told[2][OBJECTIVE], rel=5e-2)
    for state in states:
        for key, value in alone.items():
            if "averaged" not in key:
                torch.testing.assert_close(state[key], value, rtol=2e-3, atol=2e-5, msg=key)
