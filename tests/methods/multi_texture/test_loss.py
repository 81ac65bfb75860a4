"""The objectives in logits are those of the paper in probabilities."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from raysys.methods.multi_texture.loss import as_fake, as_real, divergence_from_prior, real_gradient


def test_logits_give_what_probabilities_give():
    logits = torch.randn(4, 1, 5, 5, dtype=torch.double) * 3
    D = torch.sigmoid(logits)
    torch.testing.assert_close(as_real(logits), -D.log().mean())
    torch.testing.assert_close(as_fake(logits), -(1 - D).log().mean())
    assert as_real(torch.tensor([-1e4])).isfinite()


def test_the_divergence_is_that_of_two_normal_distributions():
    mean, log_deviation = torch.randn(2, 6, 3, dtype=torch.double)
    each = kl_divergence(Normal(mean, log_deviation.exp()), Normal(torch.zeros_like(mean), torch.ones_like(mean)))
    torch.testing.assert_close(divergence_from_prior(mean, log_deviation), each.sum(1).mean())


@pytest.mark.parametrize("places", [1, 4])
def test_r1_is_half_the_squared_slope(places: int):
    weight = torch.tensor([3.0, -4.0])
    images = torch.randn(7, 2, requires_grad=True)
    logits = (images @ weight)[:, None].expand(-1, places)
    torch.testing.assert_close(real_gradient(logits, images), torch.tensor(12.5))
