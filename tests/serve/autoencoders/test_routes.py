"""Encoding, autoencoding and interpolating uploads through HTTP, bit for bit as the same model in this process."""

import base64
import io
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import tifffile
from PIL import Image
from support.serving import Served, array, png, refusal

from raysys.data import encode_images, gaussian_random_field
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.serve.encoding import contact_sheet
from raysys.stats import characterise, compare
from raysys.stats.paired import sharpness, spatial_errors

# Not square, and larger than the training images.
IMAGES = gaussian_random_field((24, 32), correlation_length=2.0, phase_fraction=0.4, seed=3, n=3)


@pytest.fixture
def coder(served: Served) -> AutoencoderModel:
    return served.models["coder"]


def ask(client: httpx.Client, route: str, images: np.ndarray, name: str = "coder", **fields: object) -> httpx.Response:
    """Upload images, as .npy, or two of them for /interpolate."""
    keys = ("first", "second") if route == "interpolate" else ("image",)
    parts = images[:2] if route == "interpolate" else [images]
    stacks = [part.reshape(-1, *part.shape[-2:]) for part in parts]
    files = {key: encode_images(stack, "npy") for key, stack in zip(keys, stacks, strict=True)}
    return client.post(f"/v1/models/{name}/{route}", files=files, data=fields)


@pytest.mark.parametrize("grey", [False, True])
def test_an_autoencoding_is_the_models(client: httpx.Client, coder: AutoencoderModel, grey: bool):
    expected = coder.autoencode(IMAGES, grey=grey)
    found = array(ask(client, "autoencode", IMAGES, format="npy", grey=grey))
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    assert 0 < expected.mean() < 1


def test_decoded_latents_are_the_autoencoding(client: httpx.Client, coder: AutoencoderModel):
    packed = array(ask(client, "encode", IMAGES, format="npz"))
    np.testing.assert_array_equal(packed["latents"], coder.encode(IMAGES))
    found = array(ask(client, "autoencode", IMAGES, format="npy", grey=True))
    np.testing.assert_array_equal(coder.decode(packed["latents"], grey=True), found)
    np.testing.assert_allclose(packed["phase_fractions"], IMAGES.mean(axis=(1, 2)))


def test_latents_as_json_are_the_same_numbers(client: httpx.Client, coder: AutoencoderModel):
    body = ask(client, "encode", IMAGES).json()
    expected = coder.encode(IMAGES)
    assert (body["n"], body["shape"], body["cell"], body["threshold"]) == (3, [24, 32], 4, None)
    assert body["latent_shape"] == [3, 6, 8]
    np.testing.assert_array_equal(np.array(body["latents"], np.float32).reshape(expected.shape), expected)
    for channel, told in enumerate(body["channels"]):
        values = expected[:, channel]
        assert told["mean"] == pytest.approx(values.mean(), abs=1e-5)
        assert told["std"] == pytest.approx(values.std(), abs=1e-5)
        assert (told["min"], told["max"]) == (values.min(), values.max())
        assert (told["training_mean"], told["training_std"]) == (0, 1)


@pytest.mark.parametrize("grey", [False, True])
def test_the_ends_of_an_interpolation_are_autoencodings(client: httpx.Client, coder: AutoencoderModel, grey: bool):
    line = array(ask(client, "interpolate", IMAGES, steps=5, format="npy", grey=grey))
    ends = array(ask(client, "autoencode", IMAGES[:2], format="npy", grey=grey))
    assert line.shape == (5, 24, 32)
    np.testing.assert_array_equal(line[[0, -1]], ends)
    np.testing.assert_array_equal(line, coder.interpolate(*IMAGES[:2], 5, grey=grey))


def test_the_statistics_are_of_both(client: httpx.Client, coder: AutoencoderModel):
    found = coder.autoencode(IMAGES)
    asked = {"descriptors": ["S2", "L", "specific_surface"], "boundary": "periodic", "r_max": 7}
    body = ask(client, "autoencode", IMAGES, format="json", include_images=True, **asked).json()
    sides = {"original": IMAGES, "autoencoding": found}
    measured = {
        side: characterise(images, asked["descriptors"], boundary="periodic", r_max=7) for side, images in sides.items()
    }
    for side, images in sides.items():
        np.testing.assert_allclose(body[side]["phase_fractions"], images.mean(axis=(1, 2)))
        for name, curve in measured[side].curves.items():
            np.testing.assert_array_equal(np.array(body[side]["descriptors"][name]["mean"], float), curve.mean)
        surface = measured[side].scalars["specific_surface"].values
        np.testing.assert_array_equal(body[side]["scalars"]["specific_surface"]["values"], surface)
    assert body["error"] == pytest.approx(compare(measured["original"], measured["autoencoding"]))
    grey = coder.autoencode(IMAGES, grey=True)
    window = round(50 * 24 / 256)
    for told, expected in (
        (body["spatial_errors"], spatial_errors(grey, IMAGES, window=window)),
        (body["sharpness"], sharpness(grey, IMAGES)),
    ):
        assert set(told) == set(expected)
        for name, values in expected.items():
            np.testing.assert_allclose(told[name], values)
    for shown, images in ((body["images"], found), (body["originals"], IMAGES)):
        pictures = [np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))) for one in shown]
        np.testing.assert_array_equal(pictures, images * 255)


