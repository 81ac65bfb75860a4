"""`raysys data` and `raysys stats --res` on images that count as large."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import Result

from raysys.data import gaussian_random_field
from raysys.data.large import prepared

Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture
def phases() -> np.ndarray:
    """(500, 640) uint8 {0, 1}."""
    return gaussian_random_field((500, 640), correlation_length=2, phase_fraction=0.3, seed=2)[0]


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phases: np.ndarray) -> Path:
    """A grey image with noise, which counts as large."""
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 10_000)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path / "cache"))
    grey = np.where(phases == 1, 170, 60) + np.random.default_rng(0).normal(0, 8, phases.shape)
    tifffile.imwrite(tmp_path / "large.tif", grey.clip(0, 255).astype(np.uint8), tile=(64, 64), compression="zlib")
    return tmp_path / "large.tif"


def test_segment_writes_a_tiff_and_says_the_fractions(raysys: Run, large: Path, phases: np.ndarray):
    result = raysys("data", "segment", large, "-o", "b.tif")
    assert "phase fraction 0.3" in result.stdout
    assert "before downscaling and removal of specks 0.3" in result.stdout
    assert "wrote b.tif (500 x 640 pixels)" in result.stdout
    assert (tifffile.imread("b.tif") == phases * 255).mean() > 0.99


def test_tile_draws_from_the_cache_and_says_where(
    raysys: Run, large: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    arguments = ["data", "tile", large, "-o", "t.npy", "--held-out-output", "h.npy", "--set", "tile=64"]
    result = raysys(*arguments)
    assert "are kept in" in result.stderr
    assert str(tmp_path / "cache" / "segmented") in result.stderr
    kept = np.load("t.npy"), np.load("h.npy")
    monkeypatch.setattr("raysys.data.preparation.prepared_image.IN_MEMORY", 0)  # tiles are then drawn lazily
    again = raysys(*arguments)
    assert again.stdout == result.stdout
    np.testing.assert_array_equal(np.load("t.npy"), kept[0])
    np.testing.assert_array_equal(np.load("h.npy"), kept[1])


def test_few_tiles_are_warned_of(raysys: Run, large: Path):
    few = raysys("data", "tile", large, "-o", "t.npy", "--set", "tile=128", "--set", "stride=128")
    assert "warning: 9 training tiles are few (below 32)" in few.stderr


def test_info_reads_in_windows(raysys: Run, large: Path):
    shown = raysys("data", "info", large, "--set", "tile=64").stdout
    assert "500 x 640 pixels, uint8, read in windows" in shown
    assert "before downscaling 0.3" in shown


def test_stats_res_decides_the_window(raysys: Run, large: Path):
    result = raysys("stats", large, "--res", "--csv", "sizes.csv")
    assert "pixels are representative" in result.stdout
    assert "The representative size is the smallest one from which on" in result.stdout
    assert "Otsu's threshold of the whole image" in result.stderr
    assert Path("sizes-res.csv").read_text().startswith("size,r,mean")
    assert not Path("sizes.csv").exists()


def test_mistakes_are_one_sentence(refused: Refused, large: Path):
    assert "written as .tif, .tiff, .npy" in refused("data", "segment", large, "-o", "b.png")
    assert "segment is none" in refused("data", "segment", large, "-o", "b.tif", "--set", "segment=none")
    assert "--report, --pores was given" in refused("stats", large, "--res", "--report", "r.html", "--pores")
    assert "--phase is 'pores'" in refused("stats", large, "--res", "--phase", "pores")
