"""Windows of 2048 pixels shown in 512, as the recipe wgan-gp-2048-to-512 cuts them, in memory and in windows."""

from pathlib import Path

import numpy as np
import pytest

from raysys import RaysysError
from raysys.data import DataSettings, Tiles, gaussian_random_field, prepare, window_count
from raysys.data.large import prepared
from raysys.train import load_recipe

SHAPE = (1280, 2304)  # after averaging blocks of 4 x 4


@pytest.fixture(scope="module")
def fine() -> np.ndarray:
    """The phases at a quarter of the file's resolution."""
    return gaussian_random_field(SHAPE, correlation_length=6, phase_fraction=0.3, seed=1)[0]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, fine: np.ndarray) -> DataSettings:
    """The recipe's data section, of an image in which one pixel of every block is of the other phase."""
    image = np.kron(fine, np.ones((4, 4), np.uint8))
    image[1::4, 2::4] ^= 1
    path = tmp_path_factory.mktemp("rock") / "rock.npy"
    np.save(path, 255 * (1 - image))  # the phase is dark
    recipe = load_recipe("wgan-gp-2048-to-512", [f"data.images={path}"])
    assert isinstance(recipe.data, DataSettings)
    return recipe.data


@pytest.fixture(scope="module")
def tiles(settings: DataSettings) -> Tiles:
    return prepare(settings)


def test_tiles_are_whole_windows_of_2048_pixels(tiles: Tiles, fine: np.ndarray):
    near, far = (1280, 1728), (1280, 576)  # the last quarter of 2304 is held out
    assert tiles.train.shape == (window_count(near, 512, 256), 512, 512) == (20, 512, 512)
    assert tiles.held_out.shape == (window_count(far, 512, 256), 512, 512) == (4, 512, 512)
    assert window_count((5120, 6912), 2048, 1024) == 20  # the same windows, counted in pixels of the file
    np.testing.assert_array_equal(tiles.image, fine)
    for tile, (row, column) in zip(tiles.train, tiles.train_origins, strict=True):
        np.testing.assert_array_equal(tile, fine[row : row + 512, column : column + 512])


def test_the_phase_fraction_is_told_before_and_after(tiles: Tiles, fine: np.ndarray):
    assert tiles.phase_fraction == fine.mean()
    before = fine.mean() * 15 / 16 + (1 - fine.mean()) / 16
    assert tiles.phase_fraction_before == pytest.approx(before, abs=1e-12)


def test_the_published_rule_would_fill_all(settings: DataSettings):
    with pytest.raises(RaysysError, match=r"after downscale=4 \(published\)"):
        prepare(settings.model_copy(update={"resize_threshold": "published"}))


def test_in_windows_they_are_the_same(
    settings: DataSettings, tiles: Tiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 1_000_000)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path))
    found = prepare(settings)
    assert "segmented" in found.provenance
    np.testing.assert_array_equal(found.train, tiles.train)
    np.testing.assert_array_equal(found.held_out, tiles.held_out)
    assert found.phase_fraction == tiles.phase_fraction
    assert found.phase_fraction_before == pytest.approx(tiles.phase_fraction_before, abs=1e-12)
