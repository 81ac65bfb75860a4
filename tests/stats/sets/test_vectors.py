"""Numbers of every image as vectors: what they are made of, and that whitening forgets units, not differences."""

import numpy as np
import pytest
from support.blobs import blobs

from raysys.stats import characterise
from raysys.stats.geometry.pores import SHAPED
from raysys.stats.sets.vectors import Vectors, vectors_of, whitened

NAMES = ("S2", "P4", "L", "chord_length", "minkowski", "percolation", "pores")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return blobs(6, 2.0, 0)


@pytest.fixture(scope="module")
def vectors(images: np.ndarray) -> Vectors:
    return vectors_of(characterise(images, NAMES))


def test_every_descriptor_is_a_group_with_its_short_lags(images: np.ndarray, vectors: Vectors):
    assert list(vectors.groups) == [
        "phase_fraction", "S2", "F2", "P4", "L", "chord_length", "perimeter", "euler_characteristic",
        "percolating_fraction", "pores/number", "pores/area", "pores/shape", "pores/direction",
    ]  # fmt: skip
    assert vectors.n == len(images)
    measured = characterise(images, NAMES)
    np.testing.assert_array_equal(vectors.groups["S2"][:, :5], measured.curves["S2"].values[:, :5])
    phi = images.mean(axis=(1, 2))
    np.testing.assert_allclose(vectors.groups["phase_fraction"][:, 0], phi)
    S2 = measured.curves["S2"].values
    np.testing.assert_allclose(vectors.groups["F2"][:, 0], (S2[:, 1] - phi**2) / (phi - phi**2))
    chords = measured.curves["chord_length"].values
    np.testing.assert_allclose(vectors.groups["chord_length"][:, 3], chords[:, :4].sum(axis=1))


def test_pores_are_summed_up_image_by_image(images: np.ndarray, vectors: Vectors):
    for number, image in enumerate(images):
        pores = characterise(image[None], ("pores",)).pores
        area = pores.properties["area"]
        shaped = area >= SHAPED
        assert vectors.groups["pores/number"][number, 0] == pytest.approx(np.log1p(len(area)))
        expected = [np.log(area).mean(), np.log(area).std(), np.log1p(area.max()) - np.log(image.size)]
        np.testing.assert_allclose(vectors.groups["pores/area"][number], expected)
        turned = np.cos(2 * np.radians(pores.properties["orientation"][shaped]))
        assert vectors.groups["pores/direction"][number, 0] == pytest.approx(np.nanmean(turned))


def test_images_without_a_pore_have_none_to_be_summed_up(images: np.ndarray):
    empty = vectors_of(characterise(np.concatenate([images, images[:1] * 0]), ("S2", "pores")))
    assert empty.groups["pores/number"][-1].tolist() == [0, 0]
    assert np.isnan(empty.groups["pores/shape"][-1]).all()
    assert np.isfinite(whitened(empty.groups["pores/shape"])).all()


def test_volumes_have_their_own_shapes():
    volumes = (np.random.default_rng(0).random((3, 12, 12, 12)) < 0.3).astype(np.uint8)
    groups = vectors_of(characterise(volumes, ("S2", "pores"))).groups
    assert {name: values.shape[1] for name, values in groups.items() if name.startswith("pores/")} == {
        "pores/number": 2, "pores/volume": 3, "pores/shape": 4, "pores/direction": 3,
    }  # fmt: skip


def test_whitened_numbers_are_uncorrelated_and_of_equal_spread():
    random = np.random.default_rng(0)
    mixed = random.standard_normal((200, 3)) @ random.standard_normal((3, 3)) * [1, 1e-4, 1e4] + 5
    scores = whitened(mixed)
    covariance = np.cov(scores.T, bias=True)
    np.testing.assert_allclose(covariance - np.diag(np.diag(covariance)), 0, atol=1e-10)
    assert (np.diag(covariance) > 0.5).all()


def test_a_small_difference_of_numbers_that_vary_together_is_kept():
    """Two lags of S2: what they have in common varies a hundred times as much as their difference."""
    random = np.random.default_rng(0)
    common, difference = random.standard_normal((2, 100))
    scores = whitened(np.stack([common, common + 0.1 * difference], axis=1))
    best = max(abs(np.corrcoef(scores.T, difference)[-1, :-1]))
    assert best > 0.95


def test_numbers_that_are_missing_or_all_the_same_do_no_harm():
    values = np.random.default_rng(0).standard_normal((20, 3))
    values[:, 0], values[3, 1], values[:, 2] = 4.0, np.nan, np.nan
    scores = whitened(values)
    assert np.isfinite(scores).all()
    assert scores.shape == (20, 2)  # one number, and where it is missing
    assert whitened(np.full((5, 2), np.nan)).shape == (5, 0)
    assert whitened(np.ones((5, 2))).shape == (5, 0)


def test_vectors_are_chosen_and_joined_image_by_image(vectors: Vectors):
    again = Vectors.joined([vectors.subset(np.array([0, 1])), vectors.subset(np.arange(2, 6))])
    for name, values in vectors.groups.items():
        np.testing.assert_array_equal(again.groups[name], values)