def test_npz_carries_the_numbers_of_both(client: httpx.Client, coder: AutoencoderModel):
    packed = array(ask(client, "autoencode", IMAGES, format="npz"))
    found, grey = coder.autoencode(IMAGES), coder.autoencode(IMAGES, grey=True)
    np.testing.assert_array_equal(packed["images"], found)
    np.testing.assert_array_equal(packed["originals"], IMAGES)
    np.testing.assert_array_equal(packed["S2_values"], characterise(found, ("S2",)).curves["S2"].values)
    np.testing.assert_array_equal(packed["original_S2_values"], characterise(IMAGES, ("S2",)).curves["S2"].values)
    np.testing.assert_allclose(packed["s2_relative"], spatial_errors(grey, IMAGES)["s2_relative"])
    np.testing.assert_allclose(packed["mid_grey"], sharpness(grey, IMAGES)["mid_grey"])


def test_every_step_of_an_interpolation_is_measured(client: httpx.Client, coder: AutoencoderModel):
    body = ask(client, "interpolate", IMAGES, steps=4, format="json", descriptors=["S2", "minkowski"]).json()
    line = coder.interpolate(*IMAGES[:2], 4)
    measured = characterise(line, ("S2", "minkowski"))
    assert (body["n"], body["shape"], body["images"]) == (4, [24, 32], None)
    np.testing.assert_allclose(body["original_phase_fractions"], IMAGES[:2].mean(axis=(1, 2)))
    np.testing.assert_allclose(body["phase_fractions"], line.mean(axis=(1, 2)))
    np.testing.assert_array_equal(body["descriptors"]["S2"]["values"], measured.curves["S2"].values)
    euler = measured.scalars["euler_characteristic"].values
    np.testing.assert_array_equal(body["scalars"]["euler_characteristic"]["values"], euler)
    packed = array(ask(client, "interpolate", IMAGES, steps=4, format="npz"))
    np.testing.assert_array_equal(packed["images"], line)
    np.testing.assert_array_equal(packed["S2_values"], measured.curves["S2"].values)


def test_pictures_come_in_order_with_numbers_as_headers(client: httpx.Client, coder: AutoencoderModel):
    line = coder.interpolate(*IMAGES[:2], 3)
    answer = ask(client, "interpolate", IMAGES, steps=3)
    np.testing.assert_array_equal(png(answer), np.rint(contact_sheet(line) * 255))
    shares = [float(share) for share in answer.headers["x-raysys-phase-fractions"].split(",")]
    assert shares == pytest.approx(line.mean(axis=(1, 2)), abs=1e-6)
    answer = ask(client, "autoencode", IMAGES, format="tif")
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(answer.content)), coder.autoencode(IMAGES) * 255)
    errors = spatial_errors(coder.autoencode(IMAGES, grey=True), IMAGES)
    assert answer.headers["x-raysys-model"] == "coder"
    assert answer.headers["content-disposition"] == 'inline; filename="coder-autoencoding.tif"'
    for header, expected in (
        ("phase-fraction", coder.autoencode(IMAGES).mean()),
        ("original-phase-fraction", IMAGES.mean()),
        ("s2-relative-error", errors["s2_relative"].mean()),
        ("pixel-error", errors["pixel_error"].mean()),
    ):
        assert float(answer.headers[f"x-raysys-{header}"]) == pytest.approx(expected, rel=1e-4)


def test_many_at_once_get_what_each_would_get_alone(client: httpx.Client, coder: AutoencoderModel):
    asked = [IMAGES[:n] for n in (1, 2, 3)] * 5
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda images: array(ask(client, "autoencode", images, format="npy")), asked))
        lines = list(pool.map(lambda n: array(ask(client, "interpolate", IMAGES, steps=n, format="npy")), (2, 3, 4)))
    for images, one in zip(asked, found, strict=True):
        np.testing.assert_array_equal(one, coder.autoencode(images))
    for steps, line in zip((2, 3, 4), lines, strict=True):
        np.testing.assert_array_equal(line, coder.interpolate(*IMAGES[:2], steps))


def test_an_autoencoder_draws_samples_too(client: httpx.Client, coder: AutoencoderModel):
    answer = client.post("/v1/models/coder/samples", json={"n": 2, "seed": 3, "format": "npy"})
    np.testing.assert_array_equal(array(answer), coder.sample(2, seed=3))


