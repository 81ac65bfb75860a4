"""Models of many textures and of maps over HTTP, and every other method that makes images."""

from collections.abc import Callable

import httpx
import numpy as np
from support.serving import TOKEN, Served, array, refusal, samples

from raysys.data import encode_images
from raysys.models import Model
from raysys.serve.client import Endpoint

Put = Callable[[str], Model]
FIXED = "/v1/models/fixed"


def test_a_model_of_textures_is_asked_by_name_example_and_way(client: httpx.Client, behind: Put):
    model = behind("textures")
    told = client.get(FIXED).json()
    assert told["abilities"] == ["samples", "encodes"]
    assert list(told["condition"]["named"]) == ["brick", "gravel"]
    found = array(samples(client, "fixed", n=2, seed=3, format="npy", condition={"texture": ["brick", "gravel"]}))
    np.testing.assert_array_equal(found, model.sample(2, seed=3, condition=["brick", "gravel"]))
    example = np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    coded = client.post(f"{FIXED}/codes", files={"image": encode_images(example, "npy")}).json()
    np.testing.assert_array_equal(np.float32(coded["codes"]), model.encode(example))
    assert coded["nearest"][0]["name"] in ("brick", "gravel")
    more = array(samples(client, "fixed", seed=3, format="npy", condition={coded["name"]: coded["codes"][0]}))
    np.testing.assert_array_equal(more, model.sample(1, seed=3, condition=coded["codes"][0]))
    asked = {"first": "brick", "second": "gravel", "steps": 3, "seed": 2}
    way = array(client.post(f"{FIXED}/between", json=asked | {"format": "npz"}))
    codes = np.float32([model.card.condition.named[name] for name in ("brick", "gravel")])
    np.testing.assert_allclose(way["asked_texture"], [codes[0], codes.mean(0), codes[1]], rtol=1e-6)
    for image, code in zip(way["images"], way["asked_texture"], strict=True):
        np.testing.assert_array_equal(image, model.sample(1, seed=2, condition=code)[0])
    told = client.post(f"{FIXED}/between", json=asked | {"format": "json", "include_images": True}).json()
    assert (told["seed"], told["n"], len(told["images"])) == (2, 3, 3)
    grid = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32)
    body = {"seed": 2, "size": "20x24", "format": "npy"}
    spread = array(client.post(f"{FIXED}/follow", files={"map": encode_images(grid, "npy")}, data=body))
    np.testing.assert_array_equal(spread, model.sample(1, seed=2, size=(20, 24), condition={"values": grid}))


def test_the_client_asks_for_codes_ways_and_maps(served: Served, behind: Put):
    model, endpoint = behind("textures"), Endpoint(served.endpoint.url, TOKEN)
    example = np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    np.testing.assert_array_equal(endpoint.codes("fixed", example), model.encode(example))
    way = endpoint.between("fixed", "brick", [0.0, 0.5], 2, seed=3, size=(20, 24))
    ends = [model.sample(1, seed=3, size=(20, 24), condition=one)[0] for one in ("brick", [0.0, 0.5])]
    np.testing.assert_array_equal(way, ends)
    grid = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32)
    expected = model.sample(2, seed=2, size=32, condition={"values": grid})
    np.testing.assert_array_equal(endpoint.follow("fixed", grid, 2, seed=2, size=32), expected)


def test_a_map_is_uploaded(client: httpx.Client, behind: Put):
    model = behind("guided")
    drawn = np.linspace(0, 1, 40 * 48, dtype=np.float32).reshape(40, 48)
    upload = {"map": encode_images(drawn[None], "npy")}
    found = array(client.post(f"{FIXED}/follow", files=upload, data={"seed": 5, "format": "npy"}))
    expected = model.sample(1, seed=5, size=(40, 48), condition={"progression": drawn})
    np.testing.assert_array_equal(found, expected)
    answer = client.post(f"{FIXED}/follow", files=upload, data={"size": "many"})
    assert "rows and columns" in refusal(answer, 422, "invalid_request")
    assert "finds no codes" in refusal(client.post(f"{FIXED}/codes", files={"image": b""}), 409, "cannot_find_codes")
    behind("net")
    refusal(client.post(f"{FIXED}/follow", files=upload), 409, "no_condition")
    refusal(client.post(f"{FIXED}/between", json={"first": 1, "second": 2}), 409, "no_condition")


def test_a_texture_net_is_served(client: httpx.Client, behind: Put):
    model = behind("net")
    found = array(samples(client, "fixed", n=2, seed=3, size=[33, 40], format="npy"))
    np.testing.assert_array_equal(found, model.sample(2, seed=3, size=(33, 40)))
