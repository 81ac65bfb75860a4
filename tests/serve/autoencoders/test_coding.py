"""From uploads to what a model is given, and what is measured: grey images, volumes, crops."""

import numpy as np
import pytest
from support.serving import SIZE, save_untrained_autoencoder

from raysys.data import encode_images, gaussian_random_field
from raysys.errors import RaysysError
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.models import load
from raysys.serve import Limits
from raysys.serve.autoencoders.coding import autoencode, encode, interpolate
from raysys.serve.autoencoders.images import given, given_two
from raysys.serve.autoencoders.schemas import AutoencodeRequest, EncodeRequest, InterpolateRequest, UploadRequest
from raysys.serve.refused import RefusedError
from raysys.serve.uploads import decode_upload
from raysys.stats import characterise

LIMITS = Limits()
BINARY = gaussian_random_field((SIZE, SIZE), correlation_length=2.0, phase_fraction=0.3, seed=1, n=2)
GREY = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE), dtype=np.uint8)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AutoencoderModel]:
    folder = tmp_path_factory.mktemp("coders")
    options = {"binary": {}, "grey": {"kind": "grey"}, "volumes": {"dims": 3}}
    return {name: load(save_untrained_autoencoder(folder, name, **more)) for name, more in options.items()}


def npy(images: np.ndarray) -> bytes:
    return encode_images(images, "npy")


def stored(upload: bytes, model: AutoencoderModel, limits: Limits = LIMITS) -> np.ndarray:
    return decode_upload(upload, limits, model.form.dims, model.form.kind, model.form.channels)


def test_two_values_are_taken_as_they_are_whatever_is_asked(models: dict[str, AutoencoderModel]):
    for upload in (npy(BINARY), npy(BINARY * 255), encode_images(BINARY, "tif"), npy(BINARY.astype(np.float32) / 2)):
        for values in (None, "binary", "grey"):
            for name in ("binary", "grey"):
                found = given(stored(upload, models[name]), UploadRequest(values=values, threshold=0.9), models[name])
                assert (found.images.dtype, found.threshold) == (np.uint8, None)
                np.testing.assert_array_equal(found.images, BINARY)
    dark = given(stored(npy(BINARY), models["binary"]), UploadRequest(phase="dark"), models["binary"])
    np.testing.assert_array_equal(dark.images, 1 - BINARY)


def test_grey_images_are_what_the_model_was_trained_on_unless_asked(models: dict[str, AutoencoderModel]):
    values = GREY / np.float32(255)
    for name, asked in (("grey", None), ("binary", "grey")):
        found = given(stored(npy(GREY), models[name]), UploadRequest(values=asked), models[name])
        np.testing.assert_array_equal(found.images, values)
        assert found.threshold is None
    reversed_ = given(stored(npy(GREY), models["grey"]), UploadRequest(phase="dark"), models["grey"])
    np.testing.assert_array_equal(reversed_.images, 1 - values)
    for name, asked in (("binary", None), ("grey", "binary")):
        found = given(stored(npy(GREY), models[name]), UploadRequest(values=asked, threshold=64), models[name])
        np.testing.assert_array_equal(found.images, GREY > 64)
        assert found.threshold == 64
    otsu = given(stored(npy(GREY), models["binary"]), UploadRequest(), models["binary"])
    np.testing.assert_array_equal(otsu.images, np.greater(GREY, otsu.threshold))


def test_the_centre_is_cut_out_where_it_is_asked_for(models: dict[str, AutoencoderModel]):
    wide = np.pad(BINARY, ((0, 0), (1, 2), (1, 1)), constant_values=1)
    found = given(stored(npy(wide), models["binary"]), UploadRequest(fit="crop"), models["binary"])
    np.testing.assert_array_equal(found.images, BINARY)
    assert found.uploaded_shape == (SIZE + 3, SIZE + 2)


