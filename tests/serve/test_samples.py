"""Samples and tiles through HTTP, bit for bit those of the same model in this process."""

import base64
import io
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import tifffile
from PIL import Image
from support.serving import SIZE, Served, array, png, refusal, samples

from raysys.serve.encoding import contact_sheet
from raysys.stats import characterise, compare


def test_npy_is_the_models_sample(client: httpx.Client, served: Served):
    for name in ("endless", "fixed"):
        expected = served.models[name].sample(3, seed=5)
        assert 0 < expected.mean() < 1
        np.testing.assert_array_equal(array(samples(client, name, n=3, seed=5, format="npy")), expected)


def test_size_origin_and_periodic_reach_the_model(client: httpx.Client, served: Served):
    for window in (
        {"size": [24, 37], "origin": [-5, 11]},
        {"size": 32, "periodic": True},
        {"size": 33},
    ):
        expected = served.models["endless"].sample(2, seed=9, **window)
        np.testing.assert_array_equal(array(samples(client, n=2, seed=9, format="npy", **window)), expected)


def test_a_condition_reaches_a_conditional_model(client: httpx.Client, served: Served):
    model = served.models["porous"]
    for asked in (0.2, [0.15, 0.65]):
        condition = {"phase_fraction": asked}
        answer = samples(client, "porous", n=2, seed=9, size=33, format="npy", condition=condition)
        np.testing.assert_array_equal(array(answer), model.sample(2, seed=9, size=33, condition=asked))
    assert not np.array_equal(model.sample(2, seed=9, condition=0.2), model.sample(2, seed=9))
    np.testing.assert_array_equal(
        array(samples(client, "porous", n=2, seed=9, format="npy")), model.sample(2, seed=9, condition=0.4)
    )


def test_what_was_asked_is_told(client: httpx.Client):
    asked = {"condition": {"phase_fraction": 0.2}, "n": 2, "seed": 1}
    told = samples(client, "porous", format="json", descriptors=[], **asked).json()
    assert told["condition"] == {"phase_fraction": [0.2, 0.2]}
    assert samples(client, "porous", format="json", descriptors=[]).json()["condition"] == {"phase_fraction": [0.4]}
    assert samples(client, format="json", descriptors=[]).json()["condition"] is None
    packed = array(samples(client, "porous", format="npz", descriptors=[], **asked))
    np.testing.assert_array_equal(packed["asked_phase_fraction"], [0.2, 0.2])


def test_tiles_have_what_was_asked(client: httpx.Client, served: Served):
    expected = served.models["porous"].sample(1, seed=3, size=256, condition=0.2)[0]
    found = png(client.get("/v1/models/porous/tiles/3/0/0.png?seed=3&phase_fraction=0.2"))
    np.testing.assert_array_equal(found, expected * 255)
    answer = client.get("/v1/models/endless/tiles/3/0/0.png?phase_fraction=0.2")
    assert "not conditional" in refusal(answer, 422, "invalid_request")


def test_grey_values_are_floats(client: httpx.Client, served: Served):
    grey = array(samples(client, seed=2, grey=True, format="npy"))
    assert grey.dtype == np.float32
    np.testing.assert_array_equal(grey, served.models["endless"].sample(1, seed=2, grey=True))


def test_png_is_one_image_or_a_contact_sheet(client: httpx.Client, served: Served):
    expected = served.models["endless"].sample(3, seed=4)
    np.testing.assert_array_equal(png(samples(client, seed=4)), expected[0] * 255)
    sheet = png(samples(client, n=3, seed=4, format="png"))
    np.testing.assert_array_equal(sheet, np.rint(contact_sheet(expected) * 255))


def test_tif_has_a_page_per_image(client: httpx.Client, served: Served):
    answer = samples(client, n=3, seed=4, format="tif")
    assert answer.headers["content-type"] == "image/tiff"
    pages = tifffile.imread(io.BytesIO(answer.content))
    np.testing.assert_array_equal(pages, served.models["endless"].sample(3, seed=4) * 255)


