"""Tiles drawn from disk against tiles cut in memory; large images through `prepare`."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile

from raysys import RaysysError
from raysys.data import DataSettings, LargeImage, prepare, split_by_region, window_count, windows
from raysys.data.large import LazyTiles, is_large, prepared, split_large, write_tiles
from raysys.data.preparation import CutTiles, prepared_image


@pytest.fixture
def binary(tmp_path, grains):
    """(201, 317) uint8 {0, 1}, and a file of it as pictures have it."""
    image = (grains < 110).astype(np.uint8)
    tifffile.imwrite(tmp_path / "b.tif", image * 255, tile=(32, 32), compression="zlib")
    return image, tmp_path / "b.tif"


@pytest.mark.parametrize("held_out", [0.0, 0.25, 0.4])
@pytest.mark.parametrize(("size", "stride"), [(32, 16), (24, 7)])
def test_the_split_is_that_of_the_image_in_memory(binary, held_out, size, stride):
    image, path = binary
    expected = split_by_region(image, size, stride, held_out=held_out)
    found = split_large(LargeImage(path), size, stride, held_out=held_out)
    for name in ("origins", "groups", "inside"):
        for side in ("train", "held_out"):
            np.testing.assert_array_equal(getattr(found, f"{side}_{name}"), getattr(expected, f"{side}_{name}"))
    np.testing.assert_array_equal(found.train[:], expected.train)
    np.testing.assert_array_equal(found.held_out[:], expected.held_out)
    assert found.phase_fraction == expected.phase_fraction
    assert found.train.mean() == expected.train.mean()


def test_lazy_tiles_are_indexed_like_an_array(binary):
    image, path = binary
    cut = windows(image, 32, 16)
    tiles = LazyTiles(LargeImage(path), split_by_region(image, 32, 16, held_out=0.0).train_origins, 32)
    assert tiles.shape == cut.shape
    assert len(tiles) == len(cut) == window_count(image.shape, 32, 16)
    assert tiles.dtype == cut.dtype
    chosen = np.random.default_rng(0).integers(0, len(cut), 20)
    for index in (chosen, slice(3, 9), slice(None, None, 11), chosen.reshape(4, 5), chosen == 3, 7, -1, chosen[:0]):
        key = index if not (isinstance(index, np.ndarray) and index.dtype == bool) else np.arange(len(cut)) % 9 == 3
        np.testing.assert_array_equal(tiles[key], cut[key])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(tiles))[chosen], cut[chosen])


def test_the_published_image_gives_the_published_tiles(tmp_path):
    """A sparse file of the published size: 14,697 tiles, of which only those that are asked for are read."""
    shape = (17_920, 54_784)
    with (tmp_path / "big.raw").open("wb") as file:
        file.truncate(shape[0] * shape[1])
        file.seek(5_000 * shape[1] + 7_000)
        file.write(b"\x01")
    image = LargeImage(tmp_path / "big.raw", shape=shape, dtype="uint8")
    assert is_large(DataSettings(images=str(tmp_path / "big.raw"), shape=shape, dtype="uint8"))
    origins = np.stack(np.meshgrid(np.arange(0, 17_409, 256), np.arange(0, 54_273, 256), indexing="ij"), -1)
    tiles = LazyTiles(image, origins.reshape(-1, 2), 512)
    assert len(tiles) == window_count(shape, 512, 256) == 14_697
    holding = np.flatnonzero((np.abs(tiles.origins + 255.5 - [5_000, 7_000]) < 256).all(1))
    assert len(holding) == 4
    np.testing.assert_array_equal(tiles[holding].sum((1, 2)), 1)
    assert tiles[holding + 3].sum() == 0


def test_tiles_are_written_some_at_a_time(binary, tmp_path, monkeypatch):
    image, path = binary
    monkeypatch.setattr("raysys.data.preparation.cut_tiles.AT_A_TIME", 10)
    tiles = split_large(LargeImage(path), 32, 16, held_out=0.0).train
    told = []
    write_tiles(tmp_path / "t.npy", tiles, show=lambda *now: told.append(now))
    np.testing.assert_array_equal(np.load(tmp_path / "t.npy"), windows(image, 32, 16))
    assert told[-1] == (len(tiles), len(tiles), "writing tiles")
    with pytest.raises(RaysysError, match=r"written as \.npy"):
        write_tiles(tmp_path / "t.png", tiles)


def test_a_grey_image_has_no_lazy_tiles(tmp_path, grains):
    np.save(tmp_path / "g.npy", grains)
    with pytest.raises(RaysysError, match=r"g\.npy is grey \(it holds the value \d+\), and a binary image is needed"):
        split_large(LargeImage(tmp_path / "g.npy"), 16, 16)
    with pytest.raises(RaysysError, match="is grey"):
        LazyTiles(LargeImage(tmp_path / "g.npy"), np.zeros((1, 2), np.int64), 8)[0]


def test_a_window_larger_than_the_image_is_refused(binary):
    with pytest.raises(RaysysError, match="less than one tile of 202"):
        split_large(LargeImage(binary[1]), 202, 1)


@pytest.fixture
def large(tmp_path, monkeypatch, grains, small_windows):
    """Settings of an image that counts as large, and a cache folder."""
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 10_000)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path / "cache"))
    tifffile.imwrite(tmp_path / "grey.tif", grains, tile=(64, 64), compression="zlib")
    return DataSettings(images=str(tmp_path / "grey.tif"), phase="dark", tile=32, stride=8, minimum_object=9)


def in_memory(settings, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(prepared, "LARGE_PIXELS", 2**40)
        return prepare(settings)


@pytest.mark.parametrize("lazy", [False, True])
def test_prepare_takes_large_images_in_windows_by_itself(large, monkeypatch, lazy):
    expected = in_memory(large, monkeypatch)
    monkeypatch.setattr(prepared_image, "IN_MEMORY", 0 if lazy else 2**40)
    found = prepare(large)
    assert isinstance(found.train, CutTiles) == lazy
    assert isinstance(found.held_out, np.ndarray)
    np.testing.assert_array_equal(found.train[:], expected.train)
    np.testing.assert_array_equal(found.held_out, expected.held_out)
    np.testing.assert_array_equal(found.held_out_origins, expected.held_out_origins)
    np.testing.assert_array_equal(found.image, expected.image)
    assert found.phase_fraction_before == expected.phase_fraction_before
    same = set(expected.provenance) - {"settings"}
    assert {name: found.provenance[name] for name in same} == {name: expected.provenance[name] for name in same}


def test_phases_are_found_once_for_all_tiles(large, monkeypatch, tmp_path):
    first = prepare(large).provenance["segmented"]
    monkeypatch.setattr(prepared, "segment_large", None)  # whoever calls it now fails
    assert prepare(large.model_copy(update={"tile": 16, "held_out": 0.5})).provenance["segmented"] == first
    with pytest.raises(TypeError):
        prepare(large.model_copy(update={"downscale": 2.0}))
    assert [path.name for path in (tmp_path / "cache" / "segmented").iterdir()] == [first.split("/")[-2]]


def test_two_processes_that_make_the_same_phases_keep_the_first(large, monkeypatch):
    made = prepared.segment_large

    def overtaken(settings, output, **how):
        with monkeypatch.context() as patch:
            patch.setattr(prepared, "segment_large", made)
            inodes.append(Path(prepare(large).provenance["segmented"]).stat().st_ino)
        return made(settings, output, **how)

    inodes: list[int] = []
    monkeypatch.setattr(prepared, "segment_large", overtaken)
    found = Path(prepare(large).provenance["segmented"])
    assert found.stat().st_ino == inodes[0]
    assert [path.name for path in found.parent.parent.iterdir()] == [found.parent.name]


def test_of_many_held_out_tiles_evenly_spaced_ones_are_taken(large, monkeypatch):
    whole = prepare(large)
    monkeypatch.setattr(prepared_image, "IN_MEMORY", 0)
    monkeypatch.setattr(prepared_image, "HELD_OUT", 10 * 32 * 32)
    some = prepare(large)
    assert len(some.held_out) == len(some.held_out_origins) == len(some.held_out_groups) == 10
    places = [np.flatnonzero((whole.held_out_origins == origin).all(1))[0] for origin in some.held_out_origins]
    assert (np.diff(places) > 0).all()
    np.testing.assert_array_equal(some.held_out, whole.held_out[places])


def test_mistakes_name_the_file(large, tmp_path):
    with pytest.raises(RaysysError, match=re.escape(f"{large.images}: the training side has")):
        prepare(large.model_copy(update={"tile": 300}))


def test_volumes_stacks_pictures_and_small_images_are_read_as_before(tmp_path, monkeypatch, grains):
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 10_000)
    np.save(tmp_path / "volume.npy", np.zeros((30, 30, 30), np.uint8))
    np.save(tmp_path / "small.npy", grains[:20])
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([grains, grains]), photometric="minisblack")
    (tmp_path / "text.tif").write_text("no image")
    for name in ("volume.npy", "small.npy", "stack.tif", "text.tif", "missing.tif"):
        assert not is_large(DataSettings(images=str(tmp_path / name)))
    assert not is_large(DataSettings(images="skimage:gravel"))
