"""What codes, indices and maps can be asked for, in which forms, and one sentence for whatever cannot be."""

import json

import numpy as np
import pytest
from support.toys import CODE, INDEX, MAP, toy

from raysys import RaysysError
from raysys.models.condition import CodeCard, IndexCard, MapCard, read_condition
from raysys.models.window import Window

CARDS = {"code": CodeCard(**CODE), "index": IndexCard(**INDEX), "map": MapCard(**MAP)}
CARDS["level"] = MapCard(kind="map", name="level", channels=1, low=-1, high=1, mean=(0,))
WINDOW = Window((8, -4), (32, 16))


def read(kind, condition, n=2, window=WINDOW):
    return read_condition(condition, CARDS[kind], range(5, 5 + n), model="toy", window=window)


def grid(*shape):
    return np.random.default_rng(1).uniform(-1, 1, shape)


def test_a_code_that_is_not_asked_for_is_drawn_by_the_images_seed():
    codes = read("code", None, n=400).values
    assert codes.shape == (400, 2)
    assert np.abs(codes.mean(0)).max() < 0.2
    assert np.abs(codes.std(0) - 1).max() < 0.15
    np.testing.assert_array_equal(codes[3:], read_condition(None, CARDS["code"], range(8, 405), model="toy").values)
    uniform = CodeCard(kind="code", name="z", length=1, low=(2.0,), high=(4.0,))
    drawn = read_condition(None, uniform, range(400), model="toy").values
    assert 2 <= drawn.min() < 2.1 < 3.9 < drawn.max() < 4


def test_an_index_that_is_not_asked_for_is_drawn_evenly():
    drawn = read("index", None, n=300).values
    np.testing.assert_array_equal(drawn.sum(1), 1)
    assert (np.abs(drawn.mean(0) - 1 / 3) < 0.1).all()


def test_one_code_serves_all_images_or_each_has_its_own():
    np.testing.assert_allclose(read("code", [0.5, -1]).values, [[0.5, -1]] * 2)
    own = [[0.5, -1], [2, 0.25]]
    for condition in (own, np.array(own), {"texture": own}):
        np.testing.assert_allclose(read("code", condition).values, own)


def test_a_code_is_asked_for_by_a_name_on_the_card():
    card = CodeCard(**CODE, named={"brick": (0.5, -1.0), "gravel": (2.0, 0.25)})
    ask = lambda what: read_condition(what, card, (5, 6), model="toy").values  # noqa: E731
    np.testing.assert_allclose(ask("brick"), [[0.5, -1]] * 2)
    np.testing.assert_allclose(ask({"texture": ["gravel", "brick"]}), [[2, 0.25], [0.5, -1]])
    with pytest.raises(RaysysError, match=r"'bricks' was asked of .*; did you mean brick\? allowed: brick, gravel"):
        ask("bricks")
    with pytest.raises(RaysysError, match=r"3 names of texture .* for 2 images; allowed: one, or 2"):
        ask(["brick"] * 3)
    with pytest.raises(ValueError, match="named code 'brick' has 1 values; allowed: 2"):
        CodeCard(**CODE, named={"brick": (0.5,)})


def test_a_code_beyond_its_prior_is_granted_and_noticed():
    assert read("code", [0.5, -2.9]).notices == ()
    asked = read("code", [0.5, -3.5])
    np.testing.assert_allclose(asked.values, [[0.5, -3.5]] * 2)
    assert asked.notices == (
        "texture has -3.5 as its value 1, and model 'toy' learned codes from -3 to 3; it may not know what to make of "
        "it",
    )
    far = {"values": np.full((2, 3, 3), 4.0)}
    assert "texture has 4 as its value 0" in read("code", far).notices[0]
    assert toy(condition=CODE).request(1, condition=[9, 0]).asked.notices


@pytest.mark.parametrize("condition", ["ketton", 1, np.int64(1), ["ketton"] * 2, {"rock": [1, "ketton"]}])
def test_an_index_is_asked_for_by_name_or_number(condition):
    np.testing.assert_array_equal(read("index", condition).values, [[0, 1, 0]] * 2)


def test_a_map_is_the_same_everywhere_or_a_grid():
    np.testing.assert_array_equal(read("map", None).values, [[0, 0]] * 2)
    np.testing.assert_allclose(read("map", [0.5, -0.5]).values, [[0.5, -0.5]] * 2)
    np.testing.assert_allclose(read("map", 0.5).values, [[0.5, 0.5]] * 2)
    for condition in (grid(2, 3, 4), {"direction": grid(2, 3, 4)}, {"direction": {"values": grid(2, 3, 4).tolist()}}):
        first, second = read("map", condition).codes
        assert first == second or first is second
        np.testing.assert_allclose(first.values, grid(2, 3, 4), atol=1e-6)
        assert (first.origin, first.extent) == ((8, -4), (32, 16))  # the window's
    own = read("map", grid(2, 2, 3, 4)).codes
    np.testing.assert_allclose(own[1].values, grid(2, 2, 3, 4)[1], atol=1e-6)


