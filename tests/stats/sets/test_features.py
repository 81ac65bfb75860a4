"""Frechet distance of features, and features made of descriptors."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import characterise, descriptor_features, frechet_distance


def with_moments(n, mean, covariance, seed=0):
    """Features whose sample mean and covariance are exactly these."""
    raw = np.random.default_rng(seed).normal(size=(n, len(mean)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(raw.T)))).T
    return mean + white @ np.linalg.cholesky(covariance).T


def random_covariance(size, seed):
    root = np.random.default_rng(seed).normal(size=(size, size))
    return root @ root.T + 0.1 * np.eye(size)


class TestFrechetDistance:
    @pytest.mark.parametrize("shape", [(500, 6), (5, 40), (2, 3), (30, 30)])
    def test_of_a_set_from_itself_is_0(self, shape):
        features = np.random.default_rng(1).normal(5, 3, shape)
        assert frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-10)

    def test_of_known_normal_distributions(self):
        one = with_moments(50, np.array([0.0, 0, 0]), np.diag([1.0, 4, 9]))
        two = with_moments(80, np.array([1.0, 2, 0]), np.diag([4.0, 4, 1]), seed=1)
        # Diagonal: |mu|^2 + sum of (s_a - s_b)^2.
        assert frechet_distance(one, two) == pytest.approx(5 + 1 + 0 + 4)

    @pytest.mark.parametrize("size", [1, 2, 7, 20])
    def test_is_the_formula_with_a_matrix_root(self, size):
        covariances = [random_covariance(size, seed) for seed in (2, 3)]
        means = np.random.default_rng(4).normal(size=(2, size))
        one, two = (
            with_moments(60, mean, c, seed) for seed, (mean, c) in enumerate(zip(means, covariances, strict=True))
        )
        root = sqrtm(covariances[0] @ covariances[1]).real
        expected = np.sum((means[0] - means[1]) ** 2) + np.trace(covariances[0] + covariances[1] - 2 * root)
        assert frechet_distance(one, two) == pytest.approx(expected, rel=1e-8)

    def test_is_symmetric_and_unchanged_by_turns_shifts_and_order(self):
        random = np.random.default_rng(5)
        one, two = random.normal(size=(40, 5)), random.normal(1, 2, size=(25, 5))
        expected = frechet_distance(one, two)
        turn, _ = np.linalg.qr(random.normal(size=(5, 5)))
        for a, b in (
            (two, one),
            (one @ turn, two @ turn),
            (one + 1e3, two + 1e3),
            (one[::-1], random.permutation(two)),
        ):
            assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
        assert frechet_distance(3 * one, 3 * two) == pytest.approx(9 * expected)

    def test_of_fewer_samples_than_features_is_that_in_the_space_they_span(self):
        random = np.random.default_rng(6)
        one, two = random.normal(size=(6, 4)), random.normal(1, 2, size=(9, 4))
        basis, _ = np.linalg.qr(random.normal(size=(300, 4)))
        assert frechet_distance(one @ basis.T, two @ basis.T) == pytest.approx(frechet_distance(one, two))

    def test_of_few_samples_of_one_distribution_is_too_large(self):
        random = np.random.default_rng(7)
        few, many = (frechet_distance(*random.normal(size=(2, n, 8))) for n in (20, 20_000))
        assert few > 0.5 > 0.01 > many

    def test_mistakes(self):
        good = np.zeros((3, 2))
        for one, two, sentence in (
            (good[:1], good, r"first set, of shape \(1, 2\)"),
            (good, good[0], r"second set, of shape \(2,\)"),
            (good, np.full((3, 2), np.nan), "finite numbers"),
            (good, np.zeros((3, 4)), "2 wide in the first set and 4"),
        ):
            with pytest.raises(RaysysError, match=sentence):
                frechet_distance(one, two)


def tiles(sigma, seed):
    field = gaussian_field((384, 384), phi=0.35, sigma=sigma, seed=seed)
    return field.reshape(8, 48, 8, 48).swapaxes(1, 2).reshape(64, 48, 48)


@pytest.fixture(scope="module")
def real():
    return characterise(tiles(2, 0))


class TestDescriptorFeatures:
    def test_are_a_few_numbers_per_image_without_correlation(self, real):
        found = descriptor_features(real)
        assert found.shape == (64, 8)
        np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)
        covariance = np.cov(found.T)
        np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-10)
        assert (np.diff(np.diag(covariance)) <= 0).all()

    def test_of_every_image_are_its_own(self, real):
        whole = descriptor_features(real)
        np.testing.assert_allclose(descriptor_features(real.subset([5, 2]), reference=real), whole[[5, 2]], atol=1e-12)

    def test_tell_kinds_apart(self, real):
        mine = descriptor_features(real)
        halves = frechet_distance(mine[::2], mine[1::2])
        same, coarser, denser = (
            frechet_distance(mine, descriptor_features(characterise(images), reference=real))
            for images in (tiles(2, 1), tiles(2.6, 1), 1 - tiles(2, 1))
        )
        assert same < 2 * halves
        assert coarser > 4 * same
        assert denser > 4 * same

    def test_every_curve_counts_alike(self, real):
        # All components keep all of the variance: 1 for each curve of standardised values.
        found = descriptor_features(real, components=64)
        assert found.var(axis=0).sum() == pytest.approx(len(real.curves))

    def test_take_only_common_curves_and_lags(self, real):
        short = characterise(tiles(2, 3)[:5, :30, :30], ("L", "S2"))
        assert descriptor_features(short, reference=real, components=3).shape == (5, 3)

    def test_mistakes(self, real):
        with pytest.raises(RaysysError, match="0 components of 64 images"):
            descriptor_features(real, components=0)
        with pytest.raises(RaysysError, match="8 components of 1 images"):
            descriptor_features(real.subset([0]))
        with pytest.raises(RaysysError, match="no features: S2, P3H"):
            descriptor_features(real.subset([0, 0, 0]))
        with pytest.raises(RaysysError, match="S2: boundary is open on one side and periodic"):
            descriptor_features(characterise(tiles(2, 0)[:3], ("S2",), boundary="periodic"), reference=real)
        with pytest.raises(RaysysError, match="against no curves"):
            descriptor_features(characterise(tiles(2, 0)[:3], ("pores",)), reference=real)
