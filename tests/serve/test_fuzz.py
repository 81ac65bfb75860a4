"""Whatever is sent, the endpoint answers in its own words: no 5xx, no status that its description does not name."""

import io
import json
import os
from collections.abc import Iterator
from typing import Any

import h5py
import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from support.in_process import Client, in_process
from support.serving import (
    CODE,
    POROSITY,
    SORT,
    save_untrained,
    save_untrained_autoencoder,
    save_untrained_classifier,
    save_untrained_segmenter,
)

from raysys.data import encode_images
from raysys.serve import Limits

LIMITS = Limits(max_n=3, max_side=40, max_pixels=4096, max_pixels_per_request=8192, max_pixels_streamed=16384)
EXAMPLES = int(os.environ.get("RAYSYS_FUZZ", "25"))  # of each; thousands for a longer search
NAMES = ("endless", "porous", "coded", "alloy", "rock", "texture", "coder", "segmenter", "classifier", "nobody", "..")
UPLOADS = ("encode", "autoencode", "segment", "classify")
quick = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)

text = st.text(st.characters(exclude_categories=()), max_size=12)  # half characters too
scalars = st.none() | st.booleans() | st.integers() | st.integers(-3, 70) | st.floats() | st.floats(0, 1) | text
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=3), max_leaves=8
)
names = st.sampled_from(["phase_fraction", "code", "alloy"]) | text
gates = st.dictionaries(
    st.sampled_from(["phase_fraction", "max_error", "max_place", "percolates", "numbers", "phase", "tries"]) | text,
    values | st.tuples(st.floats(0, 1), st.floats(0, 1)) | st.dictionaries(st.sampled_from(["S2", "L"]), values),
    max_size=3,
)
fields = {
    "n": st.integers(-1, 5) | values,
    "seed": st.integers(0, 2**53 + 1) | values,
    "size": st.integers(0, 50) | st.lists(st.integers(1, 40), min_size=1, max_size=4) | values,
    "origin": st.lists(st.integers(), min_size=1, max_size=3) | values,
    "condition": st.dictionaries(names, values, max_size=2) | values,
    "periodic": st.booleans() | values,
    "grey": st.booleans() | values,
    "raw": st.booleans() | values,
    "format": st.sampled_from(["png", "npy", "npz", "tif", "json", "zip", "zarr"]) | values,
    "slice": st.fixed_dictionaries({}, optional={"axis": st.integers(-1, 3), "index": st.integers(-1, 20)}) | values,
    "descriptors": st.lists(st.sampled_from(["S2", "L", "P3H", "specific_surface", "percolation"]), max_size=2)
    | values,
    "include_images": st.booleans() | values,
    "gate": gates | values,
}
requests = st.fixed_dictionaries({}, optional=fields) | st.dictionaries(text, values, max_size=3) | values


def files() -> list[bytes]:
    """Small images in every format that is read without further packages."""
    images = (np.random.default_rng(0).random((2, 16, 16)) < 0.4).astype(np.uint8)
    picture, store = io.BytesIO(), io.BytesIO()
    Image.fromarray(images[0] * 255).save(picture, "png")
    with h5py.File(store, "w") as opened:
        opened["x"] = images
    return [*(encode_images(images, kind) for kind in ("npy", "npz", "tif")), picture.getvalue(), store.getvalue()]


