"""Arrays that are drawn and sent in parts: those of the model, bit for bit, and never whole in memory."""

from collections.abc import Iterator

import numpy as np
import pytest
from support.in_process import Client, Handle, in_process
from support.serving import POROSITY, array, refusal, samples, save_untrained

from raysys.models import load
from raysys.serve import Limits

LIMITS = Limits(max_n=4, max_side=512, max_pixels=2**10, max_pixels_per_request=2**11, max_pixels_streamed=2**14)


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, dict[str, Handle]]]:
    folder = tmp_path_factory.mktemp("large")
    folders = {
        "endless": save_untrained(folder, "endless"),
        "porous": save_untrained(folder, "porous", condition=POROSITY),
        "rock": save_untrained(folder, "rock", dims=3),
        "texture": save_untrained(folder, "texture", kind="colour"),
        "fixed": save_untrained(folder, "fixed", latent="vector"),
    }
    with in_process(folders, LIMITS) as found:
        yield found


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("endless", {"n": 2, "size": [90, 64], "origin": [-7, 3]}),
        ("endless", {"n": 4, "size": 32}),
        ("endless", {"size": [65, 100], "grey": True}),
        ("porous", {"size": 80, "condition": {"phase_fraction": 0.3}}),
        ("rock", {"size": [20, 24, 16]}),
        ("texture", {"size": [50, 40]}),
    ],
)
def test_parts_are_the_whole(near: tuple[Client, dict[str, Handle]], name: str, asked: dict):
    client, handles = near
    model, known = load(handles[name]._folder), {key: value for key, value in asked.items() if key != "n"}
    answer = samples(client, name, seed=11, format="npy", **asked)
    np.testing.assert_array_equal(array(answer), model.sample(asked.get("n", 1), seed=11, **known))
    assert answer.headers["x-raysys-seed"] == "11"
    assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("endless", {"size": 129}, "allowed here: up to 16384 per image"),
        ("endless", {"n": 4, "size": 100}, "that is n = 1"),
        ("endless", {"n": 5, "size": 64}, "1 to 4 per request"),
        ("endless", {"size": 64, "periodic": True}, "allowed: not periodic"),
        ("endless", {"size": 64, "origin": [1]}, "origin has 1 numbers"),
        ("endless", {"size": 64, "seed": 2**53 - 1, "n": 2}, "allowed: up to"),
        ("porous", {"n": 2, "size": 64, "condition": {"phase_fraction": [0.2, 0.3]}}, "one number or name for all"),
        ("porous", {"size": 64, "condition": {"phase_fraction": 0.9}}, "allowed: 0.1 to 0.7"),
        ("fixed", {"size": 64}, "up to 1024 per image"),
        ("endless", {"size": 64, "format": "tif"}, "up to 1024 per image"),
    ],
)
def test_what_cannot_be_sent_in_parts(near: tuple[Client, dict[str, Handle]], name: str, asked: dict, words: str):
    answer = samples(near[0], name, **{"seed": 1, "format": "npy", **asked})
    assert words in refusal(answer, 422, "invalid_request")
