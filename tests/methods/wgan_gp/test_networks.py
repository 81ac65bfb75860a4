"""The WGAN-GP networks: published sizes, refused sizes, and the lattice generator's alignment."""

import numpy as np
import pytest
import torch

from raysys import RaysysError
from raysys.methods.wgan_gp.networks import Critic, Generator
from raysys.models import lattice_noise


def parameters(network):
    return sum(value.numel() for value in network.parameters())


# Counted from the published code; 256 pixels (61,486,080 / 44,729,344) in the slow test.
@pytest.mark.parametrize(("size", "generator", "critic"), [(64, 6_953_984, 2_761_728), (128, 19_538_944, 11_158_528)])
def test_published_parameter_counts(size, generator, critic):
    with torch.device("meta"):
        assert parameters(Generator(size)) == generator
        assert parameters(Critic(size)) == critic


@pytest.mark.parametrize(
    ("size", "generator", "critic"), [(256, 61_486_080, 44_729_344), (512, 212_489_216, 178_979_840)]
)
def test_parameter_counts_of_larger_sizes(size, generator, critic):
    with torch.device("meta"):
        assert parameters(Generator(size)) == generator
        assert parameters(Critic(size)) == critic


def test_the_published_generator_has_4102_batch_norm_buffer_elements():
    with torch.device("meta"):
        assert sum(value.numel() for value in Generator(128).buffers()) == 4_102


@pytest.mark.parametrize("network", [Generator, Critic])
@pytest.mark.parametrize("size", [0, 8, 48, 80, 96, 100])
def test_sizes_on_which_the_published_code_hangs_or_fails_are_refused(network, size):
    with pytest.raises(RaysysError, match="a power of two, 16 or more"):
        network(size)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"latent": "image"}, "'vector' or 'lattice'"),
        ({"levels": 3}, "latent: lattice"),
        ({"latent": "lattice", "levels": 9}, "allowed: 1 to"),
        ({"latent": "lattice", "levels": 0}, "allowed: 1 to"),
        ({"dims": 4}, "2 or 3"),
    ],
)
def test_impossible_generators_are_refused(options, words):
    with pytest.raises(RaysysError, match=words):
        Generator(32, **options)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("latent", ["vector", "lattice"])
def test_shapes(latent, dims):
    generator = Generator(16, width=4, latent_channels=5, latent=latent, dims=dims)
    images = generator(torch.randn(3, 5, *generator.latent_shape()))
    assert images.shape == (3, 1, *(16,) * dims)
    assert images.abs().max() <= 1
    assert Critic(16, width=4, dims=dims)(images).shape == (3,)


@pytest.mark.parametrize(("levels", "size", "points"), [(1, 16, 10), (2, 32, 10), (3, 32, 6), (4, 64, 6), (5, 32, 3)])
def test_n0_lattice_points_make_n0_minus_2_cells(levels, size, points):
    generator = Generator(size, width=4, latent_channels=3, latent="lattice", levels=levels)
    assert generator.latent_shape() == (points, points)
    assert generator(torch.randn(2, 3, points, points)).shape == (2, 1, size, size)


@pytest.mark.parametrize(("size", "levels"), [(16, 2), (32, 3), (64, 4), (256, 4)])
def test_default_levels(size, levels):
    assert Generator(size, width=1, latent_channels=1, latent="lattice").levels == levels


def test_widths_double_towards_the_latent():
    weights = [
        w for w in Generator(64, width=8, latent_channels=5, latent="lattice", levels=4).parameters() if w.ndim > 1
    ]
    assert [tuple(weight.shape[:2]) for weight in weights] == [(5, 32), (32, 16), (16, 8), (8, 8), (8, 1)]


