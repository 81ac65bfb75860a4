"""Prepared images on disk: the tiles of `prepare`, made once, whole, and by one process for all."""

import json
import pickle
import threading
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import tifffile

from raysys import RaysysError
from raysys.data import DataSettings, gaussian_random_field, prepare, prepared_files
from raysys.data.large import prepared
from raysys.data.preparation import CutTiles, prepared_image
from raysys.data.prepared_files import mapped_tiles, prepared_folder
from raysys.data.sources import at_hand, training_data

SIZES = {"tile": 16, "stride": 8, "held_out": 0.4}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small images of every kind."""
    folder = tmp_path_factory.mktemp("files")
    chance = np.random.default_rng(0)
    np.save(folder / "grey.npy", chance.integers(0, 256, (64, 96)).astype(np.uint8))
    np.save(
        folder / "volume.npy", gaussian_random_field((40, 24, 28), correlation_length=2, phase_fraction=0.3, seed=0)
    )
    np.save(folder / "colour.npy", chance.random((64, 96, 3), dtype=np.float32))
    np.save(folder / "labels.npy", np.kron(chance.integers(0, 3, (16, 24)), np.ones((4, 4), int)).astype(np.uint8))
    return folder


def same(found, expected) -> None:
    """All fields of two `Tiles`, but for the grey values, which are not kept."""
    for field in fields(expected):
        mine, theirs = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(theirs, np.ndarray) and field.name != "grey":
            np.testing.assert_array_equal(mine[:], theirs)
            assert mine.dtype == theirs.dtype
            assert mine.shape == theirs.shape
        elif field.name != "grey":
            assert mine == theirs, field.name


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("grey.npy", {"downscale": 2}),
        ("grey.npy", {"segment": "none", "tile": [16, 24]}),
        ("volume.npy", {"tile": 8, "dims": 3}),
        ("volume.npy", {"tile": 8, "dims": 2, "minimum_object": 4}),
        ("volume.npy", {"tile": [4, 8, 6], "stride": [2, 4, 3]}),
        ("colour.npy", {"colour": True, "downscale": 1.5}),
        ("labels.npy", {"phases": ["a", "b", "c"], "downscale": 2}),
        ("grey.npy", {"window": 32}),
        ("grey.npy", {"held_out": 0.0}),
    ],
)
def test_mapped_tiles_are_those_that_prepare_cuts(files: Path, tmp_path: Path, name: str, options: dict):
    settings = DataSettings(images=str(files / name), **(SIZES | options))
    folder = prepared_folder(settings, tmp_path)
    found, expected = mapped_tiles(folder, settings), prepare(settings)
    same(found, expected)
    assert isinstance(found.train, CutTiles)
    assert isinstance(found.image, np.memmap)
    assert at_hand(found.train)
    places = np.random.default_rng(1).integers(0, len(expected.train), 5)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(found.train))[places], expected.train[places])
    assert len(pickle.dumps(found.train)) < found.train.origins.nbytes + 1000


def test_an_image_is_prepared_once_for_all_ways_of_cutting_it(files: Path, tmp_path: Path, monkeypatch):
    settings = DataSettings(images=str(files / "grey.npy"), **SIZES)
    folder = prepared_folder(settings, tmp_path)
    monkeypatch.setattr(prepared_files, "prepared_at_once", None)  # whoever calls it now fails
    other = settings.model_copy(update={"tile": 24, "stride": 4, "held_out": 0.5})
    assert prepared_folder(other, tmp_path) == folder
    same(mapped_tiles(folder, other), prepare(other))
    with pytest.raises(TypeError):
        prepared_folder(settings.model_copy(update={"downscale": 2.0}), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def shortened(folder: Path) -> None:
    content = (folder / "image.npy").read_bytes()
    (folder / "image.npy").write_bytes(content[:-1])


def altered(folder: Path) -> None:
    content = bytearray((folder / "image.npy").read_bytes())
    content[-7] ^= 1
    (folder / "image.npy").write_bytes(bytes(content))


def without_facts(folder: Path) -> None:
    (folder / "facts.json").unlink()


def garbled(folder: Path) -> None:
    (folder / "facts.json").write_text("{")


def of_another_image(folder: Path) -> None:
    record = json.loads((folder / "facts.json").read_text())
    record["facts"]["sha256"] = "0" * 64
    (folder / "facts.json").write_text(json.dumps(record))


@pytest.mark.parametrize("damage", [shortened, altered, without_facts, garbled, of_another_image])
def test_what_is_damaged_or_foreign_is_made_again(files: Path, tmp_path: Path, damage):
    settings = DataSettings(images=str(files / "grey.npy"), **SIZES)
    folder = prepared_folder(settings, tmp_path)
    damage(folder)
    assert prepared_folder(settings, tmp_path) == folder
    same(mapped_tiles(folder, settings), prepare(settings))
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_changed_file_is_another_image(files: Path, tmp_path: Path):
    image = np.load(files / "grey.npy")
    np.save(tmp_path / "a.npy", image)
    settings = DataSettings(images=str(tmp_path / "a.npy"), **SIZES)
    first = prepared_folder(settings, tmp_path / "kept")
    np.save(tmp_path / "a.npy", image[::-1])
    second = prepared_folder(settings, tmp_path / "kept")
    assert first != second
    same(mapped_tiles(second, settings), prepare(settings))


@pytest.mark.parametrize("broken", [shortened, garbled, without_facts])
def test_a_worker_that_cannot_read_the_folder_prepares_by_itself(files: Path, tmp_path: Path, broken):
    settings = DataSettings(images=str(files / "grey.npy"), **SIZES)
    folder = prepared_folder(settings, tmp_path)
    broken(folder)
    assert mapped_tiles(folder, settings) is None
    same(training_data(settings, folder), prepare(settings))
    same(training_data(settings, tmp_path / "nowhere"), prepare(settings))


def test_settings_that_it_was_not_made_for_are_not_served(files: Path, tmp_path: Path):
    settings = DataSettings(images=str(files / "grey.npy"), **SIZES)
    folder = prepared_folder(settings, tmp_path)
    assert mapped_tiles(folder, settings.model_copy(update={"phase": "dark"})) is None


def test_two_processes_at_once_leave_one_folder(files: Path, tmp_path: Path, monkeypatch):
    settings = DataSettings(images=str(files / "grey.npy"), **SIZES)
    together, fill = threading.Barrier(2), prepared_files._fill

    def at_once(folder: Path, **how) -> None:
        fill(folder, **how)
        together.wait(30)  # both have written theirs before either gives it the name

    monkeypatch.setattr(prepared_files, "_fill", at_once)
    found: list[Path] = []
    runs = [threading.Thread(target=lambda: found.append(prepared_folder(settings, tmp_path))) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(found) == 2
    assert found[0] == found[1]
    assert [path.name for path in tmp_path.iterdir()] == [found[0].name]
    same(mapped_tiles(found[0], settings), prepare(settings))


def test_mistakes_are_those_of_prepare(files: Path, tmp_path: Path):
    with pytest.raises(RaysysError, match=r"nothing\.npy does not exist"):
        prepared_folder(DataSettings(images=str(files / "nothing.npy")), tmp_path)
    with pytest.raises(RaysysError, match=r"grey\.npy: no pixel has the phase value 999"):
        prepared_folder(DataSettings(images=str(files / "grey.npy"), phase=999), tmp_path)
    assert list(tmp_path.iterdir()) == []
    large = DataSettings(images=str(files / "grey.npy"), tile=80)
    with pytest.raises(RaysysError, match=r"grey\.npy: the training side has"):
        training_data(large, prepared_folder(large, tmp_path))


def test_tiles_of_other_axes_than_the_recipe_says_are_refused(files: Path):
    with pytest.raises(RaysysError, match=r"tiles of 8 x 8 x 8 pixels and the recipe asks for 8 x 8; set data\.dims"):
        training_data(DataSettings(images=str(files / "volume.npy"), tile=8, stride=8))


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataSettings:
    """Settings of an image that counts as large."""
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 5_000)
    monkeypatch.setattr(prepared_image, "IN_MEMORY", 10_000)
    monkeypatch.setattr(prepared_image, "HELD_OUT", 6 * 16 * 16)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path / "cache"))
    grey = np.random.default_rng(0).integers(0, 256, (96, 128)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "grey.tif", grey, tile=(64, 64), compression="zlib")
    return DataSettings(images=str(tmp_path / "grey.tif"), denoise_sigma_spatial=1.0, **SIZES)


@pytest.mark.parametrize("cached", [False, True])
def test_a_large_image_is_prepared_in_windows_and_taken_from_the_cache_if_it_is_there(
    large: DataSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached: bool
):
    if cached:
        kept = Path(prepare(large).provenance["segmented"])
        monkeypatch.setattr(prepared_files, "segment_large", None)  # whoever calls it now fails
    folder = prepared_folder(large, tmp_path / "storage")
    found = mapped_tiles(folder, large)
    assert not at_hand(found.train)
    assert len(found.held_out) == 6
    if cached:
        assert kept.stat().st_ino == (folder / "image.npy").stat().st_ino
    else:
        assert not (tmp_path / "cache").exists()
    expected = prepare(large)
    assert found.provenance | {"segmented": ""} == expected.provenance | {"segmented": ""}
    np.testing.assert_array_equal(found.train[:], expected.train[:])
    np.testing.assert_array_equal(found.held_out, expected.held_out)
    np.testing.assert_array_equal(found.held_out_groups, expected.held_out_groups)
