"""What sets are made of: told apart by looking, or by name."""

from pathlib import Path

import numpy as np
import pytest
from support.generators import untrained_generator

from raysys import RaysysError
from raysys.assess.methods.sets import Sources, kind_of, opened
from raysys.data import Tiles, write_images


def opened_sets(sets: dict[str, object], **kinds: str) -> Sources:
    return opened(sets, kinds, dims=2, phases_of=lambda _: None, tracking_uri=None, device=None, say=lambda _: None)


def test_sets_are_told_apart_by_looking(
    rock: Path, rock_model: Path, rock_farms: dict[str, Path], rock_tiles: Tiles, tmp_path: Path
):
    write_images(tmp_path / "pictures", rock_tiles.held_out)
    origins = {
        "images": [rock_tiles.held_out, rock, str(rock), tmp_path / "pictures", "skimage:gravel"],
        "model": [rock_model, "models:/rock/1", "trained:gravel", "rock", untrained_generator("tiny")],
        "annealed": [rock_farms["s2"]],
    }
    for kind, several in origins.items():
        assert [kind_of("a", origin) for origin in several] == [kind] * len(several)
    for path in ("no/such/folder", "rock2.tif", Path("folder")):
        with pytest.raises(RaysysError, match=f"set a: {path} does not exist"):
            kind_of("a", path)


def test_all_are_kept_in_the_order_in_which_they_were_given(
    rock_model: Path, rock_farms: dict[str, Path], rock_tiles: Tiles
):
    sources = opened_sets({"array": rock_tiles.held_out, "gan": str(rock_model), "farm": rock_farms["s2"]})
    assert sources.names == ["array", "gan", "farm"]
    assert list(sources.models) == ["gan"]
    assert sources.uris == {"gan": str(rock_model)}
    assert sources.side == 16
    assert sources.shapes((24, 24)) == {"gan": (24, 24), "farm": (16, 16), "array": (16, 16)}
    assert sources.made["array"].method.kind == "images"
    assert np.shares_memory(opened_sets({"a": rock_tiles.held_out}).made["a"].images, rock_tiles.held_out) is False


def test_images_of_one_phase_only_are_taken_as_they_are():
    images = np.zeros((2, 8, 8), np.uint8)
    np.testing.assert_array_equal(opened_sets({"a": images}).made["a"].images, images)


@pytest.mark.parametrize(
    ("sets", "kinds", "expected"),
    [
        ({}, {}, "nothing to compare with the real images"),
        ({"real": np.zeros((2, 8, 8))}, {}, "the set real is that of the real images"),
        ({"a/b": np.zeros((2, 8, 8))}, {}, "set 'a/b' is not allowed"),
        ({"a": np.zeros((2, 8, 8))}, {"b": "model"}, "kinds name the set b, which is none; given: a"),
        ({"a": np.zeros((2, 8, 8))}, {"a": "gan"}, "of the kind 'gan'; allowed: model, annealed, images"),
        ({"a": np.zeros((2, 8, 8))}, {"a": "model"}, "set a is an array; wanted: a model, or its folder, name or URI"),
        ({"a": np.zeros((2, 8, 8))}, {"a": "annealed"}, "set a is a ndarray; wanted: a folder of raysys anneal"),
        ({"a": np.zeros((2, 2, 2, 8, 8))}, {}, "a: the image has one grey level only"),
    ],
)
def test_what_is_no_set_is_refused(sets: dict[str, object], kinds: dict[str, str], expected: str):
    with pytest.raises(RaysysError) as error:
        opened_sets(sets, **kinds)
    assert expected in str(error.value)
