"""The falling learning rate of every method that has one."""

import pytest
import torch

from raysys.train.batches import Batch, Draws
from raysys.train.decay import half_cosine
from raysys.train.loop import build_system

CPU = torch.device("cpu")


def test_it_falls_along_half_a_cosine_to_a_hundredth_and_stays_there():
    rates = [half_cosine(0.1, step, 100) for step in (0, 50, 100, 1000)]
    assert rates == pytest.approx([0.1, 0.0505, 0.001, 0.001])
    assert half_cosine(0.1, 1000, None) == 0.1


@pytest.mark.parametrize("method", ["autoencoder", "classifier", "unet"])
def test_every_system_steps_with_the_rate_of_its_step(tiny, method: str):
    recipe = tiny(method, system={"learning_rate": 0.1, "decay_steps": 100})
    system = build_system(recipe, CPU)
    targets = {"classifier": torch.tensor([0, 1]), "unet": torch.zeros(2, 16, 16, dtype=torch.long)}
    images = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for step in (0, 50, 100):
        system.step([Batch(images, targets.get(method))], Draws(0, step, 0, 1, CPU), lambda _: None)
        assert {group["lr"] for group in system.optimizers[method].param_groups} == {half_cosine(0.1, step, 100)}


def test_generator_and_critic_step_with_rates_of_their_own(tiny):
    rates = {"learning_rate": 0.1, "critic_learning_rate": 0.02}
    system = build_system(tiny("wgan-gp", system=rates | {"decay_steps": 100}), CPU)
    images = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for step in (0, 50, 100):
        system.step([Batch(images)] * 2, Draws(0, step, 0, 1, CPU), lambda _: None)
        found = {name: optimizer.param_groups[0]["lr"] for name, optimizer in system.optimizers.items()}
        assert found == {"generator": half_cosine(0.1, step, 100), "critic": half_cosine(0.02, step, 100)}
