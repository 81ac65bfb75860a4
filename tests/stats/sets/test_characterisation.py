"""Sets of descriptors: what they hold, and that they come back from a file as they went in."""

import json

import numpy as np
import pytest
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import (
    DESCRIPTORS,
    Characterisation,
    characterise,
    chord_length_distribution,
    minkowski,
    pores,
    specific_surface,
)


@pytest.fixture(scope="module")
def images():
    return gaussian_field((50, 64), phi=0.3, sigma=2, n=8)


@pytest.fixture(scope="module")
def measured(images):
    return characterise(images, boundary="periodic", apex="both")


def test_what_it_holds(images, measured):
    assert tuple(measured.curves) == DESCRIPTORS
    assert (measured.n, measured.shape, measured.phase, measured.boundary) == (8, (50, 64), 1, "periodic")
    np.testing.assert_allclose(measured.phase_fractions, images.mean(axis=(1, 2)))
    assert measured.phase_fraction == pytest.approx(images.mean())
    assert measured.curves["P3V"].protocol["apex"] == "both"
    assert set(measured.mean_curves()) == set(DESCRIPTORS)


def test_scaled_keeps_the_names_and_the_lineal_path(measured):
    scaled = measured.scaled()
    assert [scaled[name].name for name in DESCRIPTORS] == ["F2", "F3H", "F3V", "F4", "F6", "L"]
    assert scaled["L"] is measured.curves["L"]


def test_options_reach_their_descriptors(images):
    given = {"surface": "faces", "minkowski_edges": "closed", "chord_edges": "keep", "pore_edges": "drop"}
    names = ("chord_length", "minkowski", "specific_surface", "pores")
    found = characterise(images, names, smallest=4, connectivity="all", **given)
    chords = chord_length_distribution(images, edges="keep")
    assert found.curves["chord_length"].protocol == chords.protocol
    np.testing.assert_array_equal(found.curves["chord_length"].values, chords.values)
    expected = minkowski(images, edges="closed", connectivity="all", surface="faces").densities()
    for one in [*expected, specific_surface(images, method="faces")]:
        assert found.scalars[one.name].protocol == one.protocol
        np.testing.assert_array_equal(found.scalars[one.name].values, one.values)
    parts = pores(images, connectivity="all", edges="drop", smallest=4)
    assert found.pores.protocol == parts.protocol == {"connectivity": "8", "edges": "drop", "smallest": "4"}
    np.testing.assert_array_equal(found.pores.properties["area"], parts.properties["area"])


def test_volumes_have_the_same_descriptors_as_flat_images():
    volumes = gaussian_field((20, 24, 70), phi=0.3, sigma=2, n=2)
    found = characterise(volumes)
    assert tuple(found.curves) == DESCRIPTORS
    assert (found.shape, found.n) == ((20, 24, 70), 2)
    for name, curve in found.curves.items():
        assert curve.protocol.get("plane") == ("mean of 3" if name.startswith("P") else None)
        np.testing.assert_allclose(curve.values[:, 0], volumes.mean(axis=(1, 2, 3)), rtol=0, atol=1e-15)


def test_a_subset_is_the_characterisation_of_those_images(images, measured):
    found = measured.subset([5, 1])
    expected = characterise(images[[5, 1]], boundary="periodic", apex="both")
    for name in DESCRIPTORS:
        np.testing.assert_array_equal(found.curves[name].values, expected.curves[name].values)
    np.testing.assert_array_equal(found.phase_fractions, expected.phase_fractions)


def test_rows_say_what_was_measured_and_how(measured):
    rows = measured.rows()
    assert len(rows) == 4 * 25 + 2 * 13 + 1  # triangles of even edge only; the phase fraction
    first = rows[0]
    assert (first["descriptor"], first["r"], first["scaled"], first["n"]) == ("S2", 0, 1, 8)
    assert first["mean"] == pytest.approx(measured.phase_fraction)
    assert first["lower"] <= first["mean"] <= first["upper"]
    assert {row["descriptor"]: row["protocol"] for row in rows}["P3H"] == "rounding=nearest apex=both odd_edges=skip"
    assert [row["r"] for row in rows if row["flagged"]] == [23, 24]
    assert json.loads(json.dumps(rows)) == rows


def test_scalars_are_rows_without_a_lag(images):
    found = characterise(images, ("S2", "minkowski"), r_max=3)
    rows = [row for row in found.rows() if row["r"] is None]
    assert [row["descriptor"] for row in rows] == [*found.scalars, "phase_fraction"]
    assert [row["mean"] for row in rows[:-1]] == [one.mean for one in found.scalars.values()]
    assert rows[0]["unit"] == "1/pixel"
    assert rows[0]["upper"] - rows[0]["mean"] == pytest.approx(next(iter(found.scalars.values())).half_width)


def test_a_phase_that_does_not_occur_is_rows_of_nan(images):
    with pytest.warns(UserWarning, match="phase 7 does not occur"):
        found = characterise(images, ("S2", "specific_surface"), phase=7, r_max=3)
    rows = found.rows()
    assert [(row["descriptor"], row["r"]) for row in rows[:4]] == [("S2", r) for r in range(4)]
    assert len(rows) == 6
    assert np.isnan([row["mean"] for row in rows]).all()
    assert np.isnan(found.phase_fraction)


def test_saving_and_loading_changes_nothing(measured, tmp_path):
    path = tmp_path / "deep" / "reference.npz"
    measured.save(path)
    found = Characterisation.load(path)
    assert (found.shape, found.phase, found.boundary, found.n) == (measured.shape, 1, "periodic", 8)
    np.testing.assert_array_equal(found.phase_fractions, measured.phase_fractions)
    assert tuple(found.curves) == DESCRIPTORS
    for name, curve in measured.curves.items():
        np.testing.assert_array_equal(found.curves[name].values, curve.values)
        np.testing.assert_array_equal(found.curves[name].r, curve.r)
        assert found.curves[name].protocol == curve.protocol
    assert [p.name for p in path.parent.iterdir()] == ["reference.npz"]


def foreign(path):
    np.savez(path, a=np.arange(3))


def objects(path):
    np.savez(path, description=np.array([{"format": "x"}], dtype=object))


def newer(path):
    np.savez(path, description=np.array('{"format": "raysys characterisation 99"}'))


def list_for_a_description(path):
    np.savez(path, description=np.array("[1, 2]"))


@pytest.mark.parametrize(
    "write",
    [
        foreign,
        objects,
        newer,
        list_for_a_description,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not an archive"),
        lambda path: np.save(path.open("wb"), np.arange(3)),
    ],
)
def test_foreign_files_are_refused_in_one_sentence(write, tmp_path):
    path = tmp_path / "foreign.npz"
    write(path)
    with pytest.raises(RaysysError, match=r"foreign\.npz: not a characterisation"):
        Characterisation.load(path)


def test_damaged_files_are_refused(measured, tmp_path):
    path = tmp_path / "damaged.npz"
    measured.save(path)
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:2000] + bytes(500) + whole[2500:]):
        path.write_bytes(broken)
        with pytest.raises(RaysysError, match="damaged"):
            Characterisation.load(path)
    with pytest.raises(RaysysError, match="no such file"):
        Characterisation.load(tmp_path / "nothing.npz")


def test_unknown_descriptors_are_refused(images):
    with pytest.raises(RaysysError, match="P5; allowed for images of 2 axes: S2, P2, P3H"):
        characterise(images, ("S2", "P5"))
    with pytest.raises(RaysysError, match="none; allowed"):
        characterise(images, ())
