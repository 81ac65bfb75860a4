"""`raysys autoencode` with a tiny untrained autoencoder, here and through an endpoint."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import Result

from raysys.data import read_images, write_images
from raysys.data.phases import decided
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.methods.autoencoder.network import Autoencoder
from raysys.models import ModelCard, load, save_model
from raysys.stats import two_point
from raysys.stats.paired import sharpness, spatial_errors

Run = Callable[..., Result]
Refused = Callable[..., str]
SIZE = 16


def save_coder(folder: Path, name: str, **options: object) -> Path:
    """An untrained autoencoder whose cell is 4 pixels."""
    torch.set_num_threads(1)
    torch.manual_seed(2)
    kind = options.pop("kind", "binary")
    network = Autoencoder(SIZE, depth=2, width=4, latent_channels=3, **options)
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(1.5 if weights.ndim > 1 else 1)  # so that values lie on both sides of the threshold
    card = ModelCard(
        name=name,
        architecture="autoencoder",
        hyperparameters=network.hyperparameters,
        images={"shape": (SIZE,) * network.dims, "phase_fraction": 0.4, "kind": kind},
    )
    return save_model(folder / name, AutoencoderModel(card, network))


@pytest.fixture(scope="module")
def coders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("coders")
    return {
        "coder": save_coder(folder, "coder"),
        "of-grey": save_coder(folder, "of-grey", kind="grey"),
        "volumes": save_coder(folder, "volumes", dims=3),
    }


@pytest.fixture(scope="module")
def model(coders: dict[str, Path]) -> AutoencoderModel:
    return load(coders["coder"], kind=AutoencoderModel)


def test_writes_the_models_autoencodings_and_their_latents(
    raysys: Run, coders: dict[str, Path], model: AutoencoderModel, tiles: Path, fields: np.ndarray
):
    result = raysys("autoencode", coders["coder"], tiles, "-o", "out.tif", "--latents", "latents.npz")
    assert result.exit_code == 0, result.output
    np.testing.assert_array_equal(read_images("out.tif") > 0, model.autoencode(fields))
    latents = np.load("latents.npz")["latents"]
    np.testing.assert_array_equal(latents, model.encode(fields))
    np.testing.assert_array_equal(model.decode(latents), model.autoencode(fields))
    assert "wrote out.tif (8 of 32 x 32 pixels)" in result.stdout
    assert "wrote latents.npz (3 x 8 x 8 values of 8 images)" in result.stdout
    assert f"{fields.mean():.4g}" in result.stdout
    assert f"{model.autoencode(fields).mean():.4g}" in result.stdout


def test_an_npz_holds_the_numbers_of_both(
    raysys: Run, coders: dict[str, Path], model: AutoencoderModel, tiles: Path, fields: np.ndarray
):
    result = raysys("autoencode", coders["coder"], tiles, "-o", "out.npz", "--grey")
    packed = np.load("out.npz")
    values = model.autoencode(fields, grey=True)
    np.testing.assert_array_equal(packed["images"], values)
    np.testing.assert_array_equal(packed["originals"], fields)
    expected = spatial_errors(values, fields, window=round(50 * 32 / 256)) | sharpness(values, fields)
    for name, numbers in expected.items():
        np.testing.assert_allclose(packed[name], numbers)
    np.testing.assert_allclose(packed["phase_fractions"], model.autoencode(fields).mean(axis=(1, 2)))
    np.testing.assert_array_equal(packed["original_S2_values"], two_point(fields).values)
    np.testing.assert_array_equal(packed["S2_values"], two_point(model.autoencode(fields)).values)
    shown = " ".join(result.stdout.split())
    for name in ("s2_relative", "pixel_error", "mid_grey"):
        assert f"{expected[name].mean():.4g}" in shown


def test_goes_from_one_image_to_another(
    raysys: Run, coders: dict[str, Path], model: AutoencoderModel, fields: np.ndarray
):
    write_images("one.png", fields[:1])
    write_images("other.png", fields[1:2])
    asked = ("autoencode", coders["coder"], "one.png", "--interpolate-to", "other.png", "--steps", 5)
    assert raysys(*asked, "-o", "out.npy").exit_code == 0
    line = np.load("out.npy")
    np.testing.assert_array_equal(line, model.interpolate(*fields[:2], 5))
    np.testing.assert_array_equal(line[[0, -1]], model.autoencode(fields[:2]))
    result = raysys(*asked, "-o", "out.npz", "--phase", "dark", "--latents", "two.npz")
    packed = np.load("out.npz")
    np.testing.assert_array_equal(packed["images"], model.interpolate(*(1 - fields[:2]), 5))
    np.testing.assert_array_equal(np.load("two.npz")["latents"], model.encode(1 - fields[:2]))
    to_second = spatial_errors(packed["images"], np.repeat(1 - fields[1:2], 5, axis=0))["s2_relative"]
    np.testing.assert_allclose(packed["s2_relative_to_second"], to_second)
    assert f"{to_second[2]:.4g}" in result.stdout
    assert raysys(*asked, "-o", "row.png").exit_code == 0
    assert read_images("row.png").shape == (32, 5 * 32 + 4 * 2)


def test_crops_where_it_is_asked_to(
    raysys: Run, refused: Refused, coders: dict[str, Path], model: AutoencoderModel, fields: np.ndarray
):
    write_images("wide.npy", np.pad(fields[:1], ((0, 0), (1, 1), (0, 3)), mode="wrap"))
    write_images("narrow.npy", fields[:1, :, :28])
    message = refused("autoencode", coders["coder"], "wide.npy", "-o", "out.npy")
    assert "34 x 35 pixels" in message
    assert "nearest size is 36 x 36: resize it, or take its central 32 x 32 with --fit crop" in message
    assert raysys("autoencode", coders["coder"], "wide.npy", "--fit", "crop", "-o", "out.npz").exit_code == 0
    np.testing.assert_array_equal(np.load("out.npz")["originals"], np.load("wide.npy")[:, 1:33, 1:33])
    asked = ("autoencode", coders["coder"], "narrow.npy", "--interpolate-to", "wide.npy", "--steps", 2, "-o", "l.npz")
    assert raysys(*asked, "--fit", "crop").exit_code == 0
    cut = np.stack([fields[0, :, :28], np.load("wide.npy")[0, 1:33, 3:31]])
    np.testing.assert_array_equal(np.load("l.npz")["images"], model.autoencode(cut))


def test_grey_images_are_segmented_or_given_as_they_are(raysys: Run, coders: dict[str, Path], grey: Path):
    model, values = load(coders["of-grey"]), read_images(grey)[None]
    stored = values / np.float32(255)
    result = raysys("autoencode", coders["of-grey"], grey, "-o", "out.npy")
    np.testing.assert_array_equal(np.load("out.npy"), model.autoencode(stored))
    assert "mean grey value" in result.stdout
    raysys("autoencode", coders["of-grey"], grey, "-o", "out.npy", "--phase", "dark")
    np.testing.assert_array_equal(np.load("out.npy"), model.autoencode(1 - stored))
    result = raysys("autoencode", coders["of-grey"], grey, "--values", "binary", "-o", "out.npy")
    phases = decided(values, None).marked
    np.testing.assert_array_equal(np.load("out.npy"), model.autoencode(phases))
    assert "was segmented at Otsu's threshold" in result.stderr
    raysys("autoencode", coders["coder"], grey, "--values", "grey", "-o", "out.npy")
    np.testing.assert_array_equal(np.load("out.npy"), load(coders["coder"]).autoencode(stored))


def test_volumes_are_autoencoded_too(raysys: Run, coders: dict[str, Path], fields: np.ndarray):
    write_images("rock.npy", fields[:, :, :20])
    assert raysys("autoencode", coders["volumes"], "rock.npy", "-o", "out.npz").exit_code == 0
    packed = np.load("out.npz")
    np.testing.assert_array_equal(packed["images"], load(coders["volumes"]).autoencode(fields[None, :, :, :20]))
    assert "s2_relative" not in packed
    np.testing.assert_array_equal(packed["original_S2_values"], two_point(fields[None, :, :, :20]).values)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-o", "s.docx"], "unknown format"),
        (["-o", "s.npy", "--latents", "s.npy"], "--latents s.npy"),
        (["-o", "s.npy", "--interpolate-to", "tiles.npy"], "IMAGE holds 8 images"),
        (["-o", "s.npy", "--interpolate-to", "no.npy"], "no.npy does not exist"),
        (["-o", "s.npy", "--values", "grey", "--phase", "3"], "allowed: bright or dark"),
        (["-o", "s.npy", "--steps", "1"], "--steps"),
        (["-o", "s.npy", "--url", "localhost:8000"], "begins with http"),
        (["-o", "s.npy", "--url", "http://127.0.0.1:1"], "no endpoint of raysys answers"),
    ],
)
def test_wrong_requests_are_refused(
    refused: Refused, coders: dict[str, Path], tiles: Path, options: list[str], expected: str
):
    assert expected in refused("autoencode", coders["coder"], tiles, *options)


def test_models_that_encode_nothing_and_pictures_of_volumes_are_refused(
    refused: Refused, coders: dict[str, Path], model_folder: Path, tiles: Path
):
    sentence = refused("autoencode", model_folder, tiles, "-o", "s.npy")
    assert "makes images; wanted: one that encodes and decodes images" in sentence
    assert "png" in refused("autoencode", coders["volumes"], tiles, "-o", "s.png")


@pytest.fixture(scope="module")
def url(coders: dict[str, Path], model_folder: Path, ray: None) -> Iterator[str]:
    """An endpoint with a token."""
    from raysys.serve import start

    models = {"served": str(coders["coder"]), "tiny": str(model_folder)}
    with start(models, port=0, token="let me in") as endpoint:
        yield endpoint.url


def test_an_endpoint_gives_the_same_files(
    raysys: Run, refused: Refused, coders: dict[str, Path], url: str, tiles: Path, fields: np.ndarray
):
    write_images("one.npy", fields[:1])
    write_images("other.npy", fields[1:2])
    write_images("grey.npy", np.random.default_rng(0).random((2, 32, 32)).astype(np.float32))
    there = ("--url", url, "--token", "let me in")
    for asked in (
        (tiles, "--latents", "latents.npz"),
        (tiles, "--grey", "--phase", "dark"),
        ("grey.npy", "--values", "grey"),
        ("one.npy", "--interpolate-to", "other.npy", "--steps", 4, "--latents", "latents.npz"),
    ):
        contents = []
        for name, where in ((coders["coder"], ()), ("served", there)):
            assert raysys("autoencode", name, *asked, *where, "-o", "out.npz").exit_code == 0
            read = [np.load("out.npz"), *([np.load("latents.npz")] if "latents.npz" in asked else [])]
            contents.append({key: arrays[key] for arrays in read for key in arrays.files})
        assert set(contents[0]) == set(contents[1])
        for key, values in contents[0].items():
            np.testing.assert_array_equal(contents[1][key], values)
    assert "wgan-gp, which makes images" in refused("autoencode", "tiny", tiles, "-o", "no.npy", *there)
    assert "known: served, tiny" in refused("autoencode", "nobody", tiles, "-o", "no.npy", *there)
    steps = ("one.npy", "--interpolate-to", "other.npy", "--steps", 65)
    assert "64" in refused("autoencode", "served", *steps, "-o", "no.npy", *there)
    assert "asks for a token" in refused("autoencode", "served", tiles, "-o", "no.npy", "--url", url)
