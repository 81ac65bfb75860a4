"""The published sizes, waves in pairs, and the interior that borders do not change."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from support.tiny_models import psgan

from raysys.methods.multi_texture.critics import ImageCritic
from raysys.methods.psgan.network import Psgan

PUBLISHED = {"code": 60, "local": 30, "waves": 6, "hidden": 50, "along_axes": True, "slope": 0.0, "noise": "uniform"}


def test_six_points_are_161_pixels_and_the_critic_sees_six_places():
    network = Psgan(**PUBLISHED | {"width": 2, "border": "published"})
    generator = network.generator
    assert generator.channels == 60 + 30 + 2 * 3
    assert generator.points((161, 161)) == (6, 6)
    with torch.no_grad():
        made = generator(torch.zeros(1, generator.channels, 6, 6))
        assert made.shape == (1, 3, 161, 161)
        assert ImageCritic(2, 3, width=2, levels=5, batch_norm=True, spectral=False)(made).shape == (1, 1, 6, 6)


def test_channels_are_the_published_ones():
    stages = Psgan(**PUBLISHED).generator.stages
    assert [tuple(one.convolution.weight.shape[:2]) for one in stages] == [
        (96, 512), (512, 256), (256, 128), (128, 64), (64, 3),
    ]  # fmt: skip
    periods = [tuple(one.weight.shape) for one in Psgan(**PUBLISHED).generator.periods if hasattr(one, "weight")]
    assert periods == [(50, 60), (12, 50)]


def test_waves_are_pairs_of_one_frequency_along_either_axis():
    """pi (0.5 k / 3 + 0.5) radians a point for the k-th pair, as in the authors' programs, before it learns."""
    generator = Psgan(**PUBLISHED | {"width": 1}).generator
    torch.nn.init.zeros_(generator.periods[-1].weight)
    found = generator.frequencies(torch.randn(1, 60))[0].detach()
    for k in range(3):
        band = math.pi * (0.5 * (k + 1) / 3 + 0.5)
        np.testing.assert_allclose(found[2 * k : 2 * k + 2], [[0, band], [band, 0]], rtol=1e-6)
    torch.nn.init.normal_(generator.periods[-1].weight)
    learned = generator.frequencies(torch.randn(1, 60))[0]
    assert not learned[[0, 2, 4], 0].any()
    assert not learned[[1, 3, 5], 1].any()
    assert learned[[0, 2, 4], 1].all()


@pytest.mark.parametrize("along_axes", [False, True])
def test_waves_of_the_model_are_those_that_were_trained(along_axes: bool):
    model = psgan(along_axes=along_axes)
    codes = torch.randn(5, 2)
    found = model.lattice.noise.parts[2].frequencies(codes.T.numpy()[:, :, None])
    expected = model.network.generator.frequencies(codes).detach()
    np.testing.assert_allclose(found[..., 0], expected.permute(1, 2, 0), atol=1e-5)


def test_the_border_changes_no_complete_pixel():
    """What is dropped of each layer's end reaches no further than the interior begins."""
    small = {"width": 3, "levels": 3, "local": 2}
    generators = [Psgan(**small, border=border).generator.eval() for border in ("published", "interior")]
    generators[1].load_state_dict(generators[0].state_dict())
    noise = torch.randn(1, generators[0].channels, 8, 8)
    with torch.no_grad():
        whole, inside = generators[0](noise), generators[1](noise)
    assert whole.shape[-1] == 8 * (8 - 1) + 1
    first = generators[0].reach[0] * 8
    side = inside.shape[-1]
    torch.testing.assert_close(whole[:, :, first : first + side, first : first + side], inside, rtol=0, atol=1e-6)


def test_uniform_noise_of_the_model_lies_in_minus_one_to_one():
    model = psgan(noise="uniform")
    generator = model.network.generator
    noise = torch.rand(1, generator.channels, 9, 9)
    seen = generator.as_trained(noise)
    torch.testing.assert_close(seen[:, 2:5], 2 * noise[:, 2:5] - 1)
    torch.testing.assert_close(seen[:, :2], noise[:, :2])
    torch.testing.assert_close(seen[:, 5:], noise[:, 5:])
    assert (model.card.condition.low, model.card.condition.high) == ((-1, -1), (1, 1))