FILES = files()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A file that is cut, with some bytes overwritten, or no file at all."""
    content = bytearray(draw(st.sampled_from(FILES) | st.binary(max_size=300)))
    for _ in range(draw(st.integers(0, 3))):
        if content:
            place = draw(st.integers(0, min(len(content) - 1, 400)))
            content[place : place + 4] = draw(st.binary(min_size=1, max_size=4))
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("fuzz")
    folders = {
        "endless": save_untrained(folder, "endless"),
        "porous": save_untrained(folder, "porous", condition=POROSITY),
        "coded": save_untrained(folder, "coded", condition=CODE),
        "alloy": save_untrained(folder, "alloy", kind="labels", condition=SORT),
        "rock": save_untrained(folder, "rock", dims=3),
        "texture": save_untrained(folder, "texture", kind="colour"),
        "coder": save_untrained_autoencoder(folder, "coder"),
        "segmenter": save_untrained_segmenter(folder, "segmenter"),
        "classifier": save_untrained_classifier(folder, "classifier"),
    }
    with in_process(folders, LIMITS) as found:
        yield found[0]


@pytest.fixture(scope="module")
def document(client: Client) -> dict[str, Any]:
    return client.get("/openapi.json").json()["paths"]


def hold(answer: httpx.Response, described: dict[str, Any]) -> None:
    """An answer is one that the description names, and a refusal is short and of the one form."""
    assert answer.status_code < 500, answer.text
    assert str(answer.status_code) in described["responses"], (answer.status_code, answer.text[:300])
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) == {"code", "message"}
        assert len(answer.content) < 4000


@quick
@given(name=st.sampled_from(NAMES), request=requests)
def test_requests_for_samples(client: Client, document: dict[str, Any], name: str, request: object):
    body, route = json.dumps(request), "/v1/models/{name}/samples"
    headers = {"Content-Type": "application/json"}
    answer = client.post(f"/v1/models/{name if name != '..' else '%2e%2e'}/samples", content=body, headers=headers)
    hold(answer, document[route]["post"])


@quick
@given(
    name=st.sampled_from(NAMES[:-1]),
    place=st.tuples(*[st.integers(-3, 4) | st.integers() | st.sampled_from(["x", "1.5"])] * 3),
    query=st.dictionaries(st.sampled_from(["seed", "condition", "phase_fraction", "x"]), st.text(max_size=12)),
)
def test_tiles(client: Client, document: dict[str, Any], name: str, place: tuple[int, ...], query: dict[str, str]):
    answer = client.get(f"/v1/models/{name}/tiles/{'/'.join(map(str, place))}.png", params=query)
    hold(answer, document["/v1/models/{name}/tiles/{z}/{x}/{y}.png"]["get"])


@quick
@given(
    name=st.sampled_from(("coder", "segmenter", "classifier", "endless")),
    route=st.sampled_from(UPLOADS),
    upload=damaged(),
    form=st.dictionaries(
        st.sampled_from(["format", "phase", "threshold", "values", "fit", "steps", "descriptors", "r_max", "x"]),
        st.sampled_from(["json", "npz", "dark", "bright", "0.5", "nan", "binary", "crop", "S2", "3", "-1", "", "é"]),
        max_size=3,
    ),
)
def test_uploads(client: Client, document: dict[str, Any], name: str, route: str, upload: bytes, form: dict[str, str]):
    answer = client.post(f"/v1/models/{name}/{route}", files={"image": upload}, data=form)
    hold(answer, document[f"/v1/models/{{name}}/{route}"]["post"])


@quick
@given(
    upload=damaged(),
    form=st.dictionaries(
        st.sampled_from(["descriptors", "phase", "threshold", "boundary", "r_max", "series", "channel", "time"]),
        st.sampled_from(["S2", "L", "dark", "1", "99", "0.5", "inf", "periodic", "-1", "", "²", "é"]),
        max_size=3,
    ),
)
def test_measured_uploads(client: Client, document: dict[str, Any], upload: bytes, form: dict[str, str]):
    answer = client.post("/v1/descriptors", files={"image": upload}, data=form)
    hold(answer, document["/v1/descriptors"]["post"])


@quick
@given(
    media=st.sampled_from(["application/json", "text/plain", "multipart/form-data; boundary=x", ""]), body=st.binary()
)
def test_bodies_that_are_nothing(client: Client, document: dict[str, Any], media: str, body: bytes):
    for route in ("samples", "encode"):
        answer = client.post(f"/v1/models/coder/{route}", content=body, headers={"Content-Type": media})
        hold(answer, document[f"/v1/models/{{name}}/{route}"]["post"])
