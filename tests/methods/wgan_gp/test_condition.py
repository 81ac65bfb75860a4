"""Training a generator that is asked for a phase fraction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from raysys.data import prepare
from raysys.data.synthetic import gaussian_random_field
from raysys.errors import RaysysError
from raysys.methods.wgan_gp.condition import anywhere, beside, fractions, ladder, missed
from raysys.methods.wgan_gp.system import WganGp
from raysys.methods.wgan_gp.validation import EACH, GRID, ConditionedValidator, phase_fraction_range
from raysys.models import load, save_model
from raysys.train.batches import Batch, Draws
from raysys.train.loop import begin, build_system, run_training
from raysys.train.session import LocalSession, newest_checkpoint

CPU = torch.device("cpu")


@pytest.fixture
def system(tiny) -> WganGp:
    recipe = tiny("wgan-gp-conditional")
    made = build_system(recipe, CPU)
    assert isinstance(made, WganGp)
    made.prepare(prepare(recipe.data))
    return made


def test_the_range_is_that_of_the_training_tiles(tiny, system: WganGp):
    tiles = prepare(tiny().data)
    low, mean, high = phase_fraction_range(tiles.train)
    found = tiles.train.mean((1, 2))
    assert low == pytest.approx(np.percentile(found, 1), abs=5e-5)
    assert high == pytest.approx(np.percentile(found, 99), abs=5e-5)
    assert mean == pytest.approx(found.mean(), abs=5e-5)
    card = system.model(name="a", card={}).card.condition
    assert card is not None
    assert (card.name, card.low, card.mean, card.high) == ("phase_fraction", low, mean, high)


def test_tiles_of_one_phase_fraction_cannot_be_conditioned_on(system: WganGp, tiny):
    tiles = prepare(tiny().data)
    checkers = np.indices((16, 16)).sum(0).astype(np.uint8) % 2
    with pytest.raises(RaysysError, match=r"the training tiles all have 0\.5; allowed: tiles of different"):
        system.prepare(replace(tiles, train=np.stack([checkers] * 40)))


def test_fractions_are_those_of_the_pixels():
    images = np.random.default_rng(0).integers(0, 2, (5, 1, 8, 8))
    scaled = torch.from_numpy(images).float() * 2 - 1
    np.testing.assert_allclose(fractions(scaled)[:, 0], images.mean((1, 2, 3)), atol=1e-7)
    assert fractions(scaled.bfloat16()).dtype == torch.float32


def test_the_missed_share_has_the_gradient_of_finite_differences():
    chance = torch.Generator().manual_seed(0)
    images = (torch.rand((3, 1, 4, 4), generator=chance, dtype=torch.float64) * 2 - 1).requires_grad_(True)
    asked = torch.tensor([[0.2], [0.5], [0.9]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: missed(x, asked), images)
    # (f - a)^2 of f = mean((x + 1) / 2): 2 (f - a) / 2P in each of P pixels, over 3 images.
    (gradient,) = torch.autograd.grad(missed(images, asked), images)
    by_hand = ((fractions(images) - asked) / (16 * 3)).view(3, 1, 1, 1).expand(3, 1, 4, 4)
    torch.testing.assert_close(gradient, by_hand.detach())


def test_the_critic_sees_what_was_asked_for(system: WganGp):
    asked = torch.tensor([[0.3], [0.5]], requires_grad=True)
    images = torch.ones(2, 1, 16, 16)
    (gradient,) = torch.autograd.grad(system.critic(system._told(images, asked)).sum(), asked)
    assert (gradient != 0).all()
    channels = beside(images, system.generator.scaled(asked))
    assert channels.shape == (2, 2, 16, 16)
    assert (channels[:, 1].flatten(1).std(1) == 0).all()


def test_a_step_moves_the_weights_of_the_condition(system: WganGp):
    before = system.generator.layers[0].weight[-1].detach().clone()
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 2, (4, 1, 16, 16))).float() * 2 - 1
    losses = system.step([Batch(images)] * 2, Draws(0, 0, 0, 1, CPU), lambda parameters: None)
    assert not torch.equal(before, system.generator.layers[0].weight[-1])
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert all(parameter.requires_grad for parameter in system.critic.parameters())


def test_values_are_asked_over_the_whole_range(system: WganGp):
    low, _, high = system.generator.condition_range[0].tolist()
    drawn = torch.cat([anywhere(system.generator, 64, Draws(0, step, 0, 1, CPU)) for step in range(20)])
    assert low <= drawn.min() < low + 0.01 * (high - low)
    assert high - 0.01 * (high - low) < drawn.max() <= high
    assert drawn.mean().item() == pytest.approx((low + high) / 2, abs=0.02 * (high - low) + 1e-6)
    np.testing.assert_allclose(ladder(system.generator, 3)[:, 0], [low, (low + high) / 2, high], rtol=1e-6)


def test_two_workers_draw_what_one_would(system: WganGp):
    halves = [anywhere(system.generator, 3, Draws(0, 5, rank, 2, CPU)) for rank in (0, 1)]
    assert torch.equal(torch.cat(halves), anywhere(system.generator, 6, Draws(0, 5, 0, 1, CPU)))


def test_accuracy_counts_what_is_missed(tiny):
    """Images whose phase fractions are known: those asked for, up to one pixel; then all at the middle."""
    tiles = prepare(tiny().data)

    def exact(asked: np.ndarray, seed: int) -> np.ndarray:
        ranks = np.random.default_rng(seed).random((len(asked), 256)).argsort(1).argsort(1)
        return (ranks < np.rint(asked * 256)[:, None]).astype(np.uint8).reshape(-1, 16, 16)

    validator = ConditionedValidator(tiles, exact, count=20, low=0.25, high=0.75)
    assert validator.accuracy() == {
        "phase_fraction_error": 0.0,
        "phase_fraction_error_worst": 0.0,
        "phase_fraction_bias": 0.0,
    }
    trained_on = tiles.train.mean((1, 2))
    assert validator()["phase_fraction"] == pytest.approx(validator.asked.mean(), abs=1 / 256)
    assert set(np.round(validator.asked, 9)) <= set(np.round(np.clip(trained_on, 0.25, 0.75), 9))
    # Beside what was held out it is asked for what that has.
    beside = validator.drawn_beside(tiles.held_out).mean((1, 2))
    held = np.clip(
        tiles.held_out[np.linspace(0, len(tiles.held_out) - 1, 20).round().astype(int)].mean((1, 2)), 0.25, 0.75
    )
    np.testing.assert_allclose(beside, held, atol=1 / 256)
    middle = ConditionedValidator(tiles, lambda asked, seed: exact(np.full(len(asked), 0.5), seed), count=20,
                                  low=0.25, high=0.75)  # fmt: skip
    distances = np.abs(np.linspace(0.25, 0.75, GRID) - 0.5)
    assert middle.accuracy() == {
        "phase_fraction_error": pytest.approx(distances.mean()),
        "phase_fraction_error_worst": pytest.approx(0.25),
        "phase_fraction_bias": pytest.approx(distances.mean()),
    }
    # Errors of either sign within one value are errors, but no bias.
    swing = np.tile([0.0, 0.5], GRID * EACH)[: GRID * EACH]
    both = ConditionedValidator(tiles, lambda asked, seed: exact(swing[: len(asked)] + 0.25, seed), count=20,
                                low=0.5, high=0.5)  # fmt: skip
    assert both.accuracy() == {
        "phase_fraction_error": 0.25,
        "phase_fraction_error_worst": 0.25,
        "phase_fraction_bias": 0.0,
    }


def test_a_training_reports_its_accuracy_and_can_be_judged_by_it(tiny):
    recipe = tiny("wgan-gp-conditional", training={"steps": 4, "best_by": "phase_fraction_error"})
    progress = run_training(recipe, LocalSession(Path("run")))
    for name in ("phase_fraction_error", "phase_fraction_error_worst", "phase_fraction_bias"):
        assert 0 <= progress.metrics[name] <= 1
    assert progress.metrics["phase_fraction_error"] <= progress.metrics["phase_fraction_error_worst"]
    assert progress.best_step == 4
    assert newest_checkpoint(Path("run")) is not None


def test_a_saved_generator_samples_as_before_and_can_be_trained_further(tiny, system: WganGp, tmp_path: Path):
    system.finish(prepare(tiny().data))
    model = system.model(name="a", card={})
    condition = model.card.condition
    assert condition is not None
    save_model(tmp_path / "saved", model, preview=system.preview(model, prepare(tiny().data), seed=0))
    loaded = load(tmp_path / "saved")
    asked = np.linspace(condition.low, condition.high, 3)
    np.testing.assert_array_equal(
        loaded.sample(3, condition=asked, grey=True),  # type: ignore[attr-defined]
        model.sample(3, condition=asked, grey=True),
    )
    further = tiny("wgan-gp-conditional", training={"init_from": str(tmp_path / "saved"), "seed": 5})
    other = build_system(further, CPU)
    begin(further, other)
    assert isinstance(other, WganGp)
    assert torch.equal(other.generator.condition_range, system.generator.condition_range)
    plain = tiny("wgan-gp", training={"init_from": str(tmp_path / "saved")})
    with pytest.raises(RaysysError, match=r"model 'a' is conditional, and system.condition is none; set it alike"):
        begin(plain, build_system(plain, CPU))


@pytest.mark.slow
def test_more_is_obtained_where_more_is_asked_for(tiny):
    """A quick real training on two porosities: the obtained fractions follow the asked ones."""
    fields = [
        gaussian_random_field((1, 96, 96), correlation_length=2.0, phase_fraction=phi, seed=3) for phi in (0.25, 0.55)
    ]
    np.save("two.npy", np.stack([field.reshape(96, 96) for field in fields]))
    recipe = tiny(
        "wgan-gp-conditional",
        data={"images": "two.npy", "dims": 2},
        system={"width": 8, "latent_channels": 8, "learning_rate": 1e-3, "average": 0.9},
        training={"steps": 400, "batch": 16, "validate_every": 400},
    )
    progress = run_training(recipe, LocalSession(Path("run")))
    low, _, high = phase_fraction_range(prepare(recipe.data).train)
    ignorant = np.abs(np.linspace(low, high, GRID) - (low + high) / 2).mean()
    assert progress.metrics["phase_fraction_error"] < ignorant / 2
