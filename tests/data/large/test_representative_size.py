"""The representative size of an image on disk against that of its phases in memory."""

import numpy as np
import pytest
import tifffile

from raysys import RaysysError
from raysys.data import LargeImage, gaussian_random_field
from raysys.data.large import PhaseView, representative, representative_window
from raysys.data.preparation.segmentation import otsu_threshold
from raysys.stats import representative_size


@pytest.fixture(scope="module")
def noisy():
    """(800, 1000) uint16: a two-phase field with noise."""
    field = gaussian_random_field((800, 1000), correlation_length=2, phase_fraction=0.35, seed=4)[0]
    grey = 2000.0 + 1500 * (field == 1) + np.random.default_rng(0).normal(0, 200, field.shape)
    return grey.astype(np.uint16)


@pytest.fixture
def path(tmp_path, noisy):
    tifffile.imwrite(tmp_path / "grey.tif", noisy, tile=(128, 128), compression="zlib")
    return tmp_path / "grey.tif"


@pytest.mark.usefixtures("small_windows")
def test_it_is_the_size_found_in_memory(path, noisy):
    phases = (noisy > otsu_threshold(noisy)).astype(np.uint8)
    expected = representative_size(phases)
    said: list[str] = []
    assert representative_window(path, say=said.append) == expected.suggestion
    assert said == [f"{expected.reason} {expected.rule}"]
    found = representative(path, phase="dark", sizes=(32, 64, 128), windows=4)
    dark = representative_size(1 - phases, sizes=(32, 64, 128), windows=4)
    np.testing.assert_array_equal(found.mse, dark.mse)


def test_phases_of_a_view_are_those_of_each_way_to_name_them(path, noisy, tmp_path):
    image = LargeImage(path)
    place = (slice(100, 300), slice(5, 400))
    np.testing.assert_array_equal(PhaseView(image, threshold=2500)[place], noisy[place] > 2500)
    np.testing.assert_array_equal(PhaseView(image, "dark", threshold=2500)[place], noisy[place] <= 2500)
    labels = (noisy // 1000).astype(np.uint8)
    np.save(tmp_path / "labels.npy", labels)
    np.testing.assert_array_equal(PhaseView(LargeImage(tmp_path / "labels.npy"), 3)[place], labels[place] == 3)
    np.save(tmp_path / "two.npy", np.where(labels == 3, 9, 4))
    two = LargeImage(tmp_path / "two.npy")
    np.testing.assert_array_equal(PhaseView(two)[place], labels[place] == 3)
    np.testing.assert_array_equal(PhaseView(two, "dark")[place], labels[place] != 3)


def test_no_size_and_too_large_a_size_are_one_sentence(path, tmp_path):
    with pytest.raises(RaysysError, match=r"grey\.tif: the representative size is \d+ pixels, and 8 is the largest"):
        representative_window(path, at_most=8)
    coarse = gaussian_random_field((300, 300), correlation_length=40, phase_fraction=0.35, seed=4)[0]
    np.save(tmp_path / "coarse.npy", coarse)
    with pytest.raises(RaysysError, match=r"coarse\.npy: .* Give the window in pixels, or take a larger image"):
        representative_window(tmp_path / "coarse.npy")
