"""SPADE's losses, by hand."""

import pytest
import torch
from support.textures import few_channels

from raysys.features.vgg import Vgg19
from raysys.methods.spade.loss import (
    PERCEPTUAL,
    feature_matching,
    hinge_of_discriminators,
    hinge_of_generator,
    perceptual,
)


def scores(*values: float) -> list[list[torch.Tensor]]:
    """Two discriminators that see the same, of one layer and scores."""
    return [[torch.zeros(1), torch.tensor(values)]] * 2


def test_the_hinge_is_flat_beyond_one():
    assert float(hinge_of_discriminators(scores(3.0, 1.0), scores(-1.0, -2.0))) == 0
    assert float(hinge_of_discriminators(scores(0.5, 1.0), scores(-1.0, 0.0))) == pytest.approx((0.5 + 1.0) / 2)
    assert float(hinge_of_generator(scores(3.0, -1.0))) == -1


def test_features_are_matched_in_all_layers_but_the_scores():
    real = [[torch.zeros(4), torch.ones(2), torch.zeros(1)], [torch.zeros(3), torch.zeros(2), torch.zeros(1)]]
    fake = [[torch.full((4,), 2.0), torch.zeros(2), torch.full((1,), 9.0)], real[1]]
    assert float(feature_matching(real, fake)) == pytest.approx((2 + 1) / 2)


def test_deep_layers_count_most_and_nothing_flows_to_the_original():
    assert list(PERCEPTUAL.values()) == [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1]
    network = Vgg19(few_channels("conv5_1"), tuple(PERCEPTUAL), pooling="maximum", tap="relu")
    images, wanted = torch.rand(2, 3, 32, 32, requires_grad=True), torch.rand(2, 3, 32, 32, requires_grad=True)
    found = perceptual(network, images, wanted)
    by_hand = sum(
        weight * (network(images)[layer] - network(wanted)[layer]).abs().mean() for layer, weight in PERCEPTUAL.items()
    )
    assert float(found.detach()) == pytest.approx(float(by_hand.detach()))
    found.backward()
    assert images.grad is not None
    assert wanted.grad is None
    assert float(perceptual(network, wanted.detach(), wanted.detach())) == 0
