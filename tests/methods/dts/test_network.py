"""The published formula of its parameters, and what selects a texture."""

from __future__ import annotations

import pytest
import torch
from support.tiny_models import dts

from raysys.errors import RaysysError
from raysys.methods.dts.network import Dts


def weights(textures: int, **options: object) -> tuple[int, int]:
    """Of the first layers, and of all."""
    with torch.device("meta"):
        network = Dts(textures=textures, **options)
    first = network.first[0].weight.numel() + network.selected[0].weight.numel()
    return first, sum(value.numel() for value in network.parameters())


@pytest.mark.parametrize("textures", [1, 60, 5000])
def test_the_first_layers_have_34816_weights_for_each_texture(textures: int):
    assert weights(textures)[0] == 34_816 * textures


def test_all_parameters_are_34816_times_n_and_71():
    """Equation 11 of Alanov et al. 2019, to 2 in 10,000 at N = 5000, where it prints 176.55 million."""
    formula = 34_816 * (5000 + 71)
    assert formula == pytest.approx(176.55e6, rel=1e-4)
    assert weights(5000)[1] == pytest.approx(formula, rel=2e-4)


def test_shapes_are_the_published_ones():
    network = Dts(textures=3)
    assert network.side == 256
    convolutions = [one for one in network.grown.modules() if isinstance(one, torch.nn.Conv2d)]
    assert [(one.in_channels, one.out_channels) for one in convolutions[::3]] == [
        (288, 256), (288, 128), (160, 128), (160, 64), (96, 32),
    ]  # fmt: skip
    ends = [(one.in_channels, one.out_channels) for one in network.last if isinstance(one, torch.nn.Conv2d)]
    assert ends == [(64, 64), (64, 32), (32, 3)]
    assert all(one.padding_mode == "circular" for one in convolutions)


def test_noise_is_on_a_simplex_and_only_the_selected_texture_answers():
    network = dts().network  # of three textures, with statistics of normalisation
    noise, selection = torch.rand(1, 2), torch.tensor([[1.0, 0.0, 0.0]])
    seen, scaled = (torch.cat([one, selection], 1)[:, :, None, None] for one in (noise, 3 * noise))
    before = network(seen)
    torch.testing.assert_close(network(scaled), before)
    with torch.no_grad():  # weights of the other textures: of their noise values, and of their units
        for other in (1, 2):
            network.first[0].weight[other::3].add_(1)
            network.selected[0].weight[other].add_(1)
    torch.testing.assert_close(network(seen), before)
    with torch.no_grad():
        network.first[0].weight[::3].mul_(2)
    assert not torch.allclose(network(seen), before)
    with pytest.raises(RaysysError, match="0 textures"):
        Dts(textures=0)
