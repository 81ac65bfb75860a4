"""Images against a texture: what each comparison is, and what costs nothing."""

from __future__ import annotations

import pytest
import torch
from support.textures import few_channels, stripes

from raysys import RaysysError
from raysys.features.vgg import Vgg19
from raysys.losses.guided_correspondence import Guidance, GuidedCorrespondence, PatchSettings
from raysys.losses.texture import TextureLoss, grid_patches, layers_with_a_patch, value_distance

LAYERS = ("conv2_1", "conv3_1")
SOURCE = torch.from_numpy(stripes(48, colour=True)).movedim(-1, 0)


def test_patches_are_compared_layer_by_layer_and_image_by_image():
    patches = PatchSettings(progression=3.0)
    maps = [Guidance(progression=torch.rand(1, 40, 40)) for _ in range(2)]
    own = Guidance(progression=torch.rand(1, 48, 48))
    loss = TextureLoss(
        few_channels(), "guided-correspondence", [SOURCE], layers=LAYERS, patches=patches, guidance=[own]
    )
    images = torch.rand(2, 3, 40, 40)
    network = Vgg19(few_channels(), LAYERS, padding="reflect", tap="relu")
    wanted, found = network(SOURCE[None]), network(images)
    by_hand = [
        GuidedCorrespondence([wanted[layer][0]], patches, guidance=[own])(found[layer][place : place + 1], maps[place])
        for layer in LAYERS
        for place in range(2)
    ]
    torch.testing.assert_close(loss(images, maps), sum(by_hand) / 2)


@pytest.mark.parametrize("comparison", ["gram", "sliced-wasserstein"])
def test_the_texture_itself_costs_nothing(comparison: str):
    loss = TextureLoss(few_channels(), comparison, [SOURCE], layers=LAYERS)
    assert float(loss(SOURCE[None])) == pytest.approx(0, abs=1e-9)
    assert float(loss(SOURCE[None].flip(1))) > 1e-3


def test_values_are_seen_where_cosines_are_blind():
    grey = torch.from_numpy(stripes(32))[None]
    assert float(value_distance(grey[None], grey)) < 1e-9
    dimmed = float(value_distance(0.5 * grey[None], grey))
    # The same values in another order: alone they are alike, with their neighbours they are not.
    shuffled = grey.flatten()[torch.randperm(32 * 32, generator=torch.Generator().manual_seed(0))].view(1, 1, 32, 32)
    assert dimmed > 1e-2
    assert 1e-4 < float(value_distance(shuffled, grey)) < dimmed


def test_of_a_larger_source_as_many_places_are_taken():
    images = torch.rand(2, 3, 16, 16, requires_grad=True)
    found = value_distance(images, SOURCE, generator=torch.Generator().manual_seed(1))
    again = value_distance(images, SOURCE, generator=torch.Generator().manual_seed(1))
    assert torch.equal(found, again)
    found.backward()
    assert images.grad is not None
    assert (images.grad.flatten(1).abs().sum(1) > 0).all()


def test_layers_without_a_patch_are_left_out():
    assert layers_with_a_patch(("conv2_1", "conv3_1", "conv4_1"), grid_patches(), (64, 64), (200, 90)) == (
        "conv2_1",
        "conv3_1",
        "conv4_1",
    )
    assert layers_with_a_patch(("conv2_1", "conv3_1"), grid_patches(), (16, 64)) == ("conv2_1",)
    with pytest.raises(RaysysError, match="images of 8 x 8 pixels hold no patch of conv2_1; allowed: larger tiles"):
        layers_with_a_patch(("conv2_1",), grid_patches(), (8, 8))


def test_an_unknown_comparison_is_refused():
    with pytest.raises(RaysysError, match="comparison is 'mse'; allowed: guided-correspondence"):
        TextureLoss(few_channels(), "mse", [SOURCE])