@pytest.mark.parametrize("route", ["encode", "autoencode", "interpolate"])
def test_a_model_that_encodes_nothing_says_so(client: httpx.Client, route: str):
    message = refusal(ask(client, route, IMAGES, "endless"), 409, "cannot_encode")
    assert "wgan-gp, which makes images but encodes none" in message
    assert "known: coder" in refusal(ask(client, route, IMAGES, "nobody"), 404, "unknown_model")


@pytest.mark.parametrize("route", ["encode", "autoencode", "interpolate"])
def test_they_need_the_token(served: Served, route: str):
    with httpx.Client(base_url=served.endpoint.url) as stranger:
        refusal(ask(stranger, route, IMAGES), 401, "unauthorised")


@pytest.mark.parametrize(
    ("route", "images", "fields", "words"),
    [
        ("autoencode", IMAGES[:, :22], {}, "22 x 32 pixels, .* multiples of 4; the nearest size is 24 x 32"),
        ("autoencode", IMAGES[:, :22], {}, "central 20 x 32 with fit=crop"),
        ("encode", IMAGES[:, :3], {"fit": "crop"}, "the nearest size is 4 x 32: resize it"),
        ("encode", np.tile(IMAGES, (3, 1, 1)), {}, "n = 9 .* 1 to 8"),
        ("encode", np.tile(IMAGES, (1, 1, 17)), {}, "up to 512 pixels per side"),
        ("autoencode", np.zeros((1, 8, 8), np.uint8), {}, "one grey level"),
        ("autoencode", IMAGES, {"format": "gif"}, "png"),
        ("autoencode", IMAGES, {"formt": "png"}, "formt"),
        ("autoencode", IMAGES, {"phase": "white"}, "bright"),
        ("autoencode", IMAGES, {"format": "json", "descriptors": "L_axis2"}, "images of 2 axes"),
        ("autoencode", IMAGES, {"format": "json", "r_max": 99}, "99"),
        ("encode", IMAGES, {"format": "png"}, "json"),
        ("interpolate", IMAGES, {"steps": 1}, "2"),
        ("interpolate", IMAGES, {"steps": 65}, "64"),
        ("interpolate", IMAGES, {"steps": 9}, "steps = 9 .* 1 to 8"),
        ("interpolate", np.tile(IMAGES, (1, 10, 10)), {"steps": 4}, "that is steps = 3"),
    ],
)
def test_wrong_uploads_and_requests_are_told_what_is_allowed(
    client: httpx.Client, route: str, images: np.ndarray, fields: dict, words: str
):
    message = refusal(ask(client, route, images, **fields), 422, "invalid_request")
    assert "\n" not in message
    with pytest.raises(ValueError, match=words):
        raise ValueError(message)


def test_what_is_no_image_is_refused(client: httpx.Client):
    def post(route: str, **files: bytes) -> httpx.Response:
        return client.post(f"/v1/models/coder/{route}", files=files)

    colours = io.BytesIO()
    np.save(colours, np.zeros((1, 8, 8, 3), np.uint8))
    one, many = (encode_images(images, "npy") for images in (IMAGES[:1], IMAGES))
    for answer, word in (
        (post("autoencode", image=b"hello"), "PNG"),
        (post("autoencode", image=colours.getvalue()), "(N, H, W)"),
        (post("encode", first=one), "image"),
        (post("interpolate", first=one), "second"),
        (post("interpolate", first=one, second=many), "'second' holds 3 images"),
        (post("interpolate", first=one, second=encode_images(IMAGES[:1, :, :28], "npy")), "24 x 32 and 24 x 28"),
        (client.post("/v1/models/coder/encode", content=one), "image"),
    ):
        assert word in refusal(answer, 422, "invalid_request")
    refusal(post("encode", image=bytes(200_001)), 413, "too_large")


def test_the_routes_earlier_name_is_refused_by_the_new_one(served: Served, client: httpx.Client):
    message = refusal(ask(client, "reconstruct", IMAGES), 410, "renamed")
    assert "/v1/models/NAME/autoencode" in message
    assert not any(path.endswith("/reconstruct") for path in client.get("/openapi.json").json()["paths"])
    with httpx.Client(base_url=served.endpoint.url) as stranger:
        refusal(ask(stranger, "reconstruct", IMAGES), 401, "unauthorised")


def test_openapi_has_the_forms_and_the_answers(client: httpx.Client):
    document = client.get("/openapi.json").json()
    for route, form in (
        ("encode", "EncodeForm"),
        ("autoencode", "AutoencodeForm"),
        ("interpolate", "InterpolateForm"),
    ):
        told = document["paths"][f"/v1/models/{{name}}/{route}"]["post"]
        assert list(told["requestBody"]["content"]) == ["multipart/form-data"]
        assert told["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"].endswith(f"/{form}")
        assert document["components"]["schemas"][form]["examples"]
        answer = told["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert answer.endswith(f"/{form.removesuffix('Form')}Response")
        assert told["responses"]["409"]["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")
