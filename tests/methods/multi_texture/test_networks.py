"""The published tables: parameters, shapes, receptive fields; the border, and the symmetry of the pair critic."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from raysys import RaysysError
from raysys.methods.multi_texture.critics import CodeCritic, ImageCritic, PairCritic
from raysys.methods.multi_texture.networks import MultiTexture

PUBLISHED = {"dims": 2, "channels": 3, "width": 64, "levels": 5}
VOLUMES = {"dims": 3, "channels": 1, "width": 64, "levels": 4, "code": 16, "local": 16, "waves": 0}
SMALL = {"width": 4, "code": 2, "local": 3}


def parameters(network: nn.Module, *, biases: bool | None = None) -> int:
    return sum(v.numel() for n, v in network.named_parameters() if biases is None or n.endswith("bias") == biases)


def convolutions(network: nn.Module) -> int:
    """Values of kernels of convolutions."""
    return sum(value.numel() for value in network.parameters() if value.dim() > 2)


def shapes(layers: nn.Sequential, images: torch.Tensor) -> list[tuple[int, ...]]:
    found = []
    for layer in layers:
        images = layer(images)
        if layer.__class__.__name__.endswith(("Conv2d", "Conv3d")):
            found.append(tuple(images.shape[1:]))
    return found


def test_published_encoder_and_generator_of_images():
    network = MultiTexture(**PUBLISHED, border="published")
    assert parameters(network) == 8_999_428
    d, d_g = network.generator.channels, 2
    assert d == 26
    assert convolutions(network) == 8_611_200 + 12_800 * d + 25_600 * d_g
    seen = shapes(network.encoder.layers, torch.zeros(1, 3, 160, 160))
    assert seen == [(64, 80, 80), (128, 40, 40), (256, 20, 20), (512, 10, 10), (4, 5, 5)]
    assert [tuple(part.shape) for part in network.encoder(torch.zeros(2, 3, 160, 160))] == [(2, 2)] * 2
    assert network.generator.points((160, 160)) == (5, 5)
    made = torch.zeros(1, 26, 5, 5)
    sizes = [(512, 10), (256, 20), (128, 40), (64, 80), (3, 160)]
    for stage, (channels, side) in zip(network.generator.stages, sizes, strict=True):
        made = stage(made, False)
        assert tuple(made.shape[1:]) == (channels, side, side)


def test_published_critics_of_images():
    critic = ImageCritic(2, 3, width=64, levels=5, spectral=False)
    assert (parameters(critic, biases=False), parameters(critic, biases=True)) == (4_318_400, 961)
    assert shapes(critic.layers, torch.zeros(1, 3, 160, 160))[-1] == (1, 5, 5)
    pair = PairCritic(2, 3, width=64, levels=5, spectral=False)
    assert (parameters(pair, biases=False), parameters(pair, biases=True)) == (5_539_056, 1_105)
    features = pair.features(torch.zeros(1, 3, 160, 160)).flatten(2)
    assert features.shape == (1, 96, 25)
    assert pair.table(features, features).shape == (1, 25, 25)
    assert pair(torch.zeros(1, 3, 160, 160), torch.zeros(1, 3, 160, 160)).shape == (1, 5 * 10)
    assert parameters(CodeCritic(2, 2, width=64, spectral=False)) == 133_121


def test_published_networks_of_volumes():
    network = MultiTexture(**VOLUMES, border="published")
    assert convolutions(network.generator) == 12_062_720
    assert convolutions(network.encoder) == 1_053_696
    critic = ImageCritic(3, 1, width=64, levels=4, spectral=False)
    assert convolutions(critic) == 11_046_912
    assert network.generator.points((160,) * 3) == (7, 7, 7)
    assert MultiTexture(**VOLUMES).generator.points((160,) * 3) == (15,) * 3  # 16 (15 - 3) - 30 = 162
    layers = CodeCritic(3, 16, width=64, spectral=False).layers
    assert [one.in_features for one in layers if isinstance(one, nn.Linear)] == [16, 512, 256]


@pytest.mark.parametrize(("points", "voxels"), [(7, 160), (10, 208), (13, 256), (25, 448)])
def test_published_generator_of_volumes_makes_16_times_n_plus_3(points: int, voxels: int):
    """A line of voxels is enough: kernels are the same along all axes."""
    network = MultiTexture(**VOLUMES | {"width": 1, "code": 1, "local": 1}, border="published").generator
    side = points
    for stage in network.rising:
        convolution = stage.convolution
        side = (side - 1) * convolution.stride[0] - 2 * convolution.padding[0] + convolution.kernel_size[0]
        side += convolution.output_padding[0]
    assert side == voxels == 16 * (points + 3)


def test_published_critics_of_volumes_see_7_places_a_side():
    """Maps by narrow networks, channels by the published ones."""
    volumes = torch.zeros(1, 1, 160, 160, 160)
    assert shapes(ImageCritic(3, 1, width=2, levels=4, spectral=False).layers, volumes)[-1] == (1, 7, 7, 7)
    pair = PairCritic(3, 1, width=4, levels=4, spectral=False)
    features = pair.features(volumes).flatten(2)
    assert features.shape == (1, 8, 343)
    assert pair.table(features, features).numel() == 343**2 == 49**3
    encoder = MultiTexture(**VOLUMES | {"width": 4}).encoder
    assert shapes(encoder.layers, volumes)[-1] == (32, 5, 5, 5)
    assert encoder(volumes)[0].shape == (1, 16)
    published = PairCritic(3, 1, width=64, levels=4, spectral=False)
    found = [one.out_channels for one in published.features if isinstance(one, nn.Conv3d)]
    assert found == [16, 32, 64, 72, 128]
    assert [(one.in_features, one.out_features) for one in published.pairs] == [(128, 128), (128, 64), (64, 1)]


@pytest.mark.parametrize(("dims", "levels", "field"), [(2, 5, 125), (3, 4, 94)])
def test_receptive_fields_of_the_image_critic(dims: int, levels: int, field: int):
    """Of one output in the middle, along the last axis: a network of one channel has the same kernels."""
    critic = ImageCritic(dims, 1, width=1, levels=levels, spectral=False)
    for value in critic.parameters():
        nn.init.ones_(value)
    images = torch.ones(1, 1, *(160,) * dims, requires_grad=True)
    logits = critic(images)
    logits[(0, 0, *(logits.shape[-1] // 2,) * dims)].backward()
    touched = images.grad[(0, 0, *(80,) * (dims - 1))].nonzero()
    assert int(touched.max() - touched.min()) + 1 == field


@pytest.mark.parametrize(("dims", "most"), [(2, 4), (3, 6)])
@pytest.mark.parametrize("upsample", ["transposed", "nearest"])
def test_a_pixel_depends_on_few_points_along_an_axis(dims: int, most: int, upsample: str):
    network = MultiTexture(dims=dims, channels=1, levels=5 if dims == 2 else 3, waves=0, upsample=upsample, **SMALL)
    generator = network.generator.eval().double()
    noise = torch.randn(1, 5, *(7 + (dims == 3),) * dims, dtype=torch.double, requires_grad=True)
    values = generator.interior(noise)
    assert values.shape[2:] == ((noise.shape[-1] - sum(generator.reach)) * generator.cell,) * dims
    for place in (0, generator.cell - 1, values.shape[-1] - 1):
        gradient = torch.autograd.grad(values[(0, 0, *(place,) * dims)], noise, retain_graph=True)[0]
        touched = gradient.abs().sum((0, 1)).nonzero()
        width = touched.max(0).values - touched.min(0).values + 1
        assert int(width.max()) <= (most if upsample == "transposed" else sum(generator.reach) + 1)
        first = touched.min(0).values - place // generator.cell
        assert int(first.min()) >= 0
        assert int(touched.max() - place // generator.cell) <= sum(generator.reach)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("upsample", ["transposed", "nearest"])
def test_a_tile_of_the_interior_is_the_part_of_a_larger_one(dims: int, upsample: str):
    network = MultiTexture(dims=dims, channels=1, levels=2, waves=0, upsample=upsample, **SMALL)
    generator, cell = network.generator.eval().double(), 4
    noise = torch.randn(1, 5, *(11,) * dims, dtype=torch.double)
    whole = generator.interior(noise)
    part = generator.interior(noise[(slice(None), slice(None), *(slice(2, 10),) * dims)])
    inside = (slice(None), slice(None), *(slice(2 * cell, 2 * cell + part.shape[-1]),) * dims)
    torch.testing.assert_close(part, whole[inside], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dims", [2, 3])
def test_a_published_tile_has_a_border_that_no_larger_one_has(dims: int):
    generator = MultiTexture(dims=dims, channels=1, levels=2, waves=0, border="published", **SMALL).generator
    generator = generator.eval().double()
    noise = torch.randn(1, 5, *(11,) * dims, dtype=torch.double)
    part = generator(noise[(slice(None), slice(None), *(slice(2, 10),) * dims)])
    whole = generator(noise)[(slice(None), slice(None), *(slice(8, 8 + part.shape[-1]),) * dims)]
    for border in (part[..., 0] - whole[..., 0], part[..., -1] - whole[..., -1]):
        assert float(border.detach().abs().min()) > 1e-12
    centre = (0, 0, *(part.shape[-1] // 2,) * dims)
    torch.testing.assert_close(part[centre], whole[centre], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("border", "points"), [("published", 7), ("valid", 13), ("interior", 15)])
def test_each_border_has_the_points_that_make_a_tile(border: str, points: int):
    network = MultiTexture(dims=3, channels=1, levels=2, waves=0, border=border, **SMALL).generator.eval()
    assert network.points((40, 40, 40)) == (points,) * 3
    noise = torch.zeros(1, 5, points, points, points)
    assert network(noise, (40, 40, 40)).shape == (1, 1, 40, 40, 40)
    assert network(noise).shape[-1] == 40  # nothing is made in vain


@pytest.mark.parametrize("dims", [2, 3])
def test_the_pair_critic_is_symmetric_takes_other_sizes_and_parts(dims: int):
    critic = PairCritic(dims, 1, width=8, levels=2).eval().double()
    one, other = (torch.randn(2, 1, side, *(24,) * (dims - 1), dtype=torch.double) for side in (24, 32))
    forward, backward = critic(one, other), critic(other, one)
    few = critic.features(one).flatten(2).shape[2]
    torch.testing.assert_close(torch.cat([forward[:, few:], forward[:, :few]], 1), backward)
    torch.testing.assert_close(critic(one, other, most=1), forward)  # row by row
    places = tuple(torch.arange(forward.shape[1])[:n] for n in (few, forward.shape[1] - few))
    torch.testing.assert_close(critic(one, other, places), forward)
    assert critic(one, other, (torch.tensor([0, 2]), torch.tensor([1]))).shape == (2, 3)


def test_chunks_of_the_pair_table_have_the_gradients_of_the_whole_one():
    found = []
    for most in (1, 2**24):
        torch.manual_seed(0)
        critic = PairCritic(2, 1, width=8, levels=2).double()  # in training, where looking at a weight changes it
        images = torch.randn(2, 2, 1, 24, 24, dtype=torch.double)
        critic(*images, most=most).square().sum().backward()
        found.append([value.grad for value in critic.parameters()])
    for part, whole in zip(*found, strict=True):
        torch.testing.assert_close(part, whole)


def test_the_table_is_the_network_on_products():
    """The products that are never held, held."""
    critic = PairCritic(2, 1, width=8, levels=2, spectral=False).double()
    one, other = (torch.randn(2, 12, count, dtype=torch.double) for count in (5, 7))
    values = (one[:, :, :, None] * other[:, :, None]).movedim(1, 3)
    expected = critic.pairs[1](nn.functional.leaky_relu(critic.pairs[0](values), 0.2))[..., 0]
    torch.testing.assert_close(critic.table(one, other), expected)


def test_spectral_norm_is_on_all_layers_or_on_none():
    for critic in (
        ImageCritic(2, 3, width=4, levels=3),
        PairCritic(2, 3, width=4, levels=3),
        CodeCritic(2, 2, width=4),
    ):
        layers = [one for one in critic.modules() if isinstance(one, (nn.Conv2d, nn.Linear))]
        assert all(hasattr(one, "parametrizations") for one in layers)
        for _ in range(60):
            largest = [torch.linalg.matrix_norm(one.weight.flatten(1), 2) for one in layers]
        torch.testing.assert_close(torch.stack(largest), torch.ones(len(layers)), rtol=0.02, atol=0)
    assert not any(hasattr(one, "parametrizations") for one in CodeCritic(2, 2, width=4, spectral=False).modules())


def test_waves_begin_along_the_axes_between_a_half_and_a_whole_turn_of_two_points():
    generator = MultiTexture(**PUBLISHED | {"width": 2}).generator
    found = generator.frequencies(torch.zeros(1, 2))[0]
    expected = torch.tensor([[0, 0.625], [0.75, 0], [0, 0.875], [1.0, 0]]) * torch.pi
    torch.testing.assert_close(found, expected)
    noise = generator.noise(torch.randn(3, 2), torch.randn(3, 20, 6, 5), torch.rand(3, 4))
    assert noise.shape == (3, 26, 6, 5)
    assert float(noise[:, 22:].detach().abs().max()) <= 1
    assert (noise[:, :2] == noise[:, :2, :1, :1]).all()
    assert len(noise[:, 22:, 0, 0].unique()) == 12


def test_momentum_one_keeps_the_statistics_of_the_last_batch():
    network = MultiTexture(**PUBLISHED | {"width": 2, "levels": 3}, momentum=1.0)
    images = torch.randn(4, 3, 32, 32)
    network.encoder(torch.randn(4, 3, 32, 32))
    network.encoder(images)
    before = network.encoder.layers[:3](images)
    torch.testing.assert_close(network.encoder.layers[3].running_mean, before.mean((0, 2, 3)))


@pytest.mark.parametrize(("dims", "levels"), [(2, 1), (2, 9), (3, 5), (4, 2)])
def test_other_levels_are_refused(dims: int, levels: int):
    with pytest.raises(RaysysError, match="allowed: 2 to 8 in two, 1 to 4 in three"):
        MultiTexture(dims=dims, levels=levels)


def test_a_critic_that_is_told_codes_adds_their_product_with_its_features():
    critic = ImageCritic(2, 3, width=4, levels=2, spectral=False, code=2)
    images, codes = torch.randn(3, 3, 16, 16), torch.randn(3, 2)
    features = critic.layers[:-1](images).mean((2, 3))
    added = (features * (codes @ critic.told.weight.T)).sum(1)
    torch.testing.assert_close(critic(images, codes), critic(images) + added[:, None, None, None])
