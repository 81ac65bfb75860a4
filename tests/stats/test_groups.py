"""Intervals of means over images of which some belong together."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.stats import Characterisation, Curve, Scalar, characterise
from raysys.stats.groups import half_widths


def test_images_that_stand_for_themselves_have_the_usual_interval_with_students_quantile():
    values = np.random.default_rng(0).random((9, 4))
    found = half_widths(values, np.arange(9))
    np.testing.assert_allclose(found, 2.306004 * values.std(axis=0, ddof=1) / 3, rtol=1e-6)


def test_equal_groups_count_by_their_means():
    values = np.random.default_rng(1).random((12, 3))
    found = half_widths(values, np.repeat(["a", "b", "c", "d"], 3))
    means = values.reshape(4, 3, 3).mean(axis=1)
    np.testing.assert_allclose(found, 3.182446 * means.std(axis=0, ddof=1) / 2, rtol=1e-6)


def test_images_that_stand_twice_say_no_more_than_once():
    values = np.random.default_rng(2).random((6, 2))
    once = half_widths(values, np.arange(6))
    np.testing.assert_allclose(half_widths(np.repeat(values, 2, axis=0), np.repeat(np.arange(6), 2)), once)


def test_values_that_are_missing_leave_their_group_out():
    values = np.array([[1.0, np.nan], [2.0, np.nan], [4.0, 4.0]])
    one, two = half_widths(values, np.array([0, 1, 1]))
    assert one > 0
    assert np.isnan(two)  # a single group has a value


def test_curves_and_scalars_stand_on_their_groups():
    values, groups = np.random.default_rng(3).random((8, 5)), np.repeat(np.arange(4), 2)
    plain, grouped = Curve("S2", np.arange(5), values), Curve("S2", np.arange(5), values, groups=groups)
    assert (plain.units, grouped.units) == (8, 4)
    np.testing.assert_array_equal(plain.mean, grouped.mean)
    np.testing.assert_allclose(grouped.band[1] - grouped.mean, half_widths(values, groups))
    assert grouped.subset(np.array([0, 1, 2])).units == 2
    scalar = Scalar("specific_surface", values[:, 0], groups=groups)
    assert scalar.half_width == pytest.approx(half_widths(values, groups)[0])
    assert (scalar.units, scalar.subset(np.array([0, 7])).units) == (4, 2)


@pytest.fixture(scope="module")
def grouped() -> Characterisation:
    images = (np.random.default_rng(4).random((6, 16, 16)) < 0.4).astype(np.uint8)
    return characterise(images, ("S2", "specific_surface"), groups=np.array([7, 7, 3, 3, 5, 5]))


def test_a_set_hands_its_groups_to_all_it_holds(grouped: Characterisation):
    held = [*grouped.curves.values(), *grouped.scaled().values(), *grouped.scalars.values(), grouped.fraction_scalar]
    assert {one.units for one in held} == {grouped.units} == {3}
    assert grouped.subset([0, 1, 2]).units == 2
    assert Characterisation.joined([grouped, grouped]).n == 12
    assert {row["units"] for row in grouped.rows()} == {3}


def test_groups_are_saved_and_older_files_have_none(grouped: Characterisation, tmp_path):
    grouped.save(tmp_path / "set.npz")
    found = Characterisation.load(tmp_path / "set.npz")
    np.testing.assert_array_equal(found.groups, [2, 2, 0, 0, 1, 1])
    np.testing.assert_array_equal(found.curves["S2"].band, grouped.curves["S2"].band)
    with np.load(tmp_path / "set.npz") as stored:
        np.savez(tmp_path / "old.npz", **{name: stored[name] for name in stored.files if name != "groups"})
    assert Characterisation.load(tmp_path / "old.npz").groups is None


def test_labels_that_do_not_fit_are_refused(grouped: Characterisation):
    with pytest.raises(RaysysError, match=r"groups have shape \(2,\); allowed: one label for each of 6 images"):
        characterise(np.zeros((6, 8, 8), np.uint8), ("S2",), groups=np.zeros(2))
