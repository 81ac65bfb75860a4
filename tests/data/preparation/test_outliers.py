"""A few values far outside all others decide neither the threshold nor the grey scale, whole or in windows."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_otsu

from raysys.data import DataSettings, denoise, prepare, segment_large, to_grey
from raysys.data.phases import binary
from raysys.data.preparation.outliers import Tails, few, plain_range
from raysys.data.preparation.segmentation import otsu_of_counts, otsu_threshold

FRACTION = 0.3


@pytest.fixture(scope="module")
def phases() -> np.ndarray:
    """Two phases (256, 256), of which the bright one has exactly three pixels in ten."""
    field = gaussian_filter(np.random.default_rng(1).normal(size=(256, 256)), 4, mode="wrap")
    return (field > np.quantile(field, 1 - FRACTION)).astype(np.uint8)


def grey_image(phases: np.ndarray, dark: float, bright: float, noise: float, dtype: str) -> np.ndarray:
    values = np.where(phases, bright, dark) + np.random.default_rng(3).normal(0, noise, phases.shape)
    return np.rint(values).astype(dtype) if dtype.lstrip("<>")[0] in "ui" else values.astype(dtype)


IMAGES = {
    "low contrast": (700, 900, 40, "uint16"),
    "high contrast": (5000, 40000, 2000, "uint16"),
    "eight bits": (40, 60, 4, "uint8"),
    "signed": (-500, 300, 90, "int16"),
    "floats": (0.2, 0.24, 0.008, "float32"),
    "large numbers": (2**31, 2**31 + 2000, 300, "uint32"),
}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("count", [1, 5])
def test_hot_and_dead_pixels_move_no_threshold(phases: np.ndarray, name: str, count: int) -> None:
    clean = grey_image(phases, *IMAGES[name])
    limits = (np.iinfo(clean.dtype).min, np.iinfo(clean.dtype).max) if clean.dtype.kind in "ui" else (-1e4, 1e6)
    for value in limits:
        spoilt = clean.copy()
        spoilt[3 : 3 + count, 7] = value
        expected, found = (binary(one[None], "bright", name=name, say=lambda _: None)[0] for one in (clean, spoilt))
        assert abs(float(found.mean()) - FRACTION) < 0.01
        differing = np.flatnonzero((expected != found).any(1))
        assert set(differing) <= set(range(3, 3 + count))
        assert np.abs(denoise(to_grey(spoilt)) - denoise(to_grey(clean))).mean() < 0.01


def test_the_threshold_of_whole_numbers_is_the_one_of_all_their_values(phases: np.ndarray) -> None:
    for name in ("low contrast", "eight bits", "signed"):
        image = grey_image(phases, *IMAGES[name])
        assert otsu_threshold(image) == threshold_otsu(image)
    levels, counts = np.array([0, 10, 20, 90]), np.array([5, 5, 5, 5])
    between = [w * (1 - w) * (a - b) ** 2 for w, a, b in ((0.25, 0, 40), (0.5, 5, 55), (0.75, 10, 90))]
    assert otsu_of_counts(levels, counts) == levels[int(np.argmax(between))]


def test_a_phase_that_is_rare_is_no_outlier() -> None:
    image = np.random.default_rng(0).normal(100, 2, (512, 512)).astype(np.uint16)
    image[10:20, 10:20] = 4000  # 100 pixels of 262,144, of which 26 could be outliers
    assert plain_range(image)[1] == 4000
    assert binary(image[None], "bright", name="specks", say=lambda _: None).sum() == 100


def test_what_is_seen_in_bands_is_what_is_seen_at_once() -> None:
    for seed, size in enumerate((50, 3_000, 40_000)):
        image = np.random.default_rng(seed).standard_cauchy((size // 10, 10))
        tails = Tails(image.size)
        for band in np.array_split(image, 7):
            tails.see(band)
        ascending = np.sort(image.ravel())
        count = few(image.size)
        low, high = ascending[count], ascending[-count - 1]
        within = ascending[(ascending >= low - (high - low)) & (ascending <= high + (high - low))]
        assert tails.plain == plain_range(image) == (within[0], within[-1])


@pytest.mark.parametrize("sigma", [0, 1])
@pytest.mark.parametrize("name", ["low contrast", "eight bits", "floats"])
def test_windows_agree(phases: np.ndarray, tmp_path: Path, name: str, sigma: float) -> None:
    image = grey_image(phases, *IMAGES[name])
    image[9, 9] = 250 if image.dtype == np.uint8 else 60_000
    tifffile.imwrite(tmp_path / "hot.tif", image)
    settings = DataSettings(images=str(tmp_path / "hot.tif"), tile=32, stride=32, denoise_sigma_spatial=sigma)
    whole = prepare(settings)
    segment_large(settings, tmp_path / "phases.npy")
    windows = np.load(tmp_path / "phases.npy")
    assert whole.phase_fraction == pytest.approx(windows.mean())
    assert abs(windows.mean() - FRACTION) < 0.01
    for tile in whole.train[:3]:
        assert (np.lib.stride_tricks.sliding_window_view(windows, tile.shape) == tile).all((2, 3)).any()
