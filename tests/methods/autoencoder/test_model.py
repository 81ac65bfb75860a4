"""The autoencoder as a model: latents and back, the line between two images, and what it refuses."""

import numpy as np
import pytest
import torch
from support.tiny_models import autoencoder

from raysys import RaysysError
from raysys.methods.autoencoder.model import AutoencoderModel


def images_for(model: AutoencoderModel, n: int = 3, seed: int = 0) -> np.ndarray:
    """Binary images of one cell more than the native size along the first axis."""
    shape = (n, model.native_size[0] + model.cell, *model.native_size[1:])
    return (np.random.default_rng(seed).random(shape) < 0.4).astype(np.uint8)


def test_a_latent_point_stands_for_a_cell(coder: AutoencoderModel):
    images = images_for(coder)
    latents = coder.encode(images)
    points = tuple(side // coder.cell for side in images.shape[1:])
    assert (latents.dtype, latents.shape) == (np.float32, (3, coder.network.latent_channels, *points))
    with torch.inference_mode():
        direct = coder.network.encode(torch.from_numpy(images[:, None]).float()).numpy()
    np.testing.assert_allclose(latents, direct, atol=1e-4)


def test_decoding_the_latents_is_autoencoding(coder: AutoencoderModel):
    images = images_for(coder)
    for grey, dtype in ((False, np.uint8), (True, np.float32)):
        found = coder.decode(coder.encode(images), grey=grey)
        assert (found.dtype, found.shape) == (dtype, images.shape)
        np.testing.assert_array_equal(found, coder.autoencode(images, grey=grey))
    assert 0 < coder.autoencode(images).mean() < 1
    np.testing.assert_array_equal(coder.autoencode(images), coder.autoencode(images, grey=True) > 0.5)


@pytest.mark.parametrize("batch", [1, 2, 16])
def test_an_image_depends_on_no_other_of_its_batch(coder: AutoencoderModel, batch: int):
    images = images_for(coder, n=5)
    together = coder.autoencode(images, grey=True, batch=batch)
    for image, found in zip(images, together, strict=True):
        np.testing.assert_array_equal(coder.autoencode(image[None], grey=True)[0], found)
    np.testing.assert_array_equal(coder.encode(images, batch=batch)[3], coder.encode(images[3:4])[0])


@pytest.mark.parametrize("grey", [False, True])
def test_a_line_of_images_ends_at_the_two_autoencodings(coder: AutoencoderModel, grey: bool):
    first, second = images = images_for(coder, n=2)
    line = coder.interpolate(first, second, 5, grey=grey)
    assert line.shape == (5, *first.shape)
    np.testing.assert_array_equal(line[[0, -1]], coder.autoencode(images, grey=grey))
    np.testing.assert_array_equal(line[[0, 2, 4]], coder.interpolate(first, second, 3, grey=grey))
    np.testing.assert_array_equal(line[::-1], coder.interpolate(second, first, 5, grey=grey))
    start, end = coder.encode(images)
    np.testing.assert_array_equal(line[2], coder.decode((start + end)[None] / 2, grey=grey)[0])


def test_between_an_image_and_itself_nothing_changes(small_autoencoder: AutoencoderModel):
    (image,) = images_for(small_autoencoder, n=1)
    line = small_autoencoder.interpolate(image, image, 4, grey=True)
    np.testing.assert_allclose(line, np.broadcast_to(line[0], line.shape), atol=1e-6)


def test_a_circular_network_commutes_with_shifts_by_its_cell(small_autoencoder: AutoencoderModel):
    images = images_for(small_autoencoder)
    by = (small_autoencoder.cell, -3 * small_autoencoder.cell)
    moved = small_autoencoder.autoencode(np.roll(images, by, (1, 2)), grey=True)
    np.testing.assert_allclose(
        moved, np.roll(small_autoencoder.autoencode(images, grey=True), by, (1, 2)), atol=1e-5, rtol=0
    )
    points = tuple(step // small_autoencoder.cell for step in by)
    np.testing.assert_allclose(
        small_autoencoder.encode(np.roll(images, by, (1, 2))),
        np.roll(small_autoencoder.encode(images), points, (2, 3)),
        atol=1e-5,
        rtol=0,
    )


def test_grey_images_may_be_encoded_and_models_of_them_return_grey(small_autoencoder: AutoencoderModel):
    images = np.random.default_rng(0).random((2, 32, 32))
    np.testing.assert_array_equal(small_autoencoder.encode(images), small_autoencoder.encode(images.astype(np.float32)))
    card = small_autoencoder.card
    of_grey = card.model_copy(update={"images": card.images.model_copy(update={"kind": "grey"})})
    found = AutoencoderModel(of_grey, small_autoencoder.network).autoencode(images)
    np.testing.assert_array_equal(found, small_autoencoder.autoencode(images, grey=True))


IMAGES = np.zeros((2, 32, 32), np.uint8)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda model: model.encode(IMAGES[0]), "allowed: \\(N, pixels, pixels\\)"),
        (lambda model: model.encode(IMAGES[:, None]), "allowed: \\(N, pixels, pixels\\)"),
        (lambda model: model.encode(IMAGES[:, :30]), "multiple of the 4 pixels"),
        (lambda model: model.encode(IMAGES + 255), "from 255 to 255 .* allowed: 0 to 1"),
        (lambda model: model.encode(IMAGES - 0.5), "from -0.5 to -0.5"),
        (lambda model: model.encode(np.full(IMAGES.shape, np.nan)), "from nan to nan"),
        (lambda model: model.encode(IMAGES[:0]), "hold no pixel"),
        (lambda model: model.decode(np.zeros((1, 2, 8, 8))), "allowed: \\(N, 3, points, points\\)"),
        (lambda model: model.decode(np.zeros((1, 3, 8))), "allowed: \\(N, 3, points, points\\)"),
        (lambda model: model.decode(np.zeros((0, 3, 8, 8))), "allowed: \\(N, 3, points, points\\)"),
        (lambda model: model.interpolate(IMAGES[0], IMAGES[1], 1), "allowed: 2 or more"),
        (lambda model: model.interpolate(IMAGES[0], IMAGES[1, :28], 3), "allowed: one shape"),
    ],
)
def test_what_cannot_be_is_told(small_autoencoder: AutoencoderModel, ask: object, words: str):
    with pytest.raises(RaysysError, match=words):
        ask(small_autoencoder)


def test_samples_of_latents_cut_at_zero_are_of_latents_that_images_have():
    model = autoencoder(latent_activation="relu")
    noise = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    drawn = noise * model.network.latent_std.view(-1, 1, 1) + model.network.latent_mean.view(-1, 1, 1)
    assert drawn.min() < 0
    border = model.lattice.halo * model.cell
    expected = model.network.decode(drawn.clamp(min=0))[..., border:-border, border:-border].clamp(0, 1)
    with torch.inference_mode():
        torch.testing.assert_close(model.grey(noise), expected)
        assert not torch.allclose(model.grey(noise), autoencoder().grey(noise))
