"""Losses against their closed forms."""

import pytest
import torch

from raysys.losses import gradient_penalty, summed_squared_error


@pytest.mark.parametrize("norm", [0.0, 0.5, 1.0, 3.0])
def test_the_penalty_of_a_linear_critic_is_its_norm_less_one_squared(norm: float):
    weight = torch.randn(1, 8, 8, generator=torch.Generator().manual_seed(0))
    weight = weight / weight.norm() * norm
    real, fake, epsilon = torch.rand(5, 1, 8, 8), torch.rand(5, 1, 8, 8), torch.rand(5)
    penalty = gradient_penalty(lambda images: (images * weight).flatten(1).sum(1), real, fake, epsilon)
    assert penalty.item() == pytest.approx((norm - 1) ** 2, abs=1e-5)


def test_the_penalty_is_measured_between_real_and_generated_images():
    seen = []

    def critic(images: torch.Tensor) -> torch.Tensor:
        seen.append(images.detach())
        return images.flatten(1).sum(1)

    gradient_penalty(critic, torch.ones(3, 1, 2, 2), torch.zeros(3, 1, 2, 2), torch.tensor([0.0, 0.25, 1.0]))
    assert seen[0].flatten(1).mean(1).tolist() == [0.0, 0.25, 1.0]


def test_the_penalty_reaches_the_critics_weights():
    weight = torch.full((4,), 2.0, requires_grad=True)
    penalty = gradient_penalty(lambda x: (x * weight).sum(1), torch.rand(2, 4), torch.rand(2, 4), torch.rand(2))
    penalty.backward()
    # d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w| with |w| = 4.
    assert weight.grad is not None
    assert weight.grad.tolist() == pytest.approx([3.0] * 4)


def test_the_squared_error_is_summed_over_pixels_and_averaged_over_images():
    assert summed_squared_error(torch.zeros(2, 1, 3, 5), torch.full((2, 1, 3, 5), 2.0)).item() == 60.0
