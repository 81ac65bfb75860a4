"""What is measured around a hole."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.anneal import Known, Schedule, Target, anneal
from raysys.anneal.surroundings import target_around


@pytest.mark.parametrize("dims", [2, 3])
def test_without_a_hole_they_are_the_descriptors_of_the_image(field, dims):
    image = field((48, 40), 0.4, 2)
    if dims == 3:
        image = np.stack([np.roll(image, k // 3, 1) for k in range(36)])
    known = Known(image, np.ones(image.shape, bool))
    weights = {"S2": 1.0, "S2_axis1": 2.0, "L": 1.0, "L_axis0": 3.0, "P3H": 1.0, "P3V": 1.0, "P4": 1.0, "P6": 0.5}
    found = target_around(known, weights, r_max=15)
    expected = Target.from_images(image[None], weights, r_max=15)
    assert found.fractions == pytest.approx(expected.fractions)
    for one, other in zip(found.terms, expected.terms, strict=True):
        assert (one.name, one.weight) == (other.name, other.weight)
        np.testing.assert_array_equal(one.r, other.r)
        np.testing.assert_allclose(one.values, other.values, rtol=1e-12)


def test_pairs_count_if_both_are_known_and_what_is_in_the_hole_does_not():
    rng = np.random.default_rng(0)
    image, fixed = rng.integers(0, 3, (9, 8)).astype(np.uint8), rng.random((9, 8)) < 0.7
    found = target_around(Known(image, fixed), {"S2": 1.0}, r_max=3, values=(0, 1, 2))
    other = np.where(fixed, image, 2 - image)
    again = target_around(Known(other, fixed), {"S2": 1.0}, r_max=3, values=(0, 1, 2))
    for term, same in zip(found.terms, again.terms, strict=True):
        np.testing.assert_array_equal(term.values, same.values)
        assert term.values[1] == pytest.approx(np.mean([_plain(image, fixed, term.phase, axis, 2) for axis in (0, 1)]))
    assert found.fractions == tuple(np.mean(image[fixed] == phase) for phase in range(3))


def test_runs_and_polygons_count_where_all_of_their_pixels_are_known():
    rng = np.random.default_rng(1)
    image, fixed = rng.integers(0, 2, (14, 13)).astype(np.uint8), rng.random((14, 13)) < 0.8
    found = {
        term.name: term.values[1]
        for term in target_around(Known(image, fixed), {"L_axis1": 1.0, "P4": 1.0}, r_max=3).terms
    }
    for name, points in (("L_axis1", [(0, 0), (0, 1), (0, 2)]), ("P4", [(0, 0), (0, 2), (2, 0), (2, 2)])):
        places = [[(i + a, j + b) for a, b in points] for i in range(14) for j in range(13)]
        inside = [[at for at in place if at[0] < 14 and at[1] < 13 and fixed[at]] for place in places]
        known = [place for place in inside if len(place) == len(points)]
        assert 0 < len(known) < len(places)
        assert found[name] == np.mean([all(image[at] for at in place) for place in known])


def _plain(image: np.ndarray, fixed: np.ndarray, phase: int, axis: int, r: int) -> float:
    pairs = hits = 0
    for place in np.ndindex(image.shape):
        other = list(place)
        other[axis] += r
        if other[axis] < image.shape[axis] and fixed[place] and fixed[tuple(other)]:
            pairs += 1
            hits += image[place] == phase == image[tuple(other)]
    return hits / pairs


def test_a_hole_is_filled_and_nothing_else_is_touched(field):
    image = field((64, 64), 0.4, 3)
    fixed = np.ones(image.shape, bool)
    fixed[20:44, 16:40] = False
    known = Known(np.where(fixed, image, 0), fixed)
    target = target_around(known, {"S2": 1.0}, r_max=20)
    result = anneal(target, image.shape, seed=0, schedule=Schedule(stages=60), known=known)
    np.testing.assert_array_equal(result.image[fixed], image[fixed])
    assert abs(result.image[~fixed].mean() - target.phase_fraction) < 0.02
    assert result.energy < result.history.energy[0] / 5


@pytest.mark.parametrize(
    ("weights", "r_max", "said"),
    [
        ({"map": 1.0}, 3, r"map cannot be measured around a hole.*\(--known and --mask\)"),
        ({"S2": 1.0}, 9, r"S2 at r = 7 has no place where .* known; allowed: shorter lags \(r_max=6\)"),
        ({"P4": 1.0}, 3, r"P4 at r = 1 has no place"),
    ],
)
def test_what_cannot_be_measured_is_refused(weights, r_max, said):
    fixed = np.ones((8, 12), bool)
    fixed[1:7] = False
    fixed[:, 10] = True
    fixed[0] = False
    with pytest.raises(RaysysError, match=said):
        target_around(Known(np.zeros((8, 12), np.uint8), fixed), weights, r_max=r_max)
