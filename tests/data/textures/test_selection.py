"""Folders of textures, photographs and rocks: pairs of pieces, names, and one sentence for what does not fit."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from pydantic import ValidationError
from support.rock_textures import rocks
from support.shared import shared
from support.textures import stripes, write_textures

from raysys import RaysysError
from raysys.data.sources import batch_of, located_data, training_data
from raysys.data.textures.near_duplicates import near_duplicates
from raysys.data.textures.reading import texture_names
from raysys.data.textures.selection import EACH, Textures, textures
from raysys.data.textures.settings import TexturesSettings


def settings(images: object, **more: object) -> TexturesSettings:
    return TexturesSettings(source="textures", images=str(images), **({"tile": 16} | more))


def chosen(data: Textures, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    return batch_of(data, np.arange(count), [(seed, place) for place in range(count)])


def coded(side: int, number: int) -> np.ndarray:
    """A grey picture whose every pixel says where it is, and of which texture."""
    rows, columns = np.indices((side, side))
    return (number * 10_000 + rows * 100 + columns).astype(np.uint16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_textures(tmp_path / "textures")


def test_a_folder_is_textures_by_name_in_natural_order(folder: Path):
    data = training_data(settings(folder))
    assert data.target_names == texture_names(settings(folder)) == ("noise", "stripes", "tiles")
    assert data.train.shape == (3 * EACH, 16, 16, 3)
    assert np.bincount(data.train_targets).tolist() == [EACH] * 3
    noise = data.train[np.flatnonzero(data.train_targets == 0)]
    assert np.array_equal(noise[..., 0], noise[..., 2])  # a grey file among coloured ones
    assert json.loads(json.dumps(data.provenance))["textures"]["tiles"] == [[40, 40]]
    assert located_data(settings(folder)) == {"images": str(folder.resolve())}


def test_a_texture_may_be_a_folder_of_pictures(folder: Path):
    (folder / "woven").mkdir()
    for number in (2, 10):
        grey = (stripes(30 + number, seed=number) * 255).astype(np.uint8)
        Image.fromarray(grey).save(folder / f"woven/{number}.png")
    (folder / "README").write_text("no picture")
    data = training_data(settings(folder, colour=False))
    assert data.target_names == ("noise", "stripes", "tiles", "woven")
    assert data.belongs.tolist() == [0, 1, 2, 3, 3]
    assert data.train_weights is not None
    np.testing.assert_allclose(np.bincount(data.train_targets, data.train_weights), len(data.train) / 4)
    assert data.train.shape[1:] == (16, 16)
    assert not len(data.held_out)


def test_pairs_are_of_one_texture_and_a_function_of_seed_and_place(tmp_path: Path):
    for number in range(3):
        np.save(tmp_path / f"{number}.npy", coded(40, number))
    data = training_data(settings(tmp_path, colour=False))
    stored = {i: coded(40, i) for i in range(3)}
    drawn = chosen(data, 30)
    for image, other, target in zip(drawn["images"], drawn["others"], drawn["targets"], strict=True):
        low, high = stored[target].min(), stored[target].max()
        for piece in (image, other):
            values = np.round(piece * (high - low)).astype(int)
            row, column = divmod(int(values[0, 0]), 100)
            np.testing.assert_array_equal(
                values, np.indices((16, 16))[0] * 100 + np.indices((16, 16))[1] + values[0, 0]
            )
            assert 0 <= row <= 24
            assert 0 <= column <= 24
    assert not np.array_equal(drawn["images"], drawn["others"])
    part = batch_of(data, np.arange(10, 20), [(0, place) for place in range(10, 20)])
    np.testing.assert_array_equal(part["others"], drawn["others"][10:20])
    assert not np.array_equal(chosen(data, 30, seed=1)["images"], drawn["images"])


def test_both_pieces_of_a_photograph_lie_in_a_window_of_1_1_pieces(tmp_path: Path):
    np.save(tmp_path / "photo.npy", coded(90, 0))
    told = settings(tmp_path, pairs="window", colour=False, tile=40)
    assert told.window == 44
    data = training_data(told)
    assert texture_names(told) == ()
    high = coded(90, 0).max()
    firsts = []
    for seed in range(20):
        drawn = chosen(data, 10, seed)
        corners = [np.round(drawn[name][:, 0, 0] * high).astype(int) for name in ("images", "others")]
        places = np.array([np.stack(np.divmod(one, 100), 1) for one in corners])
        assert np.abs(places[0] - places[1]).max() <= 4
        firsts.append(places)
    reached = np.concatenate(firsts, 1)
    assert np.abs(reached[0] - reached[1]).max() == 4  # the window is used, and all of the photograph
    assert reached.min() <= 2
    assert reached.max() >= 48


def test_what_is_held_out_shares_no_pixel_with_training(tmp_path: Path):
    for number in range(2):
        np.save(tmp_path / f"{number}.npy", coded(80, number))
    data = training_data(settings(tmp_path, colour=False, held_out=0.25))
    assert [array.shape for array in data.train.arrays] == [(60, 80)] * 2
    assert len(data.held_out) == len(data.held_out_targets) == 32
    rows = np.round(data.held_out[data.held_out_targets == 0][:, 0, 0] * coded(80, 0).max()).astype(int) // 100
    assert rows.min() >= 60


def test_nearly_the_same_picture_twice_is_found_and_named(folder: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        training_data(settings(folder))
    whole = Image.open(folder / "stripes.png")
    whole.resize((57, 57)).point(lambda value: value * 0.8 + 20).save(folder / "again.jpg")
    with pytest.warns(UserWarning, match="nearly the same picture: again and stripes; leave one of each out"):
        assert len(training_data(settings(folder)).target_names) == 4


def test_pieces_of_one_texture_are_no_near_duplicates():
    large = stripes(96)
    pieces = {"one": large[:40, :40], "other": large[41:81, 47:87], "flat": np.zeros((30, 30)), "even": np.ones((9, 9))}
    assert near_duplicates(pieces) == []
    assert near_duplicates({"a": large, "b": large * 0.5, "c": large.T}) == [("a", "b")]


def test_volumes_of_several_formats_have_a_phase(tmp_path: Path):
    chance = np.random.default_rng(0)
    volumes = {name: chance.random((20, 18, 22)) < share for name, share in {"a": 0.2, "b": 0.4, "c": 0.6}.items()}
    tifffile.imwrite(tmp_path / "a.tif", volumes["a"].astype(np.uint8) * 255)
    np.save(tmp_path / "b.npy", volumes["b"].astype(np.uint8) * 255)
    (tmp_path / "c.raw").write_bytes((~volumes["c"]).astype(np.uint8).tobytes())
    told = {"dims": 3, "shape": (20, 18, 22), "dtype": "uint8"}
    phases = {"a": 255, "b": 255, "c": 0}
    data = training_data(settings(tmp_path, phase=phases, **told))
    assert data.target_names == ("a", "b", "c")
    for array, expected in zip(data.train.arrays, volumes.values(), strict=True):
        np.testing.assert_array_equal(array, expected)
    assert settings(tmp_path, phase=0, **told).form.kind == "binary"
    assert chosen(data, 2)["images"].shape == (2, 16, 16, 16)
    with pytest.raises(
        RaysysError, match=r"a\.tif: it holds two values, 0 and 255, .* set data\.phase=0 or data\.phase"
    ):
        training_data(settings(tmp_path, **told))
    with pytest.raises(RaysysError, match=r"data\.phase says nothing of c"):
        training_data(settings(tmp_path, phase={"a": 255, "b": 0}, **told))
    with pytest.raises(RaysysError, match=r"c\.raw: .*255"):
        training_data(settings(tmp_path, phase=255, **told))


def test_voxels_that_are_no_cubes_or_of_two_sizes_are_refused(tmp_path: Path):
    block = (np.random.default_rng(0).random((16, 16, 16)) < 0.5).astype(np.uint8)
    for name, size in {"a": 2.0, "b": 3.0}.items():
        tifffile.imwrite(
            tmp_path / f"{name}.tif", block, imagej=True, resolution=(1 / size, 1 / size),
            metadata={"spacing": size, "unit": "um", "axes": "ZYX"},
        )  # fmt: skip
    with pytest.raises(RaysysError, match="b has pixels of 3 um, and a of 2 um"):
        training_data(settings(tmp_path, dims=3, phase=1))
    training_data(settings(tmp_path, dims=3, phase=1, pixel_size="2um"))
    with pytest.raises(RaysysError, match=r"a\.tif has voxels of 5 x 2 x 2 um, .* voxels of equal sides"):
        training_data(settings(tmp_path, dims=3, phase=1, pixel_size="5um,2um,2um"))


def test_real_rocks_are_read_with_their_porosity(tmp_path: Path):
    """Berea of porosity 0.1965 and Ketton of 0.1269 (whole volumes), of which these files are a part."""
    for name in ("berea_z000-263", "ketton_z000-183"):
        (tmp_path / f"{name[:5]}.tif").symlink_to(shared(f"rock3d/{name}.tif"))
    data = training_data(settings(tmp_path, dims=3, phase=1, tile=40))
    assert data.target_names == ("berea", "ketto")
    assert [float(array.mean()) for array in data.train.arrays] == pytest.approx([0.1965, 0.1269], abs=0.005)
    assert chosen(data, 2)["others"].dtype == np.uint8


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"tile": 64}, r"noise in .* has 40 x 40 pixels, and pieces have 64 a side; use a smaller data\.tile"),
        ({"downscale": 4}, r"has 10 x 10 pixels at data\.downscale 4, and pieces have 16"),
        ({"held_out": 0.7}, r"has 12 x 40 pixels, of which data\.held_out 0\.7 keeps a part away"),
        ({"pairs": "window", "tile": 38}, "40 x 40 pixels, and windows have 42 a side"),
        ({"dims": 3}, r"noise\.png holds an array of 2 axes, and data\.dims is 3"),
    ],
)
def test_what_does_not_fit_is_told(folder: Path, more: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        training_data(settings(folder, **more))


def test_a_folder_with_one_texture_or_none_is_refused(folder: Path, tmp_path: Path):
    for name in ("noise.png", "tiles.png"):
        (folder / name).unlink()
    with pytest.raises(RaysysError, match=r"holds one texture, stripes; allowed: two or more, or data\.pairs=window"):
        training_data(settings(folder))
    (folder / "stripes.png").unlink()
    with pytest.raises(RaysysError, match="holds no image; looked for png"):
        training_data(settings(folder))
    with pytest.raises(
        RaysysError, match=r"does not exist; allowed: a folder with one file .* synthetic:textures or synthetic:rocks"
    ):
        training_data(settings(tmp_path / "none"))


@pytest.mark.parametrize("wrong", [{"pairs": "photo"}, {"colour": True, "phase": 1}, {"pixel_size": "wide"}])
def test_settings_that_contradict_are_refused(wrong: dict):
    with pytest.raises(ValidationError):
        settings("folder", **wrong)


def test_six_textures_come_without_a_file():
    data = training_data(settings("synthetic:textures", tile=64))
    assert data.target_names == ("brick", "grass", "gravel", "cells", "marble", "weave")
    assert [array.shape for array in data.train.arrays] == [(256, 256, 3)] * 6
    assert all(array.dtype == np.float32 and array.min() >= 0 and array.max() <= 1 for array in data.train.arrays)
    assert data.provenance["licence"].startswith("CC0")
    with pytest.raises(RaysysError, match="are pictures in colour"):
        training_data(settings("synthetic:textures", dims=3))


def test_three_rocks_come_without_a_file():
    found = textures(rocks(tile=32))
    assert found.target_names == ("beads", "oolite", "sandstone")
    assert "Apache-2.0" in found.provenance["licence"]
    porosities = [array.mean() for array in found.train.arrays]
    np.testing.assert_allclose(porosities, [0.36, 0.13, 0.20], atol=1e-6)
    # Anywhere alike: no eighth of a volume is far from the whole.
    for array, porosity in zip(found.train.arrays, porosities, strict=True):
        eighths = array.reshape(2, 64, 2, 64, 2, 64).mean((1, 3, 5))
        assert np.abs(eighths / porosity - 1).max() < 0.25
    grains = textures(rocks(tile=32, phase={"beads": 0, "oolite": 1, "sandstone": 1}))
    assert grains.train.arrays[0].mean() == pytest.approx(0.64, abs=1e-6)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"phase": None}, r"synthetic:rocks are volumes whose pores are 1; set data\.dims=3 and data\.phase=1"),
        ({"dims": 2}, r"set data\.dims=3 and data\.phase=1"),
        ({"phase": {"beads": 1}}, "data.phase says nothing of oolite, sandstone"),
        ({"phase": 7}, "7"),
    ],
)
def test_rocks_whose_pores_are_not_said_are_refused(more: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        textures(rocks(**more))
