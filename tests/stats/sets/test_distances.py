"""Distances between two samples: against scipy, brute force, known distributions, and the table of histogram rules."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.optimize import linear_sum_assignment

from raysys import RaysysError
from raysys.stats import bootstrap, gaussian_hellinger, kl_divergence, kolmogorov_smirnov, wasserstein_1

MEASURES = ("kl", "w1", "ks", "hellinger")
RULES = ("add_0.1", "add_one", "clip", "clip_1e-6", "drop")

# Small whole numbers, so that there are ties.
samples = arrays(np.float64, st.integers(1, 12), elements=st.integers(-4, 4).map(float))
angles = arrays(np.float64, 6, elements=st.integers(-179, 180).map(lambda a: a / 2))


def all_distances(real, other, **options):
    return {
        "kl": kl_divergence(real, other, **options),
        "w1": wasserstein_1(real, other, **options),
        "ks": kolmogorov_smirnov(real, other, **options)[0],
        "hellinger": gaussian_hellinger(real, other, **options),
    }


class TestKullbackLeibler:
    # Two samples of 500 of one normal distribution: mean and standard deviation; and shifted by 0.5 sigma: mean.
    TABLE = (
        ("clip", "full", 0.27, 0.12, 0.52),
        ("clip_1e-6", "full", 0.17, 0.05, 0.34),
        ("add_one", "full", 0.067, 0.016, 0.16),
        ("drop", "full", 0.071, 0.020, 0.17),
        ("add_0.1", "full", 0.101, 0.025, 0.23),
        ("add_0.1", "trimmed", 0.110, 0.026, 0.25),
    )

    @pytest.mark.parametrize(("rule", "limits", "same", "deviation", "shifted"), TABLE)
    def test_the_table_of_rules(self, rule, limits, same, deviation, shifted):
        random = np.random.default_rng(0)
        found = np.array(
            [
                [kl_divergence(real, other + shift, rule=rule, limits=limits) for shift in (0, 0.5)]
                for real, other in random.normal(size=(400, 2, 500))
            ]
        )
        assert found[:, 0].mean() == pytest.approx(same, abs=0.25 * deviation)
        assert found[:, 0].std() == pytest.approx(deviation, rel=0.15)
        assert found[:, 1].mean() == pytest.approx(shifted, rel=0.05)

    @pytest.mark.parametrize("limits", ["trimmed", "full"])
    @pytest.mark.parametrize("rule", RULES)
    def test_of_identical_samples_is_0(self, rule, limits):
        values = np.random.default_rng(1).gamma(2, size=300)
        assert kl_divergence(values, values[::-1], rule=rule, limits=limits) == 0

    @pytest.mark.parametrize("rule", ["add_0.1", "add_one", "clip", "clip_1e-6", "drop"])
    def test_of_samples_of_one_value_is_0_however_many_there_are(self, rule):
        assert kl_divergence(np.zeros(12), np.zeros(500), rule=rule) == 0

    def test_by_hand(self):
        real, other = np.array([0.0, 0, 0, 1]), np.array([0.0, 1, 1, 2])  # counts 3 1 0 and 1 2 1 in three bins
        options = {"bins": 3, "limits": "full"}
        p, q = np.array([3.1, 1.1, 0.1]) / 4.3, np.array([1.1, 2.1, 1.1]) / 4.3
        assert kl_divergence(real, other, **options) == pytest.approx((p * np.log(p / q)).sum())
        p, q = np.array([4, 2, 1]) / 7, np.array([2, 3, 2]) / 7
        assert kl_divergence(real, other, rule="add_one", **options) == pytest.approx((p * np.log(p / q)).sum())
        both = 0.75 * math.log(3) + 0.25 * math.log(0.5)
        assert kl_divergence(real, other, rule="drop", **options) == pytest.approx(both)
        assert kl_divergence(real, other, rule="clip", **options) == pytest.approx(both)
        missing = 0.25 * math.log(1 / 3) + 0.5 * math.log(2) + 0.25 * math.log(0.25 / 1e-6)
        assert kl_divergence(other, real, rule="clip_1e-6", **options) == pytest.approx(missing)

    def test_trimmed_edges_count_what_lies_beyond_in_the_outer_bins(self):
        random = np.random.default_rng(2)
        real, other = random.normal(size=(2, 1000))
        pooled = np.concatenate([real, other])
        low, high = np.quantile(pooled, [0.005, 0.995])
        p, q = (np.histogram(np.clip(x, low, high), 50, (low, high))[0] + 0.1 for x in (real, other))
        expected = stats.entropy(p, q)
        assert kl_divergence(real, other) == pytest.approx(expected)
        real[0] = 1e9  # a single one out of line hardly counts
        assert kl_divergence(real, other) == pytest.approx(expected, abs=0.02)

    def test_separate_samples_are_as_far_apart_as_their_rule_allows(self):
        real, other = np.zeros(500), np.ones(500)
        # Note on the published values: log((500 + 50 a) / a) is the largest, a little less as the rest counts too.
        for rule, most in (("add_one", math.log(501)), ("add_0.1", math.log(5001))):
            found = kl_divergence(real, other, rule=rule)
            assert 0.85 * most < found < most
        assert kl_divergence(real, other, rule="clip") == pytest.approx(math.log(1e10))

    def test_is_not_symmetric_in_its_sets(self):
        narrow, wide = np.random.default_rng(3).normal(size=(2, 4000)) * [[1], [2]]
        # Of normal distributions: log(s2 / s1) + s1^2 / (2 s2^2) - 1 / 2.
        for real, other, expected in ((narrow, wide, math.log(2) - 3 / 8), (wide, narrow, 1.5 - math.log(2))):
            assert kl_divergence(real, other, bins=20) == pytest.approx(expected, rel=0.12)


class TestWasserstein:
    @settings(max_examples=100, deadline=None)
    @given(samples, samples)
    def test_is_that_of_scipy(self, real, other):
        assert wasserstein_1(real, other) == pytest.approx(stats.wasserstein_distance(real, other), abs=1e-12)

    def test_a_shift_is_its_length(self):
        values = np.random.default_rng(4).normal(size=100)
        assert wasserstein_1(values, values + 3.25) == pytest.approx(3.25)

    @settings(max_examples=100, deadline=None)
    @given(angles, angles, st.sampled_from([180.0, 360.0]))
    def test_on_a_circle_is_the_cheapest_assignment(self, real, other, period):
        apart = np.abs((real[:, None] - other + period / 2) % period - period / 2)
        expected = apart[linear_sum_assignment(apart)].mean()
        assert wasserstein_1(real, other, period=period) == pytest.approx(expected, abs=1e-9)

    def test_on_a_circle_opposite_ends_meet(self):
        assert wasserstein_1(np.array([89.0, -89]), np.array([-88.0, 90]), period=180) == pytest.approx(1)
        assert wasserstein_1(np.array([90.0]), np.array([-90.0]), period=180) == 0


class TestKolmogorovSmirnov:
    @settings(max_examples=100, deadline=None)
    @given(samples, samples)
    @pytest.mark.filterwarnings("ignore:ks_2samp:RuntimeWarning")
    def test_is_that_of_scipy(self, real, other):
        statistic, p = kolmogorov_smirnov(real, other)
        expected = stats.ks_2samp(real, other)
        assert statistic == pytest.approx(expected.statistic, abs=1e-12)
        assert p == pytest.approx(expected.pvalue)

    @settings(max_examples=50, deadline=None)
    @given(angles, angles, st.floats(-200, 200))
    def test_on_a_circle_does_not_see_where_it_is_cut(self, real, other, turn):
        turn = round(turn * 2) / 2
        here = kolmogorov_smirnov(real, other, period=180)
        there = kolmogorov_smirnov(real + turn, other + turn, period=180)
        assert here == pytest.approx(there)
        assert here[0] >= kolmogorov_smirnov((real + 90) % 180, (other + 90) % 180)[0] - 1e-12

    def test_on_a_circle_small_probabilities_are_as_rare_as_they_say(self):
        draws = np.random.default_rng(5).uniform(-90, 90, size=(600, 2, 150))
        p = np.array([kolmogorov_smirnov(real, other, period=180)[1] for real, other in draws])
        for level in (0.05, 0.2, 0.5):
            assert (p < level).mean() == pytest.approx(level, abs=4 * math.sqrt(level * (1 - level) / 600))
        assert kolmogorov_smirnov(draws[0, 0], draws[0, 0] / 3, period=180)[1] < 1e-6


class TestHellinger:
    def test_of_normal_samples_is_the_closed_form(self):
        one, two = np.array([-1.0, 1.0]), np.array([1.0, 5.0])  # mean 0 and 3, deviation 1 and 2
        expected = math.sqrt(1 - math.sqrt(2 * 2 / 5) * math.exp(-9 / 5 / 4))
        assert gaussian_hellinger(one, two) == pytest.approx(expected)
        assert gaussian_hellinger(1000 + one, 1000 + two) == pytest.approx(expected)
        assert gaussian_hellinger(7 * one, 7 * two) == pytest.approx(expected)

    def test_without_spread_equal_is_0_and_anything_else_1(self):
        assert gaussian_hellinger(np.full(3, 2.0), np.full(5, 2.0)) == 0
        assert gaussian_hellinger(np.full(3, 2.0), np.full(5, 2.5)) == 1
        assert gaussian_hellinger(np.full(3, 2.0), np.array([1.0, 3.0])) == pytest.approx(1)

    @pytest.mark.parametrize(("kappas", "turn"), [((2, 2), 30), ((0.5, 8), 60), ((50, 20), 5)])
    def test_on_a_circle_is_that_of_von_mises(self, kappas, turn):
        random = np.random.default_rng(6)
        one, two = (random.vonmises(0, kappa, 100_000) for kappa in kappas)
        theta = np.linspace(-np.pi, np.pi, 20_001)
        densities = (stats.vonmises.pdf(theta, kappas[0]), stats.vonmises.pdf(theta, kappas[1], math.radians(2 * turn)))
        expected = math.sqrt(1 - np.trapezoid(np.sqrt(densities[0] * densities[1]), theta))
        found = gaussian_hellinger(np.degrees(one) / 2, np.degrees(two) / 2 + turn, period=180)
        assert found == pytest.approx(expected, abs=0.005)

    def test_on_a_circle_of_parallel_directions(self):
        for real, other, expected in (([90, 90], [-90, 90], 0), ([10, 10], [50, 50], 1)):
            found = gaussian_hellinger(np.array(real, float), np.array(other, float), period=180)
            assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("period", [None, 180.0])
class TestEveryDistance:
    def test_of_a_sample_from_itself_is_0(self, period):
        values = np.random.default_rng(7).normal(0, 30, 200)
        shuffled = np.random.default_rng(8).permutation(values)
        assert all_distances(values, shuffled, period=period) == dict.fromkeys(MEASURES, 0.0)

    def test_repeating_a_sample_changes_nothing_but_the_histogram(self, period):
        one, two = np.random.default_rng(9).normal(0, 30, (2, 80))
        once, thrice = (all_distances(np.tile(one, k), np.tile(two, k), period=period) for k in (1, 3))
        for name in ("w1", "ks", "hellinger"):
            assert thrice[name] == pytest.approx(once[name])

    def test_leaves_out_what_is_not_a_number(self, period):
        one, two = np.random.default_rng(10).normal(0, 30, (2, 80))
        expected = all_distances(one, two, period=period)
        assert all_distances(np.append(one, np.nan), np.insert(two, 3, np.nan), period=period) == expected

    def test_grows_with_the_distance(self, period):
        values = np.random.default_rng(11).normal(0, 8, 300)
        found = [all_distances(values, values + shift, period=period) for shift in (2, 10, 40)]
        for name in MEASURES:
            assert 0 < found[0][name] < found[1][name] < found[2][name]


def test_mistakes():
    one, two = np.random.default_rng(12).normal(size=(2, 20))
    for arguments, options, sentence in (
        ((one, two), {"rule": "add"}, "allowed: add_0.1, add_one, add_0.5, add_0.01, clip, clip_1e-6, drop"),
        ((one, two), {"limits": "range"}, "allowed: trimmed, full"),
        ((one, two), {"bins": 0}, "allowed: 1 or more"),
        ((one, []), {}, "sample of 0 values has none"),
        ((np.full(3, np.nan), two), {}, "sample of 3 values has none but NaN"),
        ((one, np.array([1, np.inf])), {}, "infinite"),
    ):
        with pytest.raises(RaysysError, match=sentence):
            kl_divergence(*arguments, **options)
        with pytest.raises(RaysysError, match=sentence):
            bootstrap(*arguments, **options)
    with pytest.raises(RaysysError, match=r"groups have shape \(3,\)"):
        bootstrap(one, two, groups=(np.zeros(3), None))


@pytest.fixture
def normals():
    random = np.random.default_rng(13)
    return random.normal(0, 1, 400), random.normal(5, 2, 300)


class TestBootstrap:
    @pytest.mark.parametrize("options", [{}, {"rule": "drop", "bins": 10, "limits": "full"}, {"period": 180.0}])
    def test_has_the_values_of_the_samples(self, normals, options):
        found = bootstrap(*normals, resamples=20, **options)
        assert tuple(found) == MEASURES
        period = {name: value for name, value in options.items() if name == "period"}
        expected = all_distances(*normals, **period) | {"kl": kl_divergence(*normals, **options)}
        assert {name: estimate.value for name, estimate in found.items()} == pytest.approx(expected)

    def test_of_separate_samples_is_that_of_the_difference_of_means(self, normals):
        real, other = normals[0], normals[1] + 20
        found = bootstrap(real, other, resamples=4000)["w1"]
        deviation = math.sqrt(real.var() / 400 + other.var() / 300)
        assert found.value == pytest.approx(other.mean() - real.mean())
        assert found.std == pytest.approx(deviation, rel=0.05)
        assert found.low == pytest.approx(found.value - 1.96 * deviation, abs=0.15 * deviation)
        assert found.high == pytest.approx(found.value + 1.96 * deviation, abs=0.15 * deviation)

    @pytest.mark.parametrize("period", [None, 180.0])
    def test_is_that_of_drawing_the_samples_one_by_one(self, period):
        random = np.random.default_rng(14)
        real, other = random.normal(0, 12, 120), random.normal(10, 12, 90)
        edges = np.linspace(-90, 90, 51)
        if period is None:
            edges = np.linspace(*np.quantile(np.concatenate([real, other]), [0.005, 0.995]), 51)

        def draw():
            one, two = random.choice(real, 120), random.choice(other, 90)
            p, q = (np.histogram(np.clip(x, edges[0], edges[-1]), edges)[0] + 0.1 for x in (one, two))
            return all_distances(one, two, period=period) | {"kl": stats.entropy(p, q)}

        drawn = [draw() for _ in range(800)]
        found = bootstrap(real, other, period=period, resamples=4000)
        for name in MEASURES:
            values = np.array([one[name] for one in drawn])
            assert found[name].std == pytest.approx(values.std(), rel=0.12)
            for quantile, bound in ((2.5, found[name].low), (97.5, found[name].high)):
                assert bound == pytest.approx(np.percentile(values, quantile), abs=0.5 * values.std())

    def test_groups_are_drawn_whole(self, normals):
        real, other = normals
        single = bootstrap(real, other, resamples=3000)["w1"]
        four = (np.repeat(real, 4), np.repeat(other, 4))
        groups = (np.repeat(np.arange(400), 4), np.repeat(np.arange(300), 4))
        assert bootstrap(*four, groups=groups, resamples=3000)["w1"].std == pytest.approx(single.std, rel=0.06)
        assert bootstrap(*four, resamples=3000)["w1"].std == pytest.approx(single.std / 2, rel=0.06)

    def test_is_the_same_for_the_same_seed(self, normals):
        one, same, other = (bootstrap(*normals, seed=seed, resamples=100) for seed in (1, 1, 2))
        assert one == same != other

    @pytest.mark.parametrize("single", ["real", "other"])
    def test_of_a_single_image_is_unknown(self, normals, single):
        samples = dict(zip(("real", "other"), normals, strict=True))
        groups = tuple(np.zeros(len(values)) if name == single else None for name, values in samples.items())
        of_one_group = bootstrap(**samples, groups=groups, resamples=20)
        of_one_value = bootstrap(**samples | {single: np.ones(1)}, resamples=20)
        for name in MEASURES:
            assert of_one_group[name].value == bootstrap(*normals, resamples=2)[name].value
            for found in (of_one_group[name], of_one_value[name]):
                assert np.isnan([found.std, found.low, found.high]).all()

    def test_of_one_value_has_no_spread(self):
        found = bootstrap(np.full(5, 2.0), np.full(5, 2.0), resamples=50)
        for name in MEASURES:
            assert (found[name].value, found[name].std, found[name].low, found[name].high) == (0, 0, 0, 0)
