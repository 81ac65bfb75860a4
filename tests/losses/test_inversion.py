"""The terms of an inversion against sums that are written out."""

import itertools

import numpy as np
import pytest
import torch

from raysys.losses.inversion import moments_distance, total_variation


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_moments_are_100_times_the_summed_errors_of_means_and_deviations():
    """Of four layers; the deviation divides by all places, and sizes may differ."""
    ours = [random(1, channels, 5, 4, seed=channels) for channels in (3, 4, 5, 6)]
    theirs = [random(1, channels, 3, 7, seed=10 + channels) for channels in (3, 4, 5, 6)]
    total = 0.0
    for one, other in zip(ours, theirs, strict=True):
        a, b = one[0].numpy(), other[0].numpy()
        channels = len(a)
        total += sum((a[c].mean() - b[c].mean()) ** 2 for c in range(channels)) / channels
        total += sum((a[c].std() - b[c].std()) ** 2 for c in range(channels)) / channels
    assert moments_distance(ours, theirs).item() == pytest.approx(100 * total, rel=1e-12)
    assert moments_distance(ours, ours).item() == 0


def test_total_variation_has_four_directions():
    image = random(1, 3, 6, 5)
    values = image[0].numpy()
    absolute, squared = 0.0, 0.0
    for down, right in ((0, 1), (1, 0), (1, -1), (1, 1)):
        differences = [
            values[c, y, x] - values[c, y + down, x + right]
            for c, y, x in itertools.product(range(3), range(6), range(5))
            if y + down < 6 and 0 <= x + right < 5
        ]
        absolute += np.abs(differences).mean()
        squared += np.sqrt(np.square(differences).sum())
    found = total_variation(image)
    assert [one.item() for one in found] == pytest.approx([absolute, squared], rel=1e-12)


def test_of_flat_images_and_dead_channels_the_gradient_is_finite():
    flat = torch.full((1, 3, 6, 6), 0.5, requires_grad=True)
    loss = torch.stack(total_variation(flat)).sum() + moments_distance([0 * flat], [random(1, 3, 4, 4).float()])
    loss.backward()
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()
