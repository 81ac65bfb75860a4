"""SPADE's networks are the published ones: parameters, sizes, spectral normalisation, what a map changes."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from raysys import RaysysError
from raysys.methods.spade.discriminator import Discriminators
from raysys.methods.spade.generator import Generator, Modulation, widths_of, without_spectral_norm


def parameters(network: nn.Module) -> int:
    return sum(one.numel() for one in network.parameters())


@pytest.mark.parametrize(("width", "millions"), [(64, 92.0), (32, 29.3), (16, 10.5)])
def test_the_published_generator_has_as_many_parameters(width: int, millions: float):
    with torch.device("meta"):
        assert round(parameters(Generator(width=width)) / 1e6, 1) == millions


def test_the_published_layers_of_256_pixels():
    """Park et al. 2019, figure 14: 1024 at 8 and 16 pixels, and halves of it up to 64 at 256."""
    blocks = [(after, 8 * 2**level) for _, after, level in widths_of(64, 5)]
    assert blocks == [(1024, 8), (1024, 16), (1024, 16), (512, 32), (256, 64), (128, 128), (64, 256)]
    with torch.device("meta"):
        network = Generator(width=64)
        assert network(torch.rand(1, 1, 256, 256)).shape == (1, 3, 256, 256)
    assert [block.learned for block in network.blocks] == [False] * 3 + [True] * 4


@pytest.mark.parametrize("told", [1, 2])
def test_each_discriminator_is_the_published_one(told: int):
    with torch.device("meta"):
        both = Discriminators(told + 3)
        found = both(torch.rand(1, told, 256, 256), torch.rand(1, 3, 256, 256))
    assert [parameters(one) / 1e6 for one in both.each] == pytest.approx([2.77, 2.77], abs=0.01)
    assert [layer.shape[-1] for layer in found[0]] == [129, 65, 33, 34, 35]
    assert [layer.shape[-1] for layer in found[1]] == [65, 33, 17, 18, 19]
    assert [layer.shape[1] for layer in found[0]] == [64, 128, 256, 512, 1]


def test_a_map_that_says_nothing_leaves_normalised_activations_as_they_are():
    """Gamma is added to 1, as in the published code, so that gamma = beta = 0 changes nothing."""
    layer = Modulation(6, told=1, hidden=4, padding="zeros")
    for convolution in (layer.gamma, layer.beta):
        nn.init.zeros_(convolution.weight)
        nn.init.zeros_(convolution.bias)
    values = 3 + 2 * torch.randn(2, 6, 8, 8)
    found = layer(values, torch.rand(2, 1, 8, 8))
    assert torch.equal(found, nn.functional.batch_norm(values, None, None, training=True))
    torch.testing.assert_close(found.mean((0, 2, 3)), torch.zeros(6), atol=1e-5, rtol=0)


def test_spectral_normalisation_is_in_the_blocks_and_inside_the_discriminators_only():
    network, critic = Generator(width=2, levels=2, hidden=2), Discriminators(4, width=2, count=1)
    carried = {name for name, module in network.named_modules() if is_parametrized(module)}
    convolutions = {name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)}
    assert carried == {name for name in convolutions if name.split(".")[-1] in ("conv_0", "conv_1", "conv_s")}
    assert {"head", "last"} < convolutions - carried
    layers = [module for module in critic.modules() if isinstance(module, nn.Conv2d)]
    assert [is_parametrized(layer) for layer in layers] == [False, True, True, True, False]


def test_normed_weights_have_a_largest_singular_value_of_one():
    network = Generator(width=3, levels=1, hidden=2)
    for _ in range(40):
        network.train()(torch.rand(2, 1, 8, 8))
    weight = network.eval().blocks[0].conv_0.weight
    assert float(torch.linalg.matrix_norm(weight.detach().flatten(1), 2)) == pytest.approx(1, abs=0.01)


def test_a_served_network_without_spectral_normalisation_makes_the_same():
    torch.manual_seed(0)
    learned = Generator(guide="orientation", width=3, levels=2, hidden=4, noise=2)
    told, noise = torch.rand(2, 2, 16, 16), torch.randn(2, 2, 4, 4)
    for _ in range(3):
        learned(told, noise)
    before = {name: value.clone() for name, value in learned.state_dict().items()}
    plain = without_spectral_norm(learned)
    assert learned.training
    assert all(torch.equal(before[name], value) for name, value in learned.state_dict().items())
    assert not any(is_parametrized(module) for module in plain.modules())
    torch.testing.assert_close(plain(told, noise), learned.eval()(told, noise))


def test_what_a_halo_leaves_is_the_inside_of_a_larger_pass():
    torch.manual_seed(0)
    network = without_spectral_norm(Generator(width=3, levels=3, hidden=4, noise=1))
    cells, cell = 3 + 2 * network.halo, network.cell
    told, noise = torch.rand(1, 1, cells * cell, cells * cell), torch.randn(1, 1, cells, cells)
    rim = network.halo * cell
    torch.testing.assert_close(network(told, noise, network.halo), network(told, noise)[:, :, rim:-rim, rim:-rim])


@pytest.mark.parametrize("options", [{"guide": "labels"}, {"levels": 0}])
def test_generators_that_cannot_be_are_refused(options: dict):
    with pytest.raises(RaysysError, match="allowed: progression or orientation, 1 or more"):
        Generator(**options)
