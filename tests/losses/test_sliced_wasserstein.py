"""Sliced Wasserstein loss: a metric of distributions, by definition and against SciPy's in one dimension."""

import pytest
import torch
from scipy.stats import wasserstein_distance_nd

from raysys.errors import RaysysError
from raysys.losses import random_directions, sliced_wasserstein


def features(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_places_do_not_matter():
    """Cells in another order, or each cell four times, are the same distribution."""
    values, directions = features(1, 5, 6, 8), random_directions(5, generator=torch.Generator().manual_seed(1))
    shuffled = values.flatten(2)[:, :, torch.randperm(48)].view_as(values)
    larger = values.repeat(1, 1, 2, 2)
    assert sliced_wasserstein(shuffled, values, directions).item() == pytest.approx(0, abs=1e-9)
    assert sliced_wasserstein(larger, values, directions).item() == pytest.approx(0, abs=1e-9)
    assert sliced_wasserstein(values, larger, directions).item() == pytest.approx(0, abs=1e-9)
    assert sliced_wasserstein(values, features(1, 5, 6, 8, seed=2), directions).item() > 1e-3


def test_of_one_channel_it_is_the_transport_between_sorted_values():
    """In one dimension sorting is the best matching, which SciPy finds by linear programming."""
    ours, theirs = features(1, 1, 3, 4), features(1, 1, 3, 4, seed=1)
    cost = wasserstein_distance_nd(*(one.flatten()[:, None].double().numpy() for one in (ours, theirs)))
    matched = (ours.flatten().sort().values - theirs.flatten().sort().values).abs().mean().item()
    assert matched == pytest.approx(cost, rel=1e-5)
    squared = (ours.flatten().sort().values - theirs.flatten().sort().values).square().mean().item()
    assert sliced_wasserstein(ours, theirs, torch.ones(1, 1)).item() == pytest.approx(squared, rel=1e-5)


def test_descent_brings_one_distribution_to_the_other():
    values, wanted = features(1, 3, 8, 8).requires_grad_(), 2 + features(1, 3, 8, 8, seed=1)
    optimiser = torch.optim.Adam([values], lr=0.1)
    for step in range(150):
        optimiser.zero_grad()
        loss = sliced_wasserstein(values, wanted, random_directions(3, generator=torch.Generator().manual_seed(step)))
        loss.backward()
        optimiser.step()
    torch.testing.assert_close(values.mean((2, 3)), wanted.mean((2, 3)), rtol=0.01, atol=0.01)
    assert loss.item() < 0.02


def test_directions_are_unit_vectors_and_channels_must_agree():
    directions = random_directions(7)
    assert directions.shape == (7, 7)
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(7))
    with pytest.raises(RaysysError, match="as many channels"):
        sliced_wasserstein(features(1, 2, 4, 4), features(1, 3, 4, 4), directions)
