"""Distances between sets in the numbers of their images and pores, and their baseline."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import (
    Scalar,
    bootstrap,
    characterise,
    distances,
    kl_divergence,
    kolmogorov_smirnov,
    real_against_real_distances,
    wasserstein_1,
)

MEASURES = ("kl", "w1", "ks", "hellinger")
FLAT = ("area", "equivalent_diameter", "orientation", "elongation", "circularity")
DESCRIPTORS = ("S2", "specific_surface", "pores")


def tiles(sigma, seed, phi=0.25):
    """64 tiles of one field, so that their phase fractions differ."""
    return (
        gaussian_field((384, 384), phi=phi, sigma=sigma, seed=seed)
        .reshape(8, 48, 8, 48)
        .swapaxes(1, 2)
        .reshape(64, 48, 48)
    )


@pytest.fixture(scope="module")
def real():
    return characterise(tiles(2, 0), DESCRIPTORS)


@pytest.fixture(scope="module")
def same():
    return characterise(tiles(2, 1), DESCRIPTORS)


@pytest.fixture(scope="module")
def coarser():
    return characterise(tiles(3, 2), DESCRIPTORS)


@pytest.fixture(scope="module")
def found(real, same):
    return {one.name: one for one in distances(real, same, resamples=200, splits=50)}


def test_every_number_that_both_have_is_compared(found):
    assert tuple(found) == ("phase_fraction", "specific_surface", *(f"pores/{name}" for name in FLAT))
    for one in found.values():
        assert tuple(one.measures) == tuple(one.baseline) == MEASURES


def test_values_are_those_of_the_samples(real, same, found):
    for name, mine, yours in (
        ("phase_fraction", real.phase_fractions, same.phase_fractions),
        ("specific_surface", real.scalars["specific_surface"].values, same.scalars["specific_surface"].values),
        ("pores/area", real.pores.properties["area"], same.pores.properties["area"]),
    ):
        assert found[name].measures["kl"].value == pytest.approx(kl_divergence(mine, yours))
        assert found[name].measures["w1"].value == pytest.approx(wasserstein_1(mine, yours))
        assert (found[name].measures["ks"].value, found[name].p) == pytest.approx(kolmogorov_smirnov(mine, yours))
        assert (found[name].n_reference, found[name].n_other) == (len(mine), len(yours))


def test_directions_are_compared_on_their_circle(real, same, found):
    mine, yours = (x.pores.properties["orientation"][x.pores.properties["area"] >= 10] for x in (real, same))
    one = found["pores/orientation"]
    assert one.measures["w1"].value == pytest.approx(wasserstein_1(mine, yours, period=180))
    assert one.protocol["circle"] == "180"
    assert one.n_reference == np.isfinite(mine).sum() < len(mine)


def test_shapes_are_those_of_pores_that_are_large_enough(real, same, found):
    mine, yours = real.pores.properties, same.pores.properties
    for name in FLAT:
        least = 1 if name in ("area", "equivalent_diameter") else 10
        one, counts = found[f"pores/{name}"], [np.isfinite(x[name][x["area"] >= least]).sum() for x in (mine, yours)]
        assert [one.n_reference, one.n_other] == counts
        assert one.protocol.get("shaped") == (None if least == 1 else "10")
    every = {one.name: one for one in distances(real, same, resamples=2, splits=2, shaped=1)}["pores/elongation"]
    assert every.measures["ks"].value == kolmogorov_smirnov(mine["elongation"], yours["elongation"])[0]
    assert (every.n_reference, every.protocol["shaped"]) == (real.pores.count, "1")
    assert (
        real_against_real_distances(real, splits=5, shaped=1)["pores/elongation"]
        != real_against_real_distances(real, splits=5)["pores/elongation"]
    )


def test_images_of_another_size_are_warned_of_and_told(real):
    small = characterise(tiles(2, 1)[:8, :24, :40], ("S2",))
    with pytest.warns(UserWarning, match="images of 48x48 pixels are compared with images of 24x40; numbers per image"):
        found = distances(real, small, resamples=5, splits=5)
    assert {one.protocol["image_size"] for one in found} == {"48x48 against 24x40"}
    assert "image_size" not in distances(real, real, resamples=5, splits=5)[0].protocol


def test_pores_are_drawn_with_their_images(real, same, found):
    mine, yours = (x.pores.properties["area"] for x in (real, same))
    groups = (real.pores.image, same.pores.image)
    assert found["pores/area"].measures == bootstrap(mine, yours, groups=groups, resamples=200)


def test_sets_of_one_kind_lie_within_the_baseline_and_others_do_not(real, found, coarser):
    far = {one.name: one for one in distances(real, coarser, resamples=50)}
    for name in ("pores/area", "specific_surface"):
        for measure in ("kl", "w1", "ks"):
            limit = found[name].baseline[measure].high
            assert found[name].measures[measure].value < 1.5 * limit
            assert far[name].measures[measure].value > limit


def test_a_set_is_at_no_distance_from_itself(real):
    for one in distances(real, real, resamples=20, splits=5):
        assert {measure: estimate.value for measure, estimate in one.measures.items()} == dict.fromkeys(MEASURES, 0.0)


def test_rows_say_what_was_compared_and_how(found):
    rows = found["pores/orientation"].rows()
    assert [row["measure"] for row in rows] == list(MEASURES)
    assert rows[0]["baseline_lower"] <= rows[0]["baseline"] <= rows[0]["baseline_upper"]
    assert rows[0]["protocol"] == (
        "phase=1 boundary=open connectivity=4 edges=keep smallest=1 shaped=10 circle=180 bins=50 rule=add_0.1 "
        "limits=trimmed resamples=200 drawn=images baseline=50 splits of 64 images"
    )
    assert np.isfinite(rows[2]["p"])
    assert np.isnan(rows[0]["p"])
    assert json.loads(json.dumps(rows[2])) == rows[2]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"boundary": "periodic"}, "boundary is open on one side and periodic"),
        ({"phase": 0}, "phase is 1 on one side and 0"),
        ({"connectivity": "all"}, "pores/area: connectivity is 4 on one side and 8"),
    ],
)
def test_different_protocols_are_refused(real, options, sentence):
    other = characterise(tiles(2, 1)[:4], ("pores",), **options)
    with pytest.raises(RaysysError, match=sentence):
        distances(real, other)


def test_only_what_both_have_is_compared(real, same):
    assert [one.name for one in distances(real, replace(same, scalars={}, pores=None), resamples=5)] == [
        "phase_fraction"
    ]


def test_volumes_have_other_properties():
    one, two = (characterise(gaussian_field((20, 20, 20), phi=0.2, sigma=2, n=4, seed=k), ("pores",)) for k in (0, 1))
    names = [one.name for one in distances(one, two, resamples=10, splits=5)]
    shapes = ("volume", "equivalent_diameter", "azimuth", "inclination", "elongation", "flatness", "sphericity")
    assert names == ["phase_fraction", *(f"pores/{name}" for name in shapes)]


def test_what_is_not_defined_has_no_distance(real, same):
    def with_scalar(of, values):
        return replace(of, scalars={"permeability": Scalar("permeability", values)}, pores=None)

    nothing, some = np.full(64, np.nan), np.where(np.arange(64) < 10, 1.0, np.nan)
    by_name = {one.name: one for one in distances(with_scalar(real, nothing), with_scalar(same, some), resamples=5)}
    one = by_name["permeability"]
    assert (one.n_reference, one.n_other) == (0, 10)
    for measure in MEASURES:
        assert np.isnan([one.measures[measure].value, one.measures[measure].std, one.baseline[measure].median]).all()


def test_a_set_without_pores_has_no_distance(real):
    empty = characterise(np.zeros((3, 48, 48), np.uint8), ("pores",))
    by_name = {one.name: one for one in distances(real, empty, resamples=5, splits=5)}
    assert by_name["pores/area"].n_other == 0
    assert np.isnan(by_name["pores/area"].measures["w1"].value)
    assert by_name["pores/area"].baseline["w1"].median > 0
    assert by_name["phase_fraction"].measures["w1"].value == pytest.approx(real.phase_fraction)


def test_images_without_pores_among_others_do_not_matter(real):
    images = tiles(2, 0)
    images[::2] = 0
    sparse = characterise(images, ("pores",))
    for one in distances(sparse, real, resamples=20, splits=20):
        assert np.isfinite(one.baseline["w1"].median)


class TestBaseline:
    def test_is_that_of_the_halves(self, real):
        pair = real.subset([3, 40])
        found = real_against_real_distances(pair, splits=4)
        for name, values in (("phase_fraction", pair.phase_fractions), ("pores/area", pair.pores.properties["area"])):
            image = np.arange(2) if name == "phase_fraction" else pair.pores.image
            expected = wasserstein_1(values[image == 0], values[image == 1])
            assert found[name]["w1"].median == pytest.approx(expected)
            assert np.isnan(found[name]["w1"].high)  # two images are halved in one way

    def test_can_be_taken_from_other_real_images(self, real):
        reference, others = real.subset(range(16)), replace(real, groups=np.arange(real.n) // 4)
        asked = {"resamples": 20, "splits": 60}
        found = {one.name: one for one in distances(reference, real, band_of=others, **asked)}
        expected = real_against_real_distances(others, size=16, splits=60)
        few = {one.name: one for one in distances(replace(reference, groups=np.arange(16) // 4), real, **asked)}
        for name, one in found.items():
            assert one.baseline == expected[name]
            assert np.isfinite(one.baseline["w1"].high)
            assert np.isnan(few[name].baseline["w1"].high)  # four regions
        assert "(3 distinct)" in few["phase_fraction"].protocol["baseline"]

    def test_regions_are_dealt_out_and_drawn_whole(self, real):
        doubled = real.subset(np.repeat(np.arange(16), 4))
        regions = np.repeat(np.arange(16), 4)
        whole = real_against_real_distances(doubled, groups=regions, splits=100)["pores/area"]["w1"]
        torn = real_against_real_distances(doubled, splits=100)["pores/area"]["w1"]
        assert torn.median < 0.8 * whole.median
        denser = characterise(tiles(2, 1, phi=0.5), ("S2",))  # far away, where W1 is the difference of the means
        once = distances(real.subset(range(16)), denser, resamples=400, splits=5)
        by_region = distances(doubled, denser, groups=regions, resamples=400, splits=5)
        by_image = distances(doubled, denser, resamples=400, splits=5)
        fraction, grouped, single = (x[0].measures["w1"].std for x in (once, by_region, by_image))
        assert grouped == pytest.approx(fraction, rel=0.15)
        assert single < 0.8 * fraction
        assert by_region[0].protocol["drawn"] == "regions"

    def test_smaller_sets_are_farther_apart(self, real):
        small, large = (real_against_real_distances(real, size=size)["specific_surface"] for size in (4, 32))
        for measure in ("w1", "ks", "hellinger"):  # the histograms of four values are mostly what is added to them
            assert small[measure].median > large[measure].median

    def test_of_a_single_image_is_not_a_number(self, real, same):
        single = distances(real.subset([0]), same, resamples=5)
        assert np.isnan([estimate.std for one in single for estimate in one.measures.values()]).all()
        assert np.isnan(single[0].baseline["kl"].median)
        assert single[0].protocol["baseline"] == "none"
        with pytest.raises(RaysysError, match="found 1"):
            real_against_real_distances(real.subset([0]))

    def test_groups_that_do_not_fit_are_refused(self, real, same):
        for groups in (np.zeros(3), np.arange(65)):
            with pytest.raises(RaysysError, match="one label for each of 64"):
                distances(real, same, groups=groups)
