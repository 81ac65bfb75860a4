"""Distances between sets, and the distance of real sets from one another."""

import numpy as np
import pytest
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import DESCRIPTORS, characterise, compare, real_against_real
from raysys.stats.sets.comparison import distinct_ways, halved


@pytest.fixture(scope="module")
def fields():
    return gaussian_field((512, 512), phi=0.352, sigma=2)[0].reshape(8, 64, 8, 64).swapaxes(1, 2).reshape(64, 64, 64)


@pytest.fixture(scope="module")
def measured(fields):
    return characterise(fields)


def test_a_set_is_at_no_distance_from_itself(measured):
    assert compare(measured, measured) == dict.fromkeys(DESCRIPTORS, 0.0)


def test_the_error_is_that_of_the_mean_curves(measured):
    one, two = measured.subset(range(32)), measured.subset(range(32, 64))
    for scaled in (True, False):
        curves = [c.scaled() if scaled else c.curves for c in (one, two)]
        for name, error in compare(one, two, scaled=scaled).items():
            difference = curves[0][name].mean - curves[1][name].mean
            assert error == pytest.approx(np.nanmean(difference**2), rel=1e-12)
            assert compare(two, one, scaled=scaled)[name] == pytest.approx(error)


def test_only_common_lags_and_descriptors_count(fields, measured):
    short = characterise(fields[:, :40, :40], ("L", "S2"), r_max=9)
    found = compare(measured, short)
    assert set(found) == {"S2", "L"}
    difference = measured.curves["L"].mean[:10] - short.curves["L"].mean
    assert found["L"] == pytest.approx(np.mean(difference**2))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"boundary": "periodic"}, "boundary is open on one side and periodic"),
        ({"phase": 0}, "phase is 1 on one side and 0"),
        ({"rounding": "ceil"}, "rounding is nearest on one side and ceil"),
        ({"apex": "mirrored"}, "apex is published on one side and mirrored"),
        ({"odd_edges": "average"}, "odd_edges is skip on one side and average"),
    ],
)
@pytest.mark.parametrize("scaled", [True, False])
def test_different_protocols_are_refused(fields, measured, options, sentence, scaled):
    with pytest.raises(RaysysError, match=sentence):
        compare(measured, characterise(fields[:2], **options), scaled=scaled)


def test_directional_and_radial_curves_compare_by_their_names(fields):
    names = ("S2_axis0", "S2_axis1", "L_axis0", "S2_radial")
    one, two = (characterise(x, names) for x in (fields[:32], fields[32:]))
    found = compare(one, two)
    assert tuple(found) == names
    for name in names:
        difference = one.scaled()[name].mean - two.scaled()[name].mean
        assert found[name] == pytest.approx(np.nanmean(difference**2))
    assert set(real_against_real(one, splits=3)) == set(names)


def test_scalars_and_pores_are_left_to_distances(fields, measured):
    found = characterise(fields, ("S2", "pores", "specific_surface"))
    assert compare(found, measured) == {"S2": 0}
    assert set(real_against_real(found, splits=3)) == {"S2"}


def test_nothing_in_common_is_refused(fields, measured):
    with pytest.raises(RaysysError, match="nothing to compare: S2 against L"):
        compare(characterise(fields[:2], ("S2",)), characterise(fields[:2], ("L",)))


def test_periodic_images_of_different_size_compare(fields):
    large, small = (characterise(x, ("P6",), boundary="periodic") for x in (fields, fields[:, :40, :40]))
    assert compare(large, small)["P6"] > 0


def test_an_undefined_curve_has_no_error(fields, measured):
    full = characterise(np.ones((2, 64, 64), int))
    found = compare(measured, full)
    assert np.isnan([found[name] for name in DESCRIPTORS if name != "L"]).all()
    assert found["L"] > 0.1


