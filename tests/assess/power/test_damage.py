"""What each damage does to images, pixel by pixel."""

import numpy as np
import pytest
from scipy.ndimage import label

from raysys.assess.power.damage import blurred, dilated, eroded, filled, flipped, shifted, specked
from raysys.assess.power.rungs import COPIES, DAMAGES, check_level, rungs_of
from raysys.errors import RaysysError
from raysys.stats import minkowski


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(params=["images", "volumes"])
def images(request: pytest.FixtureRequest, real: np.ndarray) -> np.ndarray:
    return real[:4] if request.param == "images" else real[:32].reshape(2, 16, 32, 32)


@pytest.mark.parametrize("name", [name for name in DAMAGES if name not in (COPIES, "annealed")])
def test_every_damage_gives_new_binary_images_and_leaves_the_old_alone(
    name: str, images: np.ndarray, random: np.random.Generator
):
    before = images.copy()
    for strength in DAMAGES[name].strengths:
        damaged = DAMAGES[name].apply(images, strength, random)
        assert (damaged.shape, damaged.dtype) == (images.shape, np.uint8)
        assert set(np.unique(damaged)) <= {0, 1}
        assert (damaged != images).any()
    np.testing.assert_array_equal(images, before)


def test_so_many_pixels_are_flipped(images: np.ndarray, random: np.random.Generator):
    for share in (0.0, 0.01, 0.5, 1.0):
        assert (flipped(images, share, random) != images).sum() == round(share * images.size)


def test_growth_takes_the_neighbours_over_faces_and_loss_is_the_growth_of_the_rest(random: np.random.Generator):
    point = np.zeros((1, 7, 7), np.uint8)
    point[0, 3, 3] = 1
    grown = dilated(point, 1, random)
    assert grown.sum() == 5
    assert grown[0, 3, 2:5].tolist() == grown[0, 2:5, 3].tolist() == [1, 1, 1]
    assert dilated(point, 2, random).sum() == 13


def test_loss_is_growth_of_the_other_phase(images: np.ndarray, random: np.random.Generator):
    np.testing.assert_array_equal(eroded(images, 1, random), 1 - dilated(1 - images, 1, random))


def test_smoothing_keeps_every_phase_fraction_and_shortens_the_interface(
    images: np.ndarray, random: np.random.Generator
):
    smooth, axes = blurred(images, 2, random), tuple(range(1, images.ndim))
    np.testing.assert_array_equal(smooth.sum(axis=axes), images.sum(axis=axes))
    size = {3: "perimeter", 4: "surface"}[images.ndim]
    lengths = [minkowski(each, edges="window").totals[size].mean() for each in (smooth, images)]
    assert lengths[0] < lengths[1]


def test_specks_are_squares_that_only_add(random: np.random.Generator):
    empty = np.zeros((3, 20, 20), np.uint8)
    specks = specked(empty, 4 / empty.size, random)
    _, rows, columns = np.nonzero(specks)
    assert len(rows) == 4
    assert np.ptp(rows) == np.ptp(columns) == 1
    assert (specked(specks, 0.1, random) >= specks).all()


def test_parts_up_to_a_size_are_filled_and_no_others(images: np.ndarray, random: np.random.Generator):
    cut = filled(images, 10, random)
    for before, after in zip(images, cut, strict=True):
        parts, count = label(before)
        for part in range(1, count + 1):
            inside = parts == part
            assert set(after[inside]) == {int(inside.sum() > 10)}
        assert not after[parts == 0].any()


def test_a_shifted_phase_grows_or_shrinks_by_so_many_pixels(images: np.ndarray, random: np.random.Generator):
    more, less = shifted(images, 0.02, random), shifted(images, -0.02, random)
    step = round(0.02 * images[0].size)
    assert [(after ^ before).sum() for before, after in zip(images, more, strict=True)] == [step] * len(images)
    assert (more >= images).all()
    assert (less <= images).all()
    assert (images.sum() - less.sum()) == step * len(images)


def test_a_full_ladder_holds_a_quick_one():
    quick, full = ({rung.key for rung in rungs_of(level)} for level in ("quick", "full"))
    assert quick < full
    assert rungs_of("none") == []
    words = {rung.key: rung.words for rung in rungs_of("full")}
    assert words["flips 0.003"] == "one flipped pixel in 333"
    assert words["dilation 1"] == "a growth of the phase by 1 pixel"
    with pytest.raises(RaysysError, match="--power half is not known; allowed: none, quick, full"):
        check_level("half")
