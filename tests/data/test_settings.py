"""Sides of tiles, and the form that settings say."""

from pathlib import Path

import numpy as np
import pydantic
import pytest

from raysys import RaysysError
from raysys.data import DataSettings, prepare, split_by_region, window_count, windows
from raysys.form import Form

VOLUME = np.random.default_rng(0).integers(0, 2, (24, 20, 30)).astype(np.uint8)


@pytest.mark.parametrize(
    ("fields", "form"),
    [
        ({}, Form("binary", (64, 64))),
        ({"tile": 32, "dims": 3}, Form("binary", (32, 32, 32))),
        ({"tile": [16, 24]}, Form("binary", (16, 24))),
        ({"tile": [16, 24, 8]}, Form("binary", (16, 24, 8))),
        ({"segment": "none"}, Form("grey", (64, 64))),
        ({"segment": "none", "phase": 1}, Form("binary", (64, 64))),
        ({"colour": True, "tile": [16, 24]}, Form("colour", (16, 24))),
        ({"phases": ["a", "b"], "dims": 3, "tile": 8}, Form("labels", (8, 8, 8), ("a", "b"))),
    ],
)
def test_settings_say_the_form_of_tiles(fields: dict, form: Form):
    settings = DataSettings(images="a.png", **fields)
    assert settings.form == form
    assert settings.tile_shape == form.shape
    assert DataSettings(**settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"tile": [16, 24], "dims": 3}, "tile of 2, dims of 3 axes; a tile has 2 or 3"),
        ({"tile": [16, 24, 8], "stride": [4, 4]}, "tile of 3, stride of 2 axes"),
        ({"tile": [16]}, "tile of 1 axes"),
        ({"tile": [16, 1]}, "greater than or equal to 2"),
        (
            {"tile": [16, 24], "window": 32},
            "is the side of a square, and tile is 16 x 24; give downscale instead",
        ),
        ({"colour": "yes"}, "valid boolean"),
    ],
)
def test_sides_that_contradict_each_other_are_refused(fields: dict, expected: str):
    with pytest.raises(pydantic.ValidationError, match=expected):
        DataSettings(images="a.png", **fields)


def test_tiles_of_unequal_sides(tmp_path: Path):
    np.save(tmp_path / "a.npy", VOLUME)
    settings = DataSettings(images=str(tmp_path / "a.npy"), tile=[4, 6, 8], stride=[2, 3, 5], held_out=0.4)
    tiles = prepare(settings)
    assert len(tiles.train) == window_count((24, 20, 18), (4, 6, 8), (2, 3, 5))
    for side in ("train", "held_out"):
        for tile, origin in zip(getattr(tiles, side), getattr(tiles, f"{side}_origins"), strict=True):
            spans = tuple(slice(o, o + n) for o, n in zip(origin, (4, 6, 8), strict=True))
            np.testing.assert_array_equal(tile, VOLUME[spans])
    flat = prepare(settings.model_copy(update={"tile": (6, 8), "stride": 5}))
    assert flat.train.shape[1:] == (6, 8)
    assert flat.train_origins.shape[1] == 3
    place, row, column = flat.train_origins[7]
    np.testing.assert_array_equal(flat.train[7], VOLUME[place, row : row + 6, column : column + 8])


def test_windows_of_unequal_sides_and_steps():
    cut = windows(VOLUME, (4, 6, 8), (3, 5, 7))
    assert len(cut) == window_count(VOLUME.shape, (4, 6, 8), (3, 5, 7)) == 7 * 3 * 4
    np.testing.assert_array_equal(cut[-1], VOLUME[18:22, 10:16, 21:29])
    with pytest.raises(RaysysError, match=r"24 x 20 x 30 pixels is smaller than the window of 4 x 6 x 31 pixels"):
        windows(VOLUME, (4, 6, 31), 1)
    with pytest.raises(RaysysError, match="4 x 6 are sides of 2 axes; allowed here: one number, or 3"):
        split_by_region(VOLUME, (4, 6), 1, dims=3)


def test_volume_tiles_of_a_real_rock(shared_image):
    settings = DataSettings(
        images=str(shared_image("rock3d/dpm_berea_110.tif")), dims=3, tile=32, stride=32, phase=1, held_out=0.3
    )
    tiles = prepare(settings)
    assert tiles.train.shape == (2 * 3 * 3, *settings.form.shape)
    assert tiles.held_out.shape == (3 * 3, 32, 32, 32)
    assert tiles.phase_fraction == pytest.approx(0.1779, abs=1e-4)
