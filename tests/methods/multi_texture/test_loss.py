"""The objectives in logits are those of the paper in probabilities."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from raysys.methods.multi_texture.loss import as_fake, as_real, divergence_from_prior, real_gradient, s2_distance
from raysys.stats import two_point


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


def test_s2_distance_is_that_of_the_curves_over_the_spread_of_phases():
    one, other = (np.random.default_rng(seed).random((3, 10, 10, 10)) < 0.3 for seed in (0, 1))
    curves = [two_point(volumes.astype(np.uint8)).values for volumes in (one, other)]
    phi = other.mean((1, 2, 3))[:, None]
    expected = np.square((curves[0] - curves[1]) / (phi - phi**2)).mean()
    images = [torch.from_numpy(volumes[:, None] * 2.0 - 1) for volumes in (one, other)]
    assert float(s2_distance(*images)) == pytest.approx(expected, rel=1e-4)
    assert s2_distance(images[0], images[0]) == 0
