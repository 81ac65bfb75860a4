"""Models of every kind and ability through HTTP: each behind one name for a while, bit for bit as in this process."""

import base64
import io
import json
from collections.abc import Callable

import httpx
import numpy as np
import pytest
import tifffile
from PIL import Image
from support.serving import CLASSES, SIZE, array, png, refusal, samples

from raysys.data import encode_images, gaussian_random_field
from raysys.label_colours import label_colours
from raysys.models import Model
from raysys.serve.encoding import as_png
from raysys.stats import characterise, compare

Put = Callable[[str], Model]


def summary(client: httpx.Client) -> dict:
    return next(model for model in client.get("/v1/models").json()["models"] if model["name"] == "fixed")


def shown(images: list[str]) -> np.ndarray:
    """Pictures of a JSON answer, as their indices or shades."""
    return np.stack([np.asarray(Image.open(io.BytesIO(base64.b64decode(image)))) for image in images])


def tile(client: httpx.Client, place: str, **query: object) -> httpx.Response:
    return client.get(f"/v1/models/fixed/tiles/{place}.png", params={"seed": 3} | query)


def test_colours(client: httpx.Client, behind: Put):
    model = behind("texture")
    told = summary(client)
    assert (told["kind"], told["channels"], told["dims"], told["phases"]) == ("colour", 3, 2, [])
    assert (told["abilities"], told["phase_fraction"]) == (["samples"], None)
    expected = model.sample(2, seed=5, size=(20, 30), origin=(-3, 7))
    assert expected.shape == (2, 20, 30, 3)
    assert (expected.std(axis=(0, 1, 2)) > 0.1).all()
    asked = {"n": 2, "seed": 5, "size": [20, 30], "origin": [-3, 7]}
    answer = samples(client, "fixed", format="npy", **asked)
    np.testing.assert_array_equal(array(answer), expected)
    assert "x-raysys-phase-fraction" not in answer.headers
    np.testing.assert_array_equal(array(samples(client, "fixed", format="npz", **asked))["images"], expected)
    pages = tifffile.imread(io.BytesIO(samples(client, "fixed", format="tif", **asked).content))
    np.testing.assert_array_equal(pages, expected)
    one = model.sample(1, seed=5)[0]
    np.testing.assert_array_equal(png(samples(client, "fixed", seed=5)), np.rint(one * 255))
    body = samples(client, "fixed", seed=5, format="json", include_images=True).json()
    assert (body["kind"], body["shape"], body["phase_fractions"]) == ("colour", [SIZE, SIZE], [])
    assert (body["descriptors"], body["phases"]) == ({}, {})
    np.testing.assert_array_equal(shown(body["images"]), np.rint(one * 255)[None])
    whole = model.sample(1, seed=3, size=512)[0]
    np.testing.assert_array_equal(png(tile(client, "3/1/0")), np.rint(whole[:256, 256:] * 255))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"format": "json", "descriptors": ["S2"]}, "colour images have none; leave `descriptors` out"),
        ({"grey": True}, "makes colour images; leave it out"),
        ({"size": 300}, "90000 pixels in 3 channels; allowed here: up to 87381"),
        ({"slice": {"index": 0}}, "these images are flat"),
    ],
)
def test_what_colours_do_not_have(client: httpx.Client, behind: Put, request_: dict, words: str):
    behind("texture")
    assert words in refusal(samples(client, "fixed", **request_), 422, "invalid_request")