def test_two_images_are_cut_to_what_both_have(models: dict[str, AutoencoderModel]):
    first, second = BINARY[:1], np.pad(BINARY[1:], ((0, 0), (4, 4), (0, 1)), constant_values=1)[:, :, 4:]
    with pytest.raises(RaysysError, match="multiples of 4"):
        given_two((first, second), UploadRequest(), models["binary"])
    one, two = given_two((first, second), UploadRequest(fit="crop"), models["binary"])
    np.testing.assert_array_equal(one.images, BINARY[:1, :, 2:14])
    np.testing.assert_array_equal(two.images, BINARY[1:, :, 4:])


def test_grey_originals_have_no_descriptors_but_an_error(models: dict[str, AutoencoderModel]):
    model = models["grey"]
    found = autoencode(model, stored(npy(GREY), model), AutoencodeRequest(format="json"))
    values = GREY / np.float32(255)
    np.testing.assert_array_equal(found.images, model.autoencode(values))
    assert found.images.dtype == np.float32
    squares = (found.images.astype(float) - values) ** 2
    np.testing.assert_allclose(found.spatial_errors["pixel_error"], squares.mean(axis=(1, 2)), rtol=1e-5)
    assert (found.original, found.sharpness) == (None, {})
    assert "binary images" in found.note
    for name in ("grey", "binary"):
        request = AutoencodeRequest(format="json", values="grey", descriptors=["S2"])
        with pytest.raises(RefusedError, match="binary images"):
            autoencode(models[name], stored(npy(GREY), models[name]), request)
    line = interpolate(model, [GREY[:1], GREY[1:]], InterpolateRequest(steps=3, format="json"), LIMITS)
    np.testing.assert_array_equal(line.images, model.interpolate(*values, 3))
    assert (line.measured, "binary images" in line.note) == (None, True)


def test_one_phase_alone_is_measured_without_an_error(models: dict[str, AutoencoderModel]):
    framed = np.pad(np.zeros((1, SIZE, SIZE), np.uint8), ((0, 0), (1, 1), (1, 1)), constant_values=1)
    found = autoencode(
        models["binary"], stored(npy(framed), models["binary"]), AutoencodeRequest(format="json", fit="crop")
    )
    assert found.original.phase_fraction == 0
    assert found.error == {"S2": None}
    assert np.isnan(found.spatial_errors["s2_relative"]).all()


def test_only_numbers_may_be_asked_for(models: dict[str, AutoencoderModel]):
    request = AutoencodeRequest(format="npz", descriptors=["specific_surface"])
    found = autoencode(models["binary"], stored(npy(BINARY), models["binary"]), request)
    expected = characterise(BINARY, ("specific_surface",)).scalars["specific_surface"].values
    np.testing.assert_array_equal(found.original.scalars["specific_surface"].values, expected)
    assert found.error == {}


def test_volumes_are_pages_of_one_picture_or_arrays(models: dict[str, AutoencoderModel]):
    model = models["volumes"]
    volume = gaussian_random_field((8, 12, SIZE), correlation_length=2.0, phase_fraction=0.4, seed=2, n=1)
    for upload in (npy(volume), npy(volume[0]), encode_images(volume, "tif")):
        found = autoencode(model, stored(upload, model), AutoencodeRequest(format="npz"))
        np.testing.assert_array_equal(found.images, model.autoencode(volume))
        assert set(found.spatial_errors) == {"pixel_error"}
        assert "volumes" in found.note
        assert found.original.phase_fraction == pytest.approx(volume.mean())
    np.testing.assert_array_equal(
        encode(model, stored(npy(volume), model), EncodeRequest()).latents, model.encode(volume)
    )
    with pytest.raises(RefusedError, match=r"one volume .D, H, W., such as the pages of a TIFF"):
        stored(b"no picture", model)
    with pytest.raises(RefusedError, match="8 x 12 x 16 has 1536 pixels"):
        stored(npy(volume), model, Limits(max_pixels=1535))
