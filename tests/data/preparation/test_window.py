"""The window of a recipe: what a tile shows, in pixels of the file."""

from pathlib import Path

import numpy as np
import pytest

from raysys.data import DataSettings, gaussian_random_field, prepare
from raysys.data.large import LargeImage, representative_window
from raysys.data.preparation.window import window_in_pixels, with_window
from raysys.errors import RaysysError
from raysys.train import load_recipe
from raysys.train.ray.engine import located


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fine structure in a wide image, whose windows are soon representative."""
    path = tmp_path_factory.mktemp("fine") / "fine.npy"
    np.save(path, gaussian_random_field((512, 1536), correlation_length=2.0, phase_fraction=0.4, seed=5)[0])
    return path


def test_a_window_is_a_downscale(fine: Path):
    by_window = prepare(DataSettings(images=str(fine), window=64, tile=32, stride=16))
    by_factor = prepare(DataSettings(images=str(fine), downscale=2, tile=32, stride=16))
    np.testing.assert_array_equal(by_window.train, by_factor.train)
    settings = by_window.provenance["settings"]
    assert (settings["window"], settings["downscale"]) == (64, 2)
    assert DataSettings(**settings).window == 64  # what is written down is read again


def test_the_representative_window_is_found_once_and_written_down(fine: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = DataSettings(images=str(fine), window="res", tile=16, stride=8)
    said: list[str] = []
    window = window_in_pixels(settings, say=said.append)
    assert window == representative_window(LargeImage(fine))
    assert f"Windows of {window} pixels are representative" in said[0]
    assert with_window(settings).downscale == window / 16
    changes = [f"data.images={fine}", "data.window=res", "data.downscale=1", "data.tile=16", "data.phase=bright"]
    recipe = located(load_recipe("gravel", changes))
    assert recipe.data.window == window  # type: ignore[union-attr]
    assert located(recipe) == recipe
    provenance = prepare(recipe.data).provenance["settings"]  # type: ignore[arg-type]
    assert (provenance["window"], provenance["downscale"]) == (window, window / 16)


def test_a_window_that_is_none_is_refused(fine: Path):
    with pytest.raises(RaysysError, match=r"smaller than a tile of 256; set data\.tile to \d+ or less"):
        with_window(DataSettings(images=str(fine), window="res", tile=256))
    with pytest.raises(RaysysError, match="pixels, and 15 is the largest window here"):
        with_window(DataSettings(images=str(fine), window="res", tile=8, held_out=0.01))
    with pytest.raises(RaysysError, match=r"res looks at one flat image in a file, .* skimage:gravel"):
        with_window(DataSettings(images="skimage:gravel", window="res"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["data.window=512", "data.downscale=2"], r"window \(512\) says what downscale \(2\) is"),
        (["data.window=res", "data.downscale=2"], r"window \(res\) says what downscale \(2\) is"),
        (["data.window=16", "data.downscale=1"], "window is 16 and smaller than a tile of 64"),
        (["data.window=half", "data.downscale=1"], r"field data\.window.*'res'"),
    ],
)
def test_a_recipe_says_window_or_downscale(changes: list[str], expected: str):
    with pytest.raises(RaysysError, match=expected):
        load_recipe("gravel", ["data.tile=64", *changes])