def test_labels_and_their_index_condition(client: httpx.Client, behind: Put):
    model = behind("alloy")
    told = summary(client)
    colours = ["#" + bytes(colour).hex() for colour in label_colours(3)]
    assert told["phases"] == [{"name": name, "colour": colour} for name, colour in zip(CLASSES, colours, strict=True)]
    assert (told["kind"], told["channels"]) == ("labels", 3)
    assert (told["condition"]["kind"], told["condition"]["names"]) == ("index", ["bronze", "brass"])
    asked = {"n": 2, "seed": 5, "condition": {"alloy": "brass"}}
    expected = model.sample(2, seed=5, condition="brass")
    assert not np.array_equal(expected, model.sample(2, seed=5, condition="bronze"))
    assert set(np.unique(expected)) == {0, 1, 2}
    np.testing.assert_array_equal(array(samples(client, "fixed", format="npy", **asked)), expected)
    answer = samples(client, "fixed", **asked | {"n": 1})
    np.testing.assert_array_equal(png(answer), expected[0])
    shares = [float(share) for share in answer.headers["x-raysys-phase-fractions"].split(",")]
    np.testing.assert_allclose(shares, [(expected[0] == phase).mean() for phase in range(3)], atol=1e-6)
    body = samples(client, "fixed", format="json", include_images=True, **asked).json()
    assert (body["condition"], body["phase_fractions"]) == ({"alloy": ["brass", "brass"]}, [])
    np.testing.assert_array_equal(shown(body["images"]), expected)
    packed = array(samples(client, "fixed", format="npz", **asked))
    assert packed["asked_alloy"].tolist() == ["brass", "brass"]
    assert packed["phases"].tolist() == list(CLASSES)
    for number, name in enumerate(CLASSES):
        found = characterise((expected == number).astype(np.uint8), ("S2",))
        np.testing.assert_allclose(body["phases"][name]["phase_fractions"], found.phase_fractions)
        np.testing.assert_allclose(body["phases"][name]["descriptors"]["S2"]["mean"], found.curves["S2"].mean)
        np.testing.assert_array_equal(packed[f"phase{number}_S2_values"], found.curves["S2"].values)
        np.testing.assert_allclose(packed["phase_fractions"][:, number], found.phase_fractions)
        reference = model.references[name]
        assert body["phases"][name]["error"]["S2"] == pytest.approx(compare(reference, found)["S2"])
        curves = client.get("/v1/models/fixed").json()["phase_references"][name]
        np.testing.assert_allclose(curves["S2"]["mean"], reference.curves["S2"].mean)
    whole = model.sample(1, seed=3, size=256, condition="brass")[0]
    there = tile(client, "3/0/0", condition=json.dumps({"alloy": "brass"}))
    np.testing.assert_array_equal(png(there), whole)
    for query, words in (({"condition": "{"}, "allowed: JSON"), ({"condition": '{"alloy": "tin"}'}, "brass")):
        assert words in refusal(tile(client, "3/0/0", **query), 422, "invalid_request")


def test_a_map_is_drawn_by_whoever_asks(client: httpx.Client, behind: Put):
    model = behind("guided")
    told = summary(client)["condition"]
    assert (told["kind"], told["name"], told["channels"], told["low"], told["high"]) == ("map", "progression", 1, 0, 1)
    drawn = np.linspace(0, 1, 30, dtype=np.float32).reshape(5, 6)
    asked = {"seed": 5, "size": [40, 48], "condition": {"progression": {"values": drawn.tolist()}}}
    expected = model.sample(1, seed=5, size=(40, 48), condition={"progression": drawn})
    assert not np.array_equal(expected, model.sample(1, seed=5, size=(40, 48)))
    np.testing.assert_array_equal(array(samples(client, "fixed", format="npy", **asked)), expected)


def test_a_code_is_told_and_noticed_where_it_is_unusual(client: httpx.Client, behind: Put):
    model = behind("code")
    body = samples(client, "fixed", seed=4, n=2, format="json", descriptors=[]).json()
    told = body["condition"]["code"]
    assert (np.shape(told), body["notices"]) == ((2, 2), [])
    again = {"condition": {"code": told}, "seed": 4, "n": 2, "format": "npy"}
    np.testing.assert_array_equal(array(samples(client, "fixed", **again)), model.sample(2, seed=4))
    far = {"condition": {"code": [9.0, 0.0]}, "seed": 4}
    notices = samples(client, "fixed", format="json", descriptors=[], **far).json()["notices"]
    assert len(notices) == 1
    assert "9" in notices[0]
    grid = {"values": [[[-1.0, 1.0]], [[0.0, 0.5]]]}
    spread = samples(client, "fixed", seed=4, size=32, format="npy", condition={"code": grid})
    np.testing.assert_array_equal(array(spread), model.sample(1, seed=4, size=32, condition=grid))
    packed = array(samples(client, "fixed", seed=4, size=32, format="npz", condition={"code": grid}))
    assert json.loads(packed["asked_code"].item())[0]["extent"] == [32, 32]


def test_volumes(client: httpx.Client, behind: Put):
    rock = behind("rock")
    told = summary(client)
    assert (told["native_size"], told["dims"]) == ([SIZE] * 3, 3)
    asked = {"n": 2, "seed": 3, "size": [16, 20, 24]}
    expected = rock.sample(2, seed=3, size=(16, 20, 24))
    np.testing.assert_array_equal(array(samples(client, "fixed", format="npy", **asked)), expected)
    pages = tifffile.imread(io.BytesIO(samples(client, "fixed", format="tif", **asked).content))
    np.testing.assert_array_equal(pages.reshape(expected.shape), expected * 255)
    one = asked | {"n": 1}
    np.testing.assert_array_equal(png(samples(client, "fixed", **one)), expected[0, 8] * 255)
    across = samples(client, "fixed", slice={"axis": 2, "index": 5}, **one)
    np.testing.assert_array_equal(png(across), expected[0, :, :, 5] * 255)
    body = samples(client, "fixed", format="json", include_images=True, slice={"axis": 1}, **asked).json()
    np.testing.assert_array_equal(shown(body["images"]), expected[:, :, 10] * 255)
    np.testing.assert_allclose(body["phase_fractions"], expected.mean(axis=(1, 2, 3)))
    for request, words in (
        ({"slice": {"index": SIZE}}, "allowed: 0 to 15"),
        ({"slice": {}, "format": "npy"}, "allowed with it: png and json"),
        ({"slice": {"axis": 3}}, "less than or equal to 2"),
    ):
        assert words in refusal(samples(client, "fixed", **request), 422, "invalid_request")
    refusal(tile(client, "3/0/0"), 422, "invalid_request")