class TestBaseline:
    def test_other_images_of_the_same_kind_lie_within_it_and_other_kinds_do_not(self, measured):
        baseline = real_against_real(measured, size=32)
        same = gaussian_field((512, 512), phi=0.352, sigma=2, seed=9)[0].reshape(8, 64, 8, 64).swapaxes(1, 2)
        coarser = gaussian_field((512, 512), phi=0.352, sigma=3, seed=9)[0].reshape(8, 64, 8, 64).swapaxes(1, 2)
        near, far = (
            compare(measured.subset(range(32)), characterise(x.reshape(64, 64, 64)[::2])) for x in (same, coarser)
        )
        for name, band in baseline.items():
            assert 0 < band.low < band.median < band.high
            assert near[name] < 2 * band.high
            if name != "L":
                assert far[name] > 2 * band.high

    def test_smaller_sets_are_farther_apart(self, measured):
        small, large = (real_against_real(measured, size=size)["S2"].median for size in (8, 32))
        assert 2.5 < small / large < 6.5  # goes with 1 / size

    def test_is_that_of_compare_on_disjoint_halves(self, fields):
        pair = characterise(fields[:2])
        baseline = real_against_real(pair, splits=3)
        for name, error in compare(pair.subset([0]), pair.subset([1])).items():
            band = baseline[name]
            assert band.median == pytest.approx(error)
            assert band.ways == 1

    def test_regions_are_dealt_out_whole(self, fields):
        # Every image stands twice: halves that share a region would be at no distance.
        doubled = characterise(np.repeat(fields[:2], 8, axis=0), ("S2",))
        pair = characterise(fields[:2], ("S2",))
        expected = compare(pair.subset([0]), pair.subset([1]))["S2"]
        found = real_against_real(doubled, groups=np.repeat([0, 1], 8), splits=5)["S2"]
        assert found.median == pytest.approx(expected)
        assert real_against_real(doubled, splits=50)["S2"].low < 0.5 * expected
        grouped = characterise(np.repeat(fields[:2], 8, axis=0), ("S2",), groups=np.repeat([0, 1], 8))
        assert real_against_real(grouped, splits=5)["S2"] == found

    @pytest.mark.parametrize(("regions", "ways"), [(2, 1), (4, 3), (5, 10), (6, 10), (7, 35), (8, 35)])
    def test_of_few_regions_has_no_95_per_cent(self, measured, regions, ways):
        groups = np.arange(64) % regions
        halves = {
            frozenset((tuple(sorted(set(groups[one]))), tuple(sorted(set(groups[two])))))
            for one, two in halved(64, groups=groups, splits=2000)
        }
        assert len(halves) == ways  # every one of them, counted
        band = real_against_real(measured.subset(range(64)), groups=groups, splits=20)["S2"]
        assert band.ways == ways
        assert band.median > 0
        assert (np.isfinite(band.low), np.isfinite(band.high), bool(band.reason)) == (ways >= 20, ways >= 20, ways < 20)

    def test_few_images_are_split_in_as_many_ways_as_there_are(self):
        assert [distinct_ways(n) for n in (2, 3, 4, 6, 7)] == [1, 3, 3, 10, 35]
        assert distinct_ways(6, size=1) == 15
        assert distinct_ways(64, size=32) > 1e17

    def test_is_the_same_for_the_same_seed(self, measured):
        one, same, other = (real_against_real(measured, splits=5, seed=seed)["S2"] for seed in (1, 1, 2))
        assert one == same != other

    def test_of_images_without_scaled_curves_is_not_a_number(self):
        found = real_against_real(characterise(np.ones((4, 20, 20), int)), splits=3)
        assert np.isnan(found["S2"].median)
        assert found["L"].median == 0

    def test_refuses_what_cannot_be_split(self, measured):
        for options, sentence in (
            ({"groups": np.zeros(64)}, "found 1"),
            ({"groups": np.zeros(3)}, "one label for each of 64"),
            ({"size": 33}, "1 to 32"),
            ({"size": 0}, "1 to 32"),
        ):
            with pytest.raises(RaysysError, match=sentence):
                real_against_real(measured, **options)