def test_initial_weights():
    torch.manual_seed(0)
    generator = Generator(64, norm_mean=0.0)
    convolution, norm = generator.layers[3], generator.layers[4]
    assert convolution.weight.std().item() == pytest.approx(0.02, rel=0.01)
    assert abs(norm.weight.mean().item()) < 0.005
    assert (norm.bias == 0).all()
    assert abs(Generator(64).layers[4].weight.mean().item() - 1) < 0.005
    assert Critic(64).layers[2].weight.std().item() == pytest.approx(0.02, rel=0.02)


@pytest.mark.parametrize("seen", ["window", "shift"])
def test_the_documented_alignment(lattice_gan, seen):
    """Latent [a, a + n0) makes pixels [(a + 1) c, (a + n0 - 1) c), c = 2**levels."""
    generator, cell = lattice_gan.network, lattice_gan.cell
    with torch.inference_mode():

        def pixels(a, n0):
            noise = lattice_noise(5, 6, n0, origin=a)
            return generator(torch.from_numpy(noise)[None])[0, 0].numpy()

        large = pixels((-3, 2), (9, 8))  # pixels from (-2, 3) cells
        small = pixels((0, 3), (4, 5))  # pixels from (1, 4) cells
        if seen == "window":
            np.testing.assert_allclose(small, large[3 * cell : 5 * cell, cell : 4 * cell], atol=1e-5)
        else:
            assert np.abs(small - large[3 * cell - 1 : 5 * cell - 1, cell : 4 * cell]).max() > 0.1


def test_a_lattice_pixel_is_centred_on_its_cell(lattice_gan):
    """The influence of a point is symmetric about the middle of its own cell."""
    generator, cell = lattice_gan.network, lattice_gan.cell
    reach = []
    for axis in (2, 3):
        noise = torch.zeros(1, 6, 9, 9, requires_grad=False)
        moved = noise.clone()
        moved[:, :, 4, 4] += 1.0
        with torch.inference_mode():
            changed = (generator(moved) - generator(noise)).abs().amax(dim=5 - axis)[0, 0] > 0
        first, last = np.flatnonzero(changed.numpy())[[0, -1]]
        reach.append((first, last))
        # Cell 4 of the latent starts at pixel 3 * cell, since the output starts one cell into the lattice.
        assert (first + last) / 2 == 3 * cell + (cell - 1) / 2
    assert reach[0] == reach[1]


def test_sizes_that_are_no_multiple_of_the_cell_have_no_latent_shape():
    generator = Generator(32, width=2, latent_channels=2, latent="lattice")
    assert generator.latent_shape((64, 8)) == (10, 3)
    with pytest.raises(RaysysError, match="lattice cell of 8 pixels"):
        generator.latent_shape(33)
    with pytest.raises(RaysysError, match="16 pixels only"):
        Generator(16, width=2).latent_shape(32)


@pytest.mark.parametrize("dims", [2, 3])
def test_a_softmax_makes_shares_of_phases(dims: int):
    generator = Generator(16, width=4, latent_channels=3, latent="lattice", channels=3, dims=dims, head="softmax")
    images = generator(torch.randn(2, 3, *generator.latent_shape()))
    shares = (images + 1) / 2
    assert images.shape == (2, 3, *(16,) * dims)
    torch.testing.assert_close(shares.sum(1), torch.ones_like(shares[:, 0]))
    assert (shares > 0).all()


def test_sides_may_differ_on_a_lattice():
    generator = Generator((16, 64, 32), width=2, latent_channels=3, latent="lattice", dims=3)
    assert generator.latent_shape() == (6, 18, 10)
    images = generator(torch.randn(2, 3, 6, 18, 10))
    assert images.shape == (2, 1, 16, 64, 32)
    assert Critic((16, 64, 32), width=2, dims=3)(images).shape == (2,)
    assert Generator(**generator.hyperparameters).shape == (16, 64, 32)
    with pytest.raises(RaysysError, match="latent: vector makes images of equal sides"):
        Generator((16, 32))
    with pytest.raises(RaysysError, match="in 3 dimensions; give 3 sides"):
        Critic((16, 32), dims=3)