def test_a_map_says_where_it_lies():
    placed = read("map", {"values": grid(2, 3, 4), "origin": (1, 2), "extent": 64}).codes[0]
    assert (placed.origin, placed.extent) == ((1, 2), (64, 64))
    # A periodic image is made from its own origin, whatever the origin that it is rolled to.
    periodic = read("map", grid(2, 3, 4), window=Window((0, 0), (32, 16), (32, 16))).codes[0]
    assert (periodic.origin, periodic.extent) == ((0, 0), (32, 16))


def test_an_index_over_space_is_a_map_of_names():
    names = np.array([["berea", "ketton"], ["ketton", "doddington"]])
    code = read("index", {"values": names}).codes[0]
    np.testing.assert_array_equal(code.values.argmax(0), [[0, 1], [1, 2]])
    assert not code.smooth


@pytest.mark.parametrize(
    ("kind", "condition"),
    [
        ("code", None),
        ("code", [[0.1, 0.2], [0.3, 0.4]]),
        ("code", {"values": grid(2, 3, 3), "origin": (1, 2)}),
        ("index", None),
        ("index", {"values": [["berea", "ketton"]]}),
        ("map", [0.25, 0.75]),
        ("map", [[0.25, 0.75], [0, 1]]),
        ("level", [0.25, 0.5]),
        ("level", grid(3, 3)),
        ("map", grid(2, 2, 3, 4)),
    ],
)
def test_what_was_read_can_be_asked_for_again(kind, condition):
    asked = read(kind, condition)
    again = read(kind, json.loads(json.dumps(asked.as_request())), window=Window((0, 0), (5, 5)))
    for code, other in zip(asked.codes, again.codes, strict=True):
        np.testing.assert_array_equal(code.values, other.values)
        assert getattr(code, "extent", None) == getattr(other, "extent", None)


@pytest.mark.parametrize(
    ("kind", "condition", "words"),
    [
        ("code", [1, 2, 3], r"texture of shape \(3,\) .* 2 images; allowed: \(2,\), or \(2, 2\) for one per image"),
        ("code", "brick", "'brick' .* allowed: 2 numbers, or as many per image"),
        ("code", [0, float("nan")], "holds nan; allowed: finite"),
        ("code", {"style": [0, 0]}, "names style; model 'toy' can be asked for texture only"),
        ("index", "keton", "'keton' .* did you mean ketton\\? allowed: berea, ketton, doddington"),
        ("index", "granite", "'granite' .*model 'toy'; allowed: berea, ketton, doddington"),
        ("index", 3, "rock 3 was asked .* allowed: berea"),
        ("index", True, "rock True was asked"),
        ("index", -1, "rock -1 was asked"),
        ("index", ["berea"] * 3, "for 2 images; allowed: one of berea, ketton, doddington, or 2 of them"),
        ("index", 0.5, "rock 0.5 was asked .* allowed: one of"),
        ("index", {"values": [["slate"]]}, "'slate' .* allowed: berea"),
        ("index", {"values": ["berea"]}, r"map of rock of shape \(1,\) .* allowed: \(length, length\)"),
        ("map", [0.1, 0.2, 0.3], "direction of shape .* or 2 numbers for every place"),
        ("map", grid(3, 4, 4), r"map of direction of shape \(3, 4, 4\) .* allowed: \(2, length, length\)"),
        ("map", 2 * grid(2, 9, 9), "direction [-0-9.]+ was asked .* allowed: -1 to 1"),
        ("map", {"values": grid(2, 3, 3), "where": 1}, "names where; allowed: values, origin, extent"),
        ("map", {"values": grid(2, 3, 3), "extent": 0}, "extent of .* allowed: 1 or more"),
        ("map", {"values": grid(2, 3, 3), "origin": (1, 2, 3)}, "origin .* whole pixels, one number or 2"),
        ("map", {"values": grid(2, 3, 3), "origin": 0.5}, "origin 0.5 of a map"),
        ("map", grid(3, 2, 3, 4), "3 maps of direction .* for 2 images"),
        ("map", "north", "'north' was asked"),
    ],
)
def test_what_cannot_be_asked_is_told(kind, condition, words):
    with pytest.raises(RaysysError, match=words) as caught:
        read(kind, condition)
    assert "\n" not in str(caught.value)


def test_a_map_covers_one_period_of_a_periodic_image():
    window = Window((0, 0), (32, 16), (32, 16))
    with pytest.raises(RaysysError, match=r"repeats after \(32, 16\); leave the extent out"):
        read("map", {"values": grid(2, 3, 3), "extent": 64}, window=window)
    with pytest.raises(RaysysError, match="varies over space here; allowed: the same at every place"):
        read("map", grid(2, 3, 3), window=None)
    with pytest.raises(RaysysError, match="varies over space here"):
        _ = read("map", grid(2, 3, 3)).values