def test_volumes_of_several_phases(client: httpx.Client, behind: Put):
    model = behind("electrode")
    expected = model.sample(1, seed=8)
    np.testing.assert_array_equal(array(samples(client, "fixed", seed=8, format="npy")), expected)
    np.testing.assert_array_equal(png(samples(client, "fixed", seed=8, slice={"axis": 1})), expected[0, :, 8])
    body = samples(client, "fixed", seed=8, format="json", descriptors=["L_axis2"]).json()
    found = characterise((expected == 2).astype(np.uint8), ("L_axis2",))
    np.testing.assert_allclose(body["phases"]["clay"]["descriptors"]["L_axis2"]["mean"], found.curves["L_axis2"].mean)


def test_colours_are_autoencoded(client: httpx.Client, behind: Put):
    model = behind("photograph")
    assert summary(client)["abilities"] == ["samples", "autoencodes"]
    colours = np.random.default_rng(1).integers(0, 256, (1, 24, 32, 3), dtype=np.uint8)
    uploads = {"npy": encode_images(colours / np.float32(255), "npy"), "png": as_png(colours[0] / 255, model.form)}
    expected = model.autoencode(colours / np.float32(255))
    for upload in uploads.values():
        answer = client.post("/v1/models/fixed/autoencode", files={"image": upload}, data={"format": "npy"})
        np.testing.assert_array_equal(array(answer), expected)
    answer = client.post("/v1/models/fixed/autoencode", files={"image": uploads["png"]})
    np.testing.assert_array_equal(png(answer), np.rint(expected[0] * 255))
    answer = client.post("/v1/models/fixed/autoencode", files={"image": uploads["npy"]}, data={"threshold": 0.5})
    assert "takes colour images as they are" in refusal(answer, 422, "invalid_request")


def test_a_segmenter_segments_and_makes_no_images(client: httpx.Client, behind: Put):
    model = behind("segmenter")
    told = summary(client)
    assert (told["abilities"], told["classes"], told["any_size"]) == (["segments"], list(CLASSES), False)
    grey = np.random.default_rng(2).integers(0, 4096, (2, 20, 30), dtype=np.uint16)
    expected = model.segment(grey)
    upload = {"image": encode_images(grey, "npy")}
    route = "/v1/models/fixed/segment"
    np.testing.assert_array_equal(array(client.post(route, files=upload, data={"format": "npy"})), expected)
    first = client.post(route, files={"image": encode_images(grey[:1], "npy")})
    np.testing.assert_array_equal(png(first), expected[0])
    body = client.post(route, files=upload, data={"format": "json", "include_images": "true"}).json()
    shares = [[(labels == number).mean() for number in range(3)] for labels in expected]
    np.testing.assert_allclose(body["shares"], shares)
    assert [phase["name"] for phase in body["classes"]] == list(CLASSES)
    np.testing.assert_array_equal(shown(body["images"]), expected)
    assert "segments images but makes none of a seed" in refusal(samples(client, "fixed"), 409, "cannot_sample")
    assert "but encodes none" in refusal(client.post("/v1/models/fixed/encode", files=upload), 409, "cannot_encode")
    refusal(tile(client, "3/0/0"), 409, "cannot_sample")
    refusal(client.post(route, files={"image": b"hello"}), 422, "invalid_request")


def test_a_classifier_classifies(client: httpx.Client, behind: Put):
    model = behind("classifier")
    assert summary(client)["abilities"] == ["classifies"]
    images = gaussian_random_field((SIZE, 20), correlation_length=2.0, phase_fraction=0.3, seed=1, n=3)
    body = client.post("/v1/models/fixed/classify", files={"image": encode_images(images, "npy")}).json()
    expected = model.probabilities(images)
    np.testing.assert_allclose(body["probabilities"], expected, rtol=1e-6)
    assert body["likeliest"] == [CLASSES[number] for number in expected.argmax(1)]
    assert (body["classes"], body["shape"], body["threshold"]) == (list(CLASSES[:2]), [SIZE, 20], None)
    grey = {"image": encode_images(np.random.default_rng(0).random((1, SIZE, SIZE), np.float32), "npy")}
    assert client.post("/v1/models/fixed/classify", files=grey, data={"threshold": 0.3}).json()["threshold"] == 0.3
    assert "tells classes" in refusal(client.post("/v1/models/fixed/segment", files=grey), 409, "cannot_segment")
    refusal(client.post("/v1/models/endless/classify", files=grey), 409, "cannot_classify")
