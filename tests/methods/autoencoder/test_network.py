"""The autoencoder: constant latent size, shifts, heads, and its model's autoencodings."""

import numpy as np
import pytest
import torch

from raysys import RaysysError
from raysys.methods.autoencoder.network import Autoencoder


@pytest.mark.parametrize(("depth", "latent"), [(2, (1, 64)), (3, (4, 32)), (4, (16, 16)), (1, (1, 128))])
def test_the_latent_budget_is_the_same_at_every_depth(depth, latent):
    """4096 values at 256 pixels; a single pooling cannot go below one channel."""
    with torch.device("meta"):
        network = Autoencoder(256, depth=depth, width=2)
        channels, points = latent
        latents = network.encode(torch.empty(1, 1, 256, 256))
        assert latents.shape == (1, channels, points, points)
        assert network.latent_shape() == (points, points)
        assert network.decode(latents).shape == (1, 1, 256, 256)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_circular_padding_commutes_with_shifts_of_a_cell(depth):
    network = Autoencoder(32, depth=depth, width=4, latent_channels=2).eval()
    images = torch.rand(2, 1, 32, 32)
    with torch.inference_mode():
        moved = network(images.roll((2**depth, -(2**depth)), (2, 3)))
        torch.testing.assert_close(moved, network(images).roll((2**depth, -(2**depth)), (2, 3)), atol=1e-5, rtol=0)
        zeros = Autoencoder(32, depth=depth, width=4, latent_channels=2, padding="zeros").eval()
        assert not torch.allclose(zeros(images.roll(8, 2)), zeros(images).roll(8, 2), atol=1e-5)


def test_any_multiple_of_the_cell_is_encoded():
    network = Autoencoder(32, depth=3, width=2)
    assert network(torch.rand(1, 1, 48, 16)).shape == (1, 1, 48, 16)
    with pytest.raises(RaysysError, match="8 pixels of 3 poolings"):
        network.encode(torch.rand(1, 1, 20, 16))


@pytest.mark.parametrize("head", ["sigmoid", "relu", "identity"])
@pytest.mark.parametrize("seed", range(3))
def test_no_head_is_dead_on_a_sparse_phase(head, seed):
    torch.manual_seed(seed)
    network = Autoencoder(32, depth=2, width=8, head=head, phase_fraction=0.05)
    images = network((torch.rand(4, 1, 32, 32) < 0.05).float())
    assert (images > 0).float().mean() > 0.1
    assert images.mean().item() == pytest.approx(0.05, abs=0.15)
    images.mean().backward()
    assert network.encoder[0].weight.grad.abs().max() > 0


def test_latent_statistics_are_those_of_all_batches():
    network = Autoencoder(16, depth=2, width=4, latent_channels=3).eval()
    images = torch.rand(7, 1, 16, 16)
    network.fit_latents([images[:4], images[4:]])
    latents = network.encode(images).transpose(0, 1).flatten(1)
    torch.testing.assert_close(network.latent_mean, latents.mean(1))
    torch.testing.assert_close(network.latent_std, latents.std(1, correction=0), atol=1e-5, rtol=1e-3)
    with pytest.raises(RaysysError, match="no images"):
        network.fit_latents([])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 20, "depth": 3}, "halved 3 times"),
        ({"size": 16, "depth": 0}, "depth 1 or more"),
        ({"padding": "reflect"}, "'circular' or 'zeros'"),
        ({"head": "tanh"}, "'sigmoid', 'relu', 'identity'"),
        ({"dims": 1}, "2 or 3"),
        ({"phase_fraction": 0.0}, "between 0 and 1"),
    ],
)
def test_impossible_autoencoders_are_refused(options, words):
    with pytest.raises(RaysysError, match=words):
        Autoencoder(**({"size": 16, "depth": 2} | options))


def test_autoencodings_are_the_networks_output_above_one_half(small_autoencoder):
    images = (np.random.default_rng(0).random((5, 32, 24)) < 0.4).astype(np.uint8)
    grey = small_autoencoder.autoencode(images, grey=True, batch=2)
    with torch.inference_mode():
        direct = small_autoencoder.network(torch.from_numpy(images[:, None]).float())[:, 0].numpy()
    np.testing.assert_allclose(grey, direct, atol=1e-5)
    np.testing.assert_array_equal(small_autoencoder.autoencode(images, batch=2), grey > 0.5)
    with pytest.raises(RaysysError, match="allowed: \\(N, pixels, pixels\\)"):
        small_autoencoder.autoencode(images[0])


@pytest.mark.parametrize("dims", [2, 3])
def test_a_softmax_makes_shares_of_phases_from_equal_ones_on(dims: int):
    network = Autoencoder((16, 8, 12)[:dims], depth=2, width=2, channels=4, dims=dims, head="softmax")
    shares = network(torch.rand(2, 4, *(16, 8, 12)[:dims]))
    torch.testing.assert_close(shares.sum(1), torch.ones_like(shares[:, 0]))
    assert (shares - 0.25).abs().max() < 0.2
    assert network.latent_shape() == (4, 2, 3)[:dims]
    assert Autoencoder(**network.hyperparameters).shape == network.shape


def test_published_latents_are_those_of_the_plain_network_cut_at_zero():
    plain, published = (
        Autoencoder(16, depth=2, width=4, latent_channels=3, latent_activation=kind) for kind in ("none", "relu")
    )
    published.load_state_dict(plain.state_dict())  # the activation has no weights
    images = torch.rand(2, 1, 16, 16)
    assert plain.encode(images).min() < 0
    torch.testing.assert_close(published.encode(images), plain.encode(images).clamp(min=0))
    with pytest.raises(RaysysError, match="variational latents are normal"):
        Autoencoder(16, depth=2, latent_activation="relu", variational=True)
