"""The representative size: one of the material, not of the image, and the same for the same seed."""

import h5py
import numpy as np
import pytest
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import representative_size, scaled_autocovariance, two_point


@pytest.fixture(scope="module")
def field():
    """(1024, 1024) uint8 of correlation length 3 pixels."""
    return gaussian_field((1024, 1024), phi=0.35, sigma=3)[0]


@pytest.fixture(scope="module")
def found(field):
    return representative_size(field)


def test_the_ladder_ends_where_ten_windows_still_fit_beside_each_other(found):
    assert found.sizes == (8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256)
    assert found.coverage[-1] == 10 * 256**2 / 1024**2
    assert [one.values.shape for one in found.curves] == [(10, size // 2) for size in found.sizes]
    assert {one.name for one in found.curves} == {"F2"}


def test_it_is_the_seeds_analysis_in_plain_numpy(field):
    found = representative_size(field, sizes=[32, 48, 96], windows=4, seed=5)
    curves = []
    for size in found.sizes:
        random = np.random.default_rng([5, size])
        corners = random.integers(0, [1024 - size + 1] * 2, (4, 2))
        windows = np.stack([field[y : y + size, x : x + size] for y, x in corners])
        curves.append(scaled_autocovariance(two_point(windows), variant="per_image").values)
    largest = curves[-1].mean(axis=0)
    low, high = found.band
    for k, values in enumerate(curves):
        np.testing.assert_array_equal(found.curves[k].values, values)
        mean = values.mean(axis=0)
        assert found.mse[k] == pytest.approx(np.mean((mean - largest[: len(mean)]) ** 2))
        half = 1.959963984540054 * values.std(axis=0, ddof=1) / np.sqrt(4)
        assert found.half_width[k] == pytest.approx(np.sqrt(np.mean(half**2)))
        assert found.inside[k] == np.mean((mean >= low[: len(mean)]) & (mean <= high[: len(mean)]))
    assert found.mse[-1] == 0


def test_the_error_flattens_above_a_multiple_of_the_correlation_length(field):
    found = [representative_size(field, seed=seed) for seed in range(4)]
    errors = dict(zip(found[0].sizes, np.mean([one.mse for one in found], axis=0), strict=True))
    assert min(errors[size] for size in (8, 11, 16)) > 0.2 * errors[8]  # up to 5 correlation lengths
    assert max(errors[size] for size in (64, 91, 128, 181)) < 0.02 * errors[8]  # from 21 of them on


@pytest.mark.parametrize("sigma", [1, 1.5, 3])
def test_the_size_grows_with_the_correlation_length(sigma):
    field = gaussian_field((1024, 1024), phi=0.35, sigma=sigma)[0]
    sizes = [representative_size(field, seed=seed).suggestion for seed in range(3)]
    # The field's covariance is exp(-r^2 / (4 sigma^2)).
    assert 40 * sigma < min(sizes)
    assert max(sizes) < 70 * sigma


def test_the_size_is_not_a_share_of_the_image():
    field = gaussian_field((1024, 1024), phi=0.35, sigma=1.5)[0]
    whole, part = representative_size(field), representative_size(field[:640, :640])
    assert (whole.sizes[-1], part.sizes[-1]) == (256, 160)
    assert part.suggestion == pytest.approx(whole.suggestion, rel=0.5)  # their ladders differ


def test_a_tile_that_repeats_is_its_own_representative_size():
    y, x = np.mgrid[:64, :64]
    tile = ((y - 30) ** 2 + (x - 25) ** 2 < 400).astype(np.uint8)
    found = representative_size(np.tile(tile, (12, 12)), sizes=[16, 32, 64, 128, 256], boundary="periodic")
    assert found.suggestion == 64
    np.testing.assert_allclose(found.mse[2:], 0, atol=1e-30)
    np.testing.assert_allclose(found.half_width[2:], 0, atol=1e-15)
    assert (found.fractions[2:] == tile.mean()).all()
    assert "Windows of 64 pixels are representative" in found.reason


def test_an_image_that_is_too_small_has_none_and_says_what_it_would_take():
    field = gaussian_field((200, 200), phi=0.35, sigma=6)[0]
    found = representative_size(field)
    assert found.suggestion is None
    assert not any(row["representative"] for row in found.rows())
    needed = 50 * found.half_width[-1] / 0.02
    assert f"F2 of its largest windows (50 pixels) is known to +-{found.half_width[-1]:.2g} only" in found.reason
    assert f"about {needed:.0f} pixels" in found.reason


def test_the_largest_size_alone_is_no_proof(field):
    found = representative_size(field, sizes=[8, 256])
    assert found.stable.tolist() == [False, True]
    assert found.suggestion is None
    assert "the largest windows (256 pixels) alone" in found.reason


def test_a_tolerance_is_a_size(field, found):
    loose = representative_size(field, tolerance=0.06)
    assert loose.suggestion < found.suggestion
    assert "at most 0.06" in loose.rule
    assert representative_size(field, tolerance=1.9).suggestion == 8
    assert "the smallest size that was looked at" in representative_size(field, tolerance=1.9).reason


def test_the_same_seed_gives_the_same_windows(field, found):
    again = representative_size(field)
    for one, two in zip(found.curves, again.curves, strict=True):
        np.testing.assert_array_equal(one.values, two.values)
    other = representative_size(field, seed=1)
    assert not np.array_equal(found.curves[0].values, other.curves[0].values, equal_nan=True)
    some = representative_size(field, sizes=[64, 256])  # a size's windows do not depend on the others
    np.testing.assert_array_equal(some.curves[0].values, found.curves[found.sizes.index(64)].values)


def test_volumes_and_other_phases():
    volume = gaussian_field((96, 80, 88), phi=0.4, sigma=1.2)[0]
    found = representative_size(volume, seed=3)
    assert found.sizes[-1] == 32  # 3 x 2 x 2 of them: at least ten
    labels = np.where(volume == 1, 5, 2).astype(np.int16)
    same = representative_size(labels, phase=5, seed=3)
    assert same.suggestion == found.suggestion
    assert same.curves[-1].phase == 5
    np.testing.assert_array_equal(same.mse, found.mse)


def test_only_windows_are_read(field, tmp_path):
    class Watched:
        def __init__(self, image):
            self.image, self.read = image, 0
            self.shape, self.ndim, self.dtype = image.shape, image.ndim, image.dtype

        def __getitem__(self, place):
            part = self.image[place]
            self.read = max(self.read, part.size)
            return part

    expected = representative_size(field, sizes=[32, 64])
    np.save(tmp_path / "field.npy", field)
    with h5py.File(tmp_path / "field.h5", "w") as store:
        store["field"] = field
    with h5py.File(tmp_path / "field.h5", "r") as store:
        for image in (np.load(tmp_path / "field.npy", mmap_mode="r"), store["field"], watched := Watched(field)):
            np.testing.assert_array_equal(representative_size(image, sizes=[32, 64]).mse, expected.mse)
    assert watched.read == 64**2


def test_windows_without_the_phase_do_not_count():
    image = np.zeros((256, 256), np.uint8)
    image[100:120, 100:120] = 1
    found = representative_size(image)
    assert found.suggestion is None
    with pytest.warns(UserWarning, match="phase 3 occurs in no window"):
        absent = representative_size(image, phase=3)
    assert np.isnan(absent.mse).all()
    assert absent.suggestion is None
    assert "fewer than two of the largest windows hold both phases" in absent.reason


def test_rows_and_progress(field):
    told = []
    found = representative_size(field, sizes=[16, 32], windows=3, r_max=5, progress=lambda *done: told.append(done))
    assert told == [(k, 6) for k in range(1, 7)]
    rows = found.rows()
    assert [(row["size"], row["r"]) for row in rows] == [(size, r) for size in (16, 32) for r in range(6)]
    assert rows[0]["mean"] == 1
    assert rows[3]["mse"] == found.mse[0]
    assert rows[0]["protocol"] == "windows=random seed=0 scaled=per_image"


@pytest.mark.parametrize(
    ("image", "options", "expected"),
    [
        (np.zeros((3, 64, 64, 64), np.uint8), {}, "without a sample axis"),
        (np.zeros(64, np.uint8), {}, "allowed: one image"),
        (np.zeros((64, 64)), {}, "float64; allowed: whole numbers"),
        (np.ones((1, 1), np.uint8), {}, "1 x 1 pixels is too small"),
        (np.ones((40, 40), np.uint8), {}, "at most 10 pixels wide, and 16 is the least; give sizes"),
        (np.ones((64, 64), np.uint8), {"sizes": [16, 65]}, "sizes are 16, 65; allowed: .* 8 to 64 pixels"),
        (np.ones((64, 64), np.uint8), {"sizes": [16]}, "at least two"),
        (np.ones((64, 64), np.uint8), {"sizes": [4, 16]}, "8 to 64"),
        (np.ones((64, 64), np.uint8), {"windows": 1}, "at least 2"),
        (np.ones((64, 64), np.uint8), {"tolerance": 0}, "above 0"),
        (np.ones((64, 64), np.uint8), {"boundary": "closed"}, "allowed: open, periodic"),
    ],
)
def test_mistakes_are_one_sentence(image, options, expected):
    with pytest.raises(RaysysError, match=expected):
        representative_size(image, **options)