def test_npz_carries_seeds_and_curves(client: httpx.Client, served: Served):
    packed = array(samples(client, n=3, seed=4, format="npz", descriptors=["S2", "L"]))
    expected = served.models["endless"].sample(3, seed=4)
    np.testing.assert_array_equal(packed["images"], expected)
    np.testing.assert_array_equal(packed["seeds"], [4, 5, 6])
    np.testing.assert_allclose(packed["phase_fractions"], expected.mean(axis=(1, 2)))
    measured = characterise(expected, ("S2", "L"), r_max=SIZE // 2 - 1)
    for name, curve in measured.curves.items():
        np.testing.assert_array_equal(packed[f"{name}_r"], curve.r)
        np.testing.assert_array_equal(packed[f"{name}_values"], curve.values)
    numbers = array(samples(client, n=3, seed=4, format="npz", descriptors=["specific_surface"]))
    np.testing.assert_array_equal(
        numbers["specific_surface"], characterise(expected, ("specific_surface",)).scalars["specific_surface"].values
    )


def test_json_measures_the_samples_against_the_reference(client: httpx.Client, served: Served):
    body = samples(client, n=4, seed=4, format="json", descriptors=["S2", "P4"], include_images=True).json()
    model = served.models["endless"]
    expected = model.sample(4, seed=4)
    measured = characterise(expected, ("S2", "P4"), r_max=SIZE // 2 - 1)
    assert (body["model"], body["seed"], body["n"], body["shape"]) == ("endless", 4, 4, [SIZE, SIZE])
    np.testing.assert_allclose(body["phase_fractions"], expected.mean(axis=(1, 2)))
    np.testing.assert_allclose(body["descriptors"]["P4"]["mean"], measured.curves["P4"].mean)
    assert body["error"] == {"S2": pytest.approx(compare(model.reference, measured)["S2"])}
    assert "P4" in body["note"]
    numbers = samples(client, n=4, seed=4, format="json", descriptors=["specific_surface"]).json()
    surface = characterise(expected, ("specific_surface",)).scalars["specific_surface"]
    assert numbers["scalars"]["specific_surface"]["mean"] == pytest.approx(surface.mean)
    assert (numbers["descriptors"], numbers["error"], numbers["note"]) == ({}, {}, None)
    shown = [np.asarray(Image.open(io.BytesIO(base64.b64decode(image)))) for image in body["images"]]
    np.testing.assert_array_equal(shown, expected * 255)


def test_json_holds_no_images_unless_asked(client: httpx.Client):
    assert samples(client, format="json", descriptors=[]).json()["images"] is None


def test_every_format_names_seed_model_and_phase_fraction(client: httpx.Client, served: Served):
    fraction = served.models["endless"].sample(2, seed=6).mean()
    for kind in ("png", "npy", "npz", "tif", "json"):
        headers = samples(client, n=2, seed=6, format=kind).headers
        assert headers["x-raysys-seed"] == "6"
        assert headers["x-raysys-model"] == "endless"
        assert float(headers["x-raysys-phase-fraction"]) == pytest.approx(fraction, abs=1e-6)


def test_a_random_seed_is_told_and_gives_the_same_bytes_again(client: httpx.Client):
    first, other = samples(client, format="npy"), samples(client, format="npy")
    assert first.headers["x-raysys-seed"] != other.headers["x-raysys-seed"]
    assert samples(client, format="npy", seed=int(first.headers["x-raysys-seed"])).content == first.content


def test_the_same_seed_gives_the_same_bytes_in_any_batch_and_replica(client: httpx.Client, served: Served):
    expected = served.models["endless"].sample(24, seed=100)
    asked = [(seed, n) for seed in range(16) for n in (1, 5, 8)]
    with ThreadPoolExecutor(12) as pool:
        answers = pool.map(lambda ask: array(samples(client, seed=100 + ask[0], n=ask[1], format="npy")), asked)
    for (seed, n), images in zip(asked, answers, strict=True):
        np.testing.assert_array_equal(images, expected[seed : seed + n])


def test_tiles_are_windows_of_one_image(client: httpx.Client, served: Served):
    whole = served.models["endless"].sample(1, seed=3, size=512, origin=(-256, -256))[0]
    tiles = {
        (x, y): png(client.get(f"/v1/models/endless/tiles/3/{x}/{y}.png?seed=3")) for x in (-1, 0) for y in (-1, 0)
    }
    found = np.block([[tiles[-1, -1], tiles[0, -1]], [tiles[-1, 0], tiles[0, 0]]])
    np.testing.assert_array_equal(found, whole * 255)


def test_a_tile_above_averages_the_four_below(client: httpx.Client, served: Served):
    whole = served.models["endless"].sample(1, seed=0, size=512)[0]
    means = whole.reshape(256, 2, 256, 2).mean(axis=(1, 3))
    np.testing.assert_array_equal(png(client.get("/v1/models/endless/tiles/2/0/0.png")), np.rint(means * 255))


@pytest.mark.parametrize("path", ["fixed/tiles/3/0/0", "endless/tiles/4/0/0", "endless/tiles/0/0/0"])
def test_tiles_that_cannot_be(client: httpx.Client, path: str):
    refusal(client.get(f"/v1/models/{path}.png"), 422, "invalid_request")
