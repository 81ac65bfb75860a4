"""Codes found, ways between two, and maps read, without a network."""

import numpy as np
import pytest
from support.tiny_models import gan, multi_texture, spade

from raysys.data import encode_images
from raysys.errors import RaysysError
from raysys.models.condition import way_between
from raysys.serve import Limits
from raysys.serve.conditions.asking import find_codes, followed, map_array, steps_between
from raysys.serve.conditions.schemas import BetweenRequest, CodesRequest
from raysys.serve.drawing import resolve
from raysys.serve.schemas import SampleRequest
from raysys.serve.uploads import decode_upload

LIMITS = Limits()


def follow(model, upload: bytes, request: SampleRequest) -> SampleRequest:
    """As a replica does it."""
    array = map_array(upload)
    return followed(model, array, decode_upload(upload, LIMITS) if array is None else None, request)


def drawn(model, request: SampleRequest) -> np.ndarray:
    return resolve(request, model, LIMITS).run()


def test_codes_are_the_models_and_say_what_is_nearest():
    model = multi_texture("binary")
    images = np.random.default_rng(0).integers(0, 2, (3, 20, 24), np.uint8)
    found = find_codes(model, images, CodesRequest())
    np.testing.assert_array_equal(found.codes, model.encode(images))
    assert found.condition == "texture"
    named = model.card.condition.named
    for code, (name, distance) in zip(found.codes, found.nearest, strict=True):
        assert distance == min(np.linalg.norm(code - np.array(other)) for other in named.values())
        assert distance == np.linalg.norm(code - np.array(named[name]))
    dark = find_codes(model, images, CodesRequest(phase="dark"))
    np.testing.assert_array_equal(dark.codes, model.encode(1 - images))
    colours = np.random.default_rng(1).random((1, 16, 16, 3), np.float32)
    coloured = multi_texture()
    found = find_codes(coloured, colours, CodesRequest())
    np.testing.assert_array_equal(found.codes, coloured.encode(colours))


def test_the_ends_of_a_way_are_what_is_asked_for():
    model = multi_texture()
    request = BetweenRequest(first="brick", second=[0.0, 0.5], steps=3, seed=4, size=[20, 24])
    steps, values = steps_between(model, request, LIMITS)
    brick = np.float32(model.card.condition.named["brick"])
    np.testing.assert_allclose(values, [brick, (brick + np.float32([0, 0.5])) / 2, [0, 0.5]])
    np.testing.assert_array_equal(drawn(model, steps[0]), model.sample(1, seed=4, size=(20, 24), condition="brick"))
    assert {step.seed for step in steps} == {4}
    assert len({step.seed for step in steps_between(model, request.model_copy(update={"seed": None}), LIMITS)[0]}) == 1
    with pytest.raises(RaysysError, match="allowed here: 2 to 64"):
        steps_between(model, request.model_copy(update={"steps": 65}), LIMITS)
    with pytest.raises(RaysysError, match="nowhere"):
        steps_between(model, request.model_copy(update={"second": "nowhere"}), LIMITS)
    porous = gan(latent="lattice", conditions=1)
    values = way_between(porous.card.condition, 0.2, 0.4, 3, model="porous")
    np.testing.assert_allclose(values[:, 0], [0.2, 0.3, 0.4], rtol=1e-6)


@pytest.mark.parametrize("format_", ["npy", "tif", "png"])
def test_a_picture_is_followed_from_black_to_white(format_: str):
    model = spade("grey")
    ramp = np.linspace(0, 1, 32, dtype=np.float32)[:, None].repeat(40, 1)
    expected = np.rint(ramp * 255).astype(np.float32) / 255 if format_ == "png" else ramp
    upload = encode_images(ramp[None], format_, kind="grey")
    request = follow(model, upload, SampleRequest(seed=3))
    assert request.size == [32, 40]
    found = drawn(model, request)
    np.testing.assert_array_equal(found, model.sample(1, seed=3, size=(32, 40), condition={"progression": expected}))
    assert not np.array_equal(found, model.sample(1, seed=3, size=(32, 40)))


def test_a_number_takes_a_picture_from_its_lowest_to_its_highest_value():
    model = gan(latent="lattice", conditions=1)
    half = np.zeros((1, 32, 32), np.uint8)
    half[:, 16:] = 1
    request = follow(model, encode_images(half, "png"), SampleRequest(seed=3, size=32))
    card = model.card.condition
    np.testing.assert_allclose(np.unique(request.condition["phase_fraction"]["values"]), [card.low, card.high])
    assert drawn(model, request).shape == (1, 32, 32)


def test_what_is_no_map_is_refused():
    names = np.zeros((1, 8, 8), np.uint8)
    for model, words in ((multi_texture(), "an .npy array"), (gan(latent="lattice"), "is not conditional")):
        with pytest.raises(RaysysError, match=words):
            follow(model, encode_images(names, "png", kind="grey"), SampleRequest())
    for upload, words in ((b"\x93NUMPY\x01\x00" + b"(" * 3000, "cannot be read"), (b"hello", "can be uploaded")):
        with pytest.raises(RaysysError, match=words):
            follow(spade(), upload, SampleRequest())
