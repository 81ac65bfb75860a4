"""Coarse to fine: what each level asks for, and how one follows from another."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from raysys import RaysysError
from raysys.anneal import Chain, Known, Schedule, Target, anneal
from raysys.anneal.resolutions import coarse_known, enlarged, levels_of, refined


@pytest.fixture(scope="module")
def target(field):
    return Target.from_images(field((128, 128), 0.352, 4)[None], ("S2", "L"), boundary="periodic")


def test_levels_ask_for_the_lags_that_their_pixels_have(target):
    levels = levels_of(target, (128, 128), 3)
    assert [shape for _, shape in levels] == [(32, 32), (64, 64), (128, 128)]
    assert levels[-1][0] is target
    for (coarse, _), factor in zip(levels, (4, 2, 1), strict=True):
        for term, whole in zip(coarse.terms, target.terms, strict=True):
            np.testing.assert_array_equal(term.r, np.arange(1, 63 // factor + 1))
            np.testing.assert_array_equal(term.values, whole.values[factor - 1 :: factor])
    assert {coarse.fractions for coarse, _ in levels} == {target.fractions}


def test_sides_and_lags_must_suit_the_levels(target):
    with pytest.raises(RaysysError, match="multiples of 4"):
        levels_of(target, (130, 128), 3)
    with pytest.raises(RaysysError, match="no lag that is a multiple of 2"):
        levels_of(Target.of_two_point(0.3, [0.09]), (16, 16), 2)
    with pytest.raises(RaysysError, match="one or the other"):
        Chain(target, (128, 128), seed=0, schedule=Schedule(levels=2), start=np.zeros((128, 128)))


@pytest.mark.parametrize(("shape", "phases"), [((24, 32), 2), ((16, 16), 3), ((8, 8, 12), 2)])
def test_a_finer_level_begins_as_the_coarse_one_with_its_own_number_of_pixels(shape, phases):
    random = np.random.default_rng(0)
    coarse = random.integers(0, phases, tuple(side // 2 for side in shape)).astype(np.uint8)
    fractions = (0.3, 0.7) if phases == 2 else (0.2, 0.35, 0.45)
    target = Target(fractions, Target.of_two_point(0.3, [0.1]).terms)
    fine = refined(coarse, target, shape, None, random)
    np.testing.assert_array_equal(np.bincount(fine.ravel(), minlength=phases), target.pixels(shape))
    whole = enlarged(coarse, shape)
    excess = np.abs(np.bincount(whole.ravel(), minlength=phases) - target.pixels(shape)).sum() // 2
    assert (fine != whole).sum() <= 2 * excess  # no more than needs to change, by way of a third phase at most


def test_coarse_pixels_are_known_where_all_their_fine_ones_are():
    labels = np.zeros((4, 4), np.uint8)
    labels[:2, :2] = [[1, 1], [1, 0]]
    fixed = np.ones((4, 4), bool)
    fixed[3, 3] = False
    found = coarse_known(Known(labels, fixed), 2)
    np.testing.assert_array_equal(found.labels, [[1, 0], [0, 0]])
    np.testing.assert_array_equal(found.fixed, [[True, True], [True, False]])


def test_a_chain_of_several_levels_reaches_its_target_and_resumes(tmp_path, target):
    schedule = Schedule(levels=3, stages=60, moves=3000)
    whole = anneal(target, (128, 128), seed=1, schedule=schedule)
    assert set(whole.history.level) == {0, 1, 2}
    assert whole.image.shape == (128, 128)
    assert whole.energy < 1e-4
    chain = Chain(target, (128, 128), seed=1, schedule=schedule)
    while not chain.finished:
        chain.advance(17)
        assert chain.image.shape == (128, 128)
        np.testing.assert_array_equal(chain.counts, chain.recount())
        chain.save(tmp_path / "chain.npz")
        chain = Chain.load(tmp_path / "chain.npz")
    np.testing.assert_array_equal(chain.reconstruction().image, whole.image)
    np.testing.assert_array_equal(chain.reconstruction().history.energy, whole.history.energy)


def test_a_finer_level_begins_nearer_than_a_random_image(target):
    chain = Chain(target, (128, 128), seed=2, schedule=Schedule(levels=3, stages=60, moves=3000))
    first = Chain(target, (128, 128), seed=2).energy
    while chain.level < 2:
        chain.advance(1)
    assert chain.reconstruction().history.energy[-1] < 0.05 * first


@pytest.mark.parametrize("settings", [{}, {"t0": "auto"}, {"t0": 3e-7, "cooling": "adaptive"}, {"t0": 0.0}])
def test_a_finer_level_begins_about_where_the_coarser_one_came_to_rest(target, settings):
    """Colder as pixels are more; hotter, it would lose what the coarser level has reached."""
    schedule = Schedule(levels=3, stages=80, threshold=1e-6, **settings)
    history = anneal(target, (128, 128), seed=3, schedule=schedule).history
    for level in (1, 2):
        coarse, fine = history.level == level - 1, history.level == level
        last, first = history.temperature[coarse][-1], history.temperature[fine][0]
        assert 0.97 * last / 4 <= first <= history.temperature[0] / 2
        assert history.energy[fine].max() <= 3 * history.energy[fine][0]


@pytest.mark.parametrize("dims", [2, 3])
def test_the_corners_of_coarse_pixels_have_melted_when_the_target_is_met(field, dims):
    """Interfaces between blocks are as many as those within them."""
    image = field((256, 256), 0.352, 4)
    if dims == 3:
        noise = np.random.default_rng(1).random((64, 64, 64))
        image = (ndimage.gaussian_filter(noise, 2, mode="wrap") > 0.51).astype(np.uint8)
    target = Target.from_images(image[None], boundary="periodic")
    found = anneal(target, image.shape, seed=1, schedule=Schedule(threshold=1e-7, levels=3))
    assert found.energy <= 1e-7
    crossed = [np.moveaxis(found.image != np.roll(found.image, -1, axis), axis, 0) for axis in range(dims)]
    within, between = (sum(int(one[k::2].sum()) for one in crossed) for k in (0, 1))
    assert 0.85 < between / within < 1.15


@pytest.mark.parametrize("levels", [1, 2])
def test_volumes_converge_from_the_default_temperature_on(levels):
    """And not from the published one, at which so many pixels stay far from the target."""
    noise = np.random.default_rng(0).random((64, 64, 64))
    image = (ndimage.gaussian_filter(noise, 2, mode="wrap") > 0.51).astype(np.uint8)
    target = Target.from_images(image[None], r_max=32, boundary="periodic")
    schedule = Schedule(threshold=1e-7, levels=levels, stages=125, moves=60_000)
    assert anneal(target, image.shape, seed=1, schedule=schedule).energy <= 1e-7
    if levels == 1:
        assert anneal(target, image.shape, seed=1, schedule=replace(schedule, t0=1e-7)).energy > 3e-6


def test_known_pixels_stay_at_every_level(field):
    image = field((64, 64), 0.35, 3)
    fixed = np.ones(image.shape, bool)
    fixed[8:40, 11:50] = False
    target = Target.from_images(image[None], boundary="periodic")
    schedule = Schedule(levels=3, stages=40, moves=1000)
    result = anneal(target, image.shape, seed=1, schedule=schedule, known=Known(image, fixed))
    np.testing.assert_array_equal(result.image[fixed], image[fixed])
    assert result.image.sum() == image.sum()
    assert result.energy < 1e-5
