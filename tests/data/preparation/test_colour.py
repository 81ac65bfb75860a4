"""Colours from file to tiles; where they are not asked for, a photograph becomes grey."""

from pathlib import Path

import numpy as np
import pydantic
import pytest
import tifffile
from PIL import Image

from raysys import RaysysError
from raysys.data import DataSettings, block_mean, prepare, read_images, split_by_region, windows
from raysys.data.large import prepared
from raysys.data.preparation.colour import to_colour
from raysys.form import Form

CHANCE = np.random.default_rng(0)
COLOURS = CHANCE.integers(0, 256, (40, 60, 3)).astype(np.uint8)


def test_colours_of_every_number_type():
    np.testing.assert_array_equal(to_colour(COLOURS), COLOURS.astype(np.float32) / np.float32(255))
    np.testing.assert_allclose(to_colour(COLOURS.astype(np.uint16) * 257), to_colour(COLOURS), atol=1e-6)
    shades = CHANCE.random((4, 5, 3))
    np.testing.assert_array_equal(to_colour(shades), shades.astype(np.float32))
    for wrong in (shades * 2, COLOURS.astype(np.int64)):
        with pytest.raises(RaysysError, match="allowed: uint8, uint16, or floats from 0 to 1"):
            to_colour(wrong)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "npy"])
def test_colours_are_read_as_they_are_stored(tmp_path: Path, suffix: str):
    path = tmp_path / f"a.{suffix}"
    if suffix == "npy":
        np.save(path, COLOURS)
    else:
        Image.fromarray(COLOURS).save(path)
    read = read_images(path, kind="colour")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, to_colour(COLOURS))


def test_stacks_of_colours(tmp_path: Path):
    stack = np.stack([COLOURS, 255 - COLOURS])
    tifffile.imwrite(tmp_path / "planar.tif", np.moveaxis(stack, -1, 1), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(read_images(tmp_path / "planar.tif", kind="colour"), to_colour(stack))
    for k, page in enumerate(stack):
        (tmp_path / "folder").mkdir(exist_ok=True)
        Image.fromarray(page).save(tmp_path / "folder" / f"{k}.png")
    np.testing.assert_array_equal(read_images(tmp_path / "folder", kind="colour"), to_colour(stack))
    flat = prepare(DataSettings(images=str(tmp_path / "folder"), colour=True, dims=2, tile=8, stride=8, held_out=0))
    assert flat.train.shape == (2 * 5 * 7, 8, 8, 3)
    np.testing.assert_array_equal(flat.train[-1], to_colour(stack)[1, 32:40, 48:56])


def test_an_image_without_colours_is_refused_where_they_are_asked_for(tmp_path: Path):
    Image.fromarray(COLOURS[..., 0]).save(tmp_path / "grey.png")
    with pytest.raises(RaysysError, match=r"grey\.png holds an array of shape \(40, 60\) and no colours"):
        prepare(DataSettings(images=str(tmp_path / "grey.png"), colour=True))


def test_opacity_is_left_out_with_a_notice(tmp_path: Path):
    Image.fromarray(np.dstack([COLOURS, COLOURS[..., :1]])).save(tmp_path / "a.png")
    settings = DataSettings(images=str(tmp_path / "a.png"), colour=True, tile=8, stride=8)
    with pytest.warns(UserWarning, match=r"how opaque the pixels of .*a\.png are is left out"):
        tiles = prepare(settings)
    np.testing.assert_array_equal(tiles.image, to_colour(COLOURS))


def test_a_photograph_becomes_grey_with_one_notice(recwarn: pytest.WarningsRecorder, tmp_path: Path):
    photograph = prepare(DataSettings(images="skimage:coffee", downscale=4, tile=32))
    assert [str(each.message) for each in recwarn] == [
        "skimage:coffee is in colour and becomes grey (its luminance); data.colour: true keeps colours"
    ]
    assert photograph.train.dtype == np.uint8
    recwarn.clear()
    Image.fromarray(np.dstack([COLOURS[..., 0]] * 3)).save(tmp_path / "grey.png")
    prepare(DataSettings(images=str(tmp_path / "grey.png"), tile=8))
    assert not recwarn.list  # grey that was saved as colour


def test_a_real_photograph_from_file_to_tiles():
    settings = DataSettings(images="skimage:astronaut", colour=True, tile=[32, 48], stride=16, downscale=4)
    tiles = prepare(settings)
    assert tiles.image.shape == (128, 128, 3)
    assert settings.form == Form("colour", (32, 48))
    assert tiles.train.shape == settings.form.array_shape(len(tiles.train))
    assert tiles.train.dtype == settings.form.dtype == np.float32
    assert 0 <= tiles.train.min() < 0.1 < 0.9 < tiles.train.max() <= 1
    whole = read_images("skimage:astronaut", kind="colour")
    np.testing.assert_allclose(tiles.image[..., 2], block_mean(whole[..., 2], 4), atol=1e-6)
    row, column = tiles.held_out_origins[3]
    np.testing.assert_array_equal(tiles.held_out[3], tiles.image[row : row + 32, column : column + 48])
    assert tiles.phase_fraction == pytest.approx(tiles.image.mean(), abs=1e-4)
    assert tiles.provenance["shape"] == [128, 128]


def test_windows_of_colours_are_cut_like_those_of_each_channel():
    colours = to_colour(COLOURS)
    cut = windows(colours, [12, 20], [5, 7], colour=True)
    for channel in range(3):
        np.testing.assert_array_equal(cut[..., channel], windows(colours[..., channel], [12, 20], [5, 7]))
    tiles = split_by_region(colours, 8, 4, colour=True)
    flat = split_by_region(colours[..., 0], 8, 4)
    np.testing.assert_array_equal(tiles.train[..., 0], flat.train)
    np.testing.assert_array_equal(tiles.held_out_origins, flat.held_out_origins)
    np.testing.assert_array_equal(tiles.train_groups, flat.train_groups)


@pytest.mark.parametrize("suffix", ["tif", "npy"])
def test_a_large_image_in_colour_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str):
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 1_000)
    (tifffile.imwrite if suffix == "tif" else np.save)(tmp_path / f"a.{suffix}", COLOURS)
    with pytest.raises(RaysysError, match=r"has 40 x 60 pixels in colour; allowed: up to 1,000, since larger images"):
        prepare(DataSettings(images=str(tmp_path / f"a.{suffix}"), colour=True))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"segment": "threshold", "threshold": 0.5}, r"colour keeps colours, and segment \(threshold\) is for grey"),
        ({"phase": "dark"}, r"phase \(dark\) is for grey values; leave one out"),
        ({"phase": 1}, r"phase \(1\) is for grey"),
        ({"denoise_sigma_spatial": 3.0}, r"denoise_sigma_spatial \(3\.0\) is for grey"),
        ({"resize_threshold": "any"}, "resize_threshold"),
        ({"window": "res"}, "window: res measures one phase"),
    ],
)
def test_contradictory_settings_are_refused(fields: dict, expected: str):
    with pytest.raises(pydantic.ValidationError, match=expected):
        DataSettings(images="a.png", colour=True, **fields)
