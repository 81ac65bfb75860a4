"""The network of several scales of noise: what a model draws is what it was trained to make."""

from __future__ import annotations

import pytest
import torch
from support.tiny_models import texture_net

from raysys import RaysysError
from raysys.methods.texture_nets.network import TextureNet
from raysys.models.noise import LatticeNoise
from raysys.models.window import Points


def test_the_published_size():
    """Ulyanov et al. 2016, section 3.2: five scales, each of which adds 8 channels; about 65 thousand weights."""
    network = TextureNet()
    convolutions = [one for one in network.modules() if isinstance(one, torch.nn.Conv2d)]
    assert [one.out_channels for one in convolutions if one.kernel_size == (1, 1)][5:] == [40, 32, 24, 16, 3]
    assert network.cell == 16
    assert 6.5e4 < sum(one.numel() for one in network.parameters()) < 7.5e4


@pytest.mark.parametrize("levels", [2, 3, 5])
def test_what_a_halo_leaves_is_the_inside_of_a_larger_pass(levels: int):
    torch.manual_seed(0)
    network = TextureNet(levels=levels, width=3, noise=2).eval()
    cells = 3 + 2 * network.halo
    noise = [torch.rand(1, *shape) for shape in network.shapes((cells * network.cell,) * 2)]
    rim = network.halo * network.cell
    torch.testing.assert_close(network(noise, network.halo), network(noise)[:, :, rim:-rim, rim:-rim])


def test_a_periodic_picture_is_the_one_that_training_sees():
    """In training convolutions wrap; a model reaches into the next period instead, and nothing else differs."""
    model = texture_net("grey", levels=3)
    cell, size = model.network.cell, (24, 16)
    noise = []
    for k in range(3):
        side = tuple(one // 2**k for one in size)
        drawn = LatticeNoise(2, "uniform", 3 + k).at(5, Points((0, 0), side, side))
        noise.append(torch.from_numpy(drawn)[None])
    with torch.inference_mode():
        whole = (model.network(noise)[0, 0] + 1) / 2
    assert cell == 4
    torch.testing.assert_close(torch.from_numpy(model.sample(1, seed=5, size=size, periodic=True)[0]), whole)


def test_one_scale_is_refused():
    with pytest.raises(RaysysError, match="allowed: 2 or more"):
        TextureNet(levels=1)
