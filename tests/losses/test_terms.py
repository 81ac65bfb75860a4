"""Clamps, divergence and gradient norms against their closed forms."""

import pytest
import torch

from raysys.losses import (
    binary_well,
    cess,
    gradient_norms,
    normal_divergence,
    range_clamp,
    summed_squared_error,
)


@pytest.mark.parametrize(("value", "clamp"), [(-2.0, 4.0), (0.0, 0.0), (0.3, 0.0), (1.0, 0.0), (1.5, 0.25)])
def test_the_clamp_is_zero_on_the_range_and_quadratic_outside(value: float, clamp: float):
    assert range_clamp(torch.full((2, 1, 3, 5), value)).item() == clamp


@pytest.mark.parametrize(("value", "well"), [(0.0, 0.0), (1.0, 0.0), (0.5, 1 / 16), (2.0, 4.0), (-1.0, 4.0)])
def test_the_well_is_zero_at_its_two_ends_only(value: float, well: float):
    assert binary_well(torch.full((2, 1, 3, 5), value)).item() == well


def test_the_divergence_is_zero_for_the_normal_distribution_only():
    zero, one = torch.zeros(2, 4, 3, 3), torch.ones(2, 4, 3, 3)
    assert normal_divergence(zero, zero).item() == 0
    # 36 latents, each m^2 / 2, or (e - 2) / 2 for a logarithm of the variance of 1.
    assert normal_divergence(one, zero).item() == pytest.approx(18)
    assert normal_divergence(zero, one).item() == pytest.approx(18 * (torch.e - 2))


def test_the_divergence_is_that_of_torchs_distributions():
    mean, log_variance = torch.randn(3, 5, dtype=torch.float64), torch.randn(3, 5, dtype=torch.float64)
    found = torch.distributions.Normal(mean, (log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(found, torch.distributions.Normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(normal_divergence(mean, log_variance), expected)


def test_gradients_agree_with_finite_differences():
    x = (3 * torch.rand(2, 1, 3, 4, dtype=torch.float64) - 1).requires_grad_()
    variance = torch.rand(2, 1, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(range_clamp, x)
    assert torch.autograd.gradcheck(binary_well, x)
    assert torch.autograd.gradcheck(normal_divergence, (x, variance))


def test_repeating_a_batch_changes_nothing():
    x = 3 * torch.rand(2, 1, 4, 4) - 1
    twice = x.repeat(2, 1, 1, 1)
    for loss in (range_clamp, binary_well, lambda one: normal_divergence(one, one)):
        torch.testing.assert_close(loss(twice), loss(x))


def test_each_terms_gradient_is_measured_on_its_own():
    weight, bias = torch.tensor([3.0, 4.0], requires_grad=True), torch.tensor(1.0, requires_grad=True)
    terms = {"squares": weight.square().sum(), "line": 2 * bias + weight.sum(), "nothing": torch.tensor(1.0)}
    norms = gradient_norms(terms, [weight, bias])
    assert {name: norm.item() for name, norm in norms.items()} == pytest.approx(
        {"squares": 10.0, "line": 6**0.5, "nothing": 0.0}
    )
    sum(terms.values()).backward()  # the graphs are still there
    assert weight.grad is not None


def test_summed_pixels_outweigh_statistics_at_the_published_weights_and_averaged_ones_do_not():
    """The reductions are told by Table 1: 1e-3 x MSE and 2.3e3 x CESS, far from the target."""
    blobs = torch.zeros(2, 1, 256, 256)
    for image, corners in enumerate([((40, 40), (150, 190), (200, 60)), ((90, 120), (30, 180), (180, 150))]):
        for row, column in corners:
            blobs[image, 0, row : row + 36, column : column + 36] = 1
    summed = 1e-3 * summed_squared_error(blobs[:1], blobs[1:]).item()
    statistics = 2.3e3 * cess(blobs[:1], blobs[1:]).item()
    assert summed > 5 * statistics
    assert summed / 256**2 < statistics / 100
