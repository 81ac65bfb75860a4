"""Which windows are looked up among those of the training image, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from raysys import RaysysError
from raysys.assess.listener import Listener
from raysys.assess.methods import copies
from raysys.assess.methods.copies import LookUp, check_look_up, copies_among
from raysys.assess.methods.reference import Reference
from raysys.data import Tiles


@pytest.fixture
def reference(rock_tiles: Tiles) -> Reference:
    image = rock_tiles.image
    return Reference(rock_tiles.held_out, training=[image[:, :144]], aside=[image[:, 144:]])


@pytest.mark.parametrize(
    ("shape", "look_up", "windows", "note"),
    [
        ((3, 48, 48), LookUp(), 27, ""),
        (
            (1, 256, 256),
            LookUp(),
            64,
            "64 of 256 windows of the images of a were looked up among the training windows.",
        ),
        ((1, 256, 256), LookUp(images=10), 10, "10 of 256 windows of the images of a"),
        ((9, 16, 16), LookUp(images=3), 3, "3 of 9 images of a were looked up"),
        ((9, 16, 16), LookUp(images=6, side=8), 6, "6 of 36 windows of the images of a"),
    ],
    ids=str,
)
def test_windows_are_counted_not_images(
    reference: Reference, shape: tuple[int, ...], look_up: LookUp, windows: int, note: str
):
    found = copies_among({"a": np.random.default_rng(1).integers(0, 2, shape, np.uint8)}, reference, look_up)
    assert len(found.found["a"].generated) == windows
    assert [sentence.startswith(note) for sentence in found.notes] == [True] * bool(note)


def test_a_large_training_image_is_left_out_unless_asked_for(reference: Reference, monkeypatch: pytest.MonkeyPatch):
    images, said = {"a": reference.images[:10]}, []
    monkeypatch.setattr(copies, "WORK", 7 * 96 * 144 * 8)  # seven images of eight symmetries
    left = copies_among(images, reference, LookUp(), Listener(say=said.append))
    assert left.found == {}
    assert left.notes == said
    assert said == ["Whether a copies the training image was not looked at: it is large; --nearest 16 does it."]
    assert len(copies_among(images, reference, LookUp(images=9)).found["a"].generated) == 9


def test_what_nobody_asked_for_refuses_nothing(reference: Reference):
    flat = {"flat": np.zeros((8, 8, 32), np.uint8), "tiles": reference.images}
    found = copies_among(flat, reference, LookUp())
    assert list(found.found) == ["tiles"]
    assert found.notes == [
        "Whether flat copies the training image was not looked at: side is 16; allowed: 2 to 8, the images' smallest."
    ]
    with pytest.raises(RaysysError, match="side is 16"):
        copies_among(flat, reference, LookUp(images=4))


def test_strangers_are_not_judged_and_none_is_without_a_training_image(reference: Reference):
    images = {"a": reference.images[:8]}
    assert copies_among(images, replace(reference, training=None), LookUp(images=4)).notes == []
    found = copies_among(images, replace(reference, strangers=frozenset("a")), LookUp())
    assert found.found == {}
    assert "its card does not say that it was trained on the same part" in found.notes[0]


@pytest.mark.parametrize(
    ("shape", "look_up", "expected"),
    [
        ((16, 16), LookUp(side=17), "17 pixels a side, and images of a have 16 x 16; allowed: --nearest-side 2 to 16"),
        ((8, 32), LookUp(images=4), "16 pixels a side, and images of a have 8 x 32; allowed: --nearest-side 2 to 8"),
        ((64, 64), LookUp(side=60), "60 x 60 pixels for a, and the held-out part of the real image has 96 x 48"),
        ((128, 128), LookUp(side=100), "100 x 100 pixels for a, and the training part of the real image has 96 x 144"),
    ],
    ids=str,
)
def test_sides_that_do_not_fit_are_refused_before_anything_is_drawn(
    reference: Reference, shape: tuple[int, int], look_up: LookUp, expected: str
):
    with pytest.raises(RaysysError) as error:
        check_look_up(reference, look_up, {"a": shape})
    assert expected in str(error.value)
    check_look_up(reference, LookUp(), {"a": shape})
    check_look_up(reference, LookUp(side=8), {"a": shape})
    check_look_up(replace(reference, strangers=frozenset("a")), look_up, {"a": shape})
