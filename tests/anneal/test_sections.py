"""Volumes from sections: what is asked of every axis and plane, and that slices in every direction have it."""

import numpy as np
import pytest

from raysys import RaysysError, stats
from raysys.anneal import Schedule, Target, anneal
from raysys.data import gaussian_random_field
from raysys.sections import PLANES

LINES = ["S2_axis0", "S2_axis1", "S2_axis2"]


@pytest.fixture(scope="module")
def section() -> np.ndarray:
    return gaussian_random_field((64, 64), correlation_length=2.0, phase_fraction=0.3, seed=1)[0]


@pytest.fixture(scope="module")
def three(section: np.ndarray) -> list[np.ndarray]:
    """Sections of layers: the first axis of the volume has another grain than the other two."""
    layers = section.repeat(2, 0)[:64]
    return [section, layers, layers.copy()]


def test_one_section_is_asked_of_every_axis_and_plane(section: np.ndarray):
    target = Target.from_sections([section], {"S2": 3.0, "L": 1.0, "P4": 1.0}, r_max=10)
    planes = [f"P4 normal to axis {axis}" for axis in range(3)]
    assert [term.label for term in target.terms] == [*LINES, "L_axis0", "L_axis1", "L_axis2", *planes]
    flat = Target.from_images(section[None], ("S2", "L", "P4"), r_max=10)
    for number, wanted in enumerate(flat.terms):
        for term in target.terms[3 * number : 3 * number + 3]:
            np.testing.assert_array_equal(term.values, wanted.values)
            np.testing.assert_array_equal(term.r, wanted.r)
    assert [term.weight for term in target.terms[::3]] == pytest.approx([1.0, 1 / 3, 1 / 3])
    assert target.fractions == flat.fractions
    assert Target.from_state(*target.state()).same_as(target)


def test_three_sections_are_asked_of_the_axes_and_planes_that_they_lie_in(three: list[np.ndarray]):
    target = Target.from_sections(three, ("S2", "P4"), r_max=10)
    xy, xz, yz = (
        [curve[1:] for curve in stats.characterise(one[None], LINES[:2], r_max=10).mean_curves().values()]
        for one in three
    )
    wanted = {"S2_axis0": (xz[0], yz[0]), "S2_axis1": (xy[0], yz[1]), "S2_axis2": (xy[1], xz[1])}
    for term in target.terms[:3]:
        np.testing.assert_allclose(term.values, np.mean(wanted[term.name], axis=0), rtol=1e-14)
    for term, one in zip(target.terms[3:], three, strict=True):
        curve = stats.polytope(one[None], "P4", r_max=10).mean
        np.testing.assert_array_equal(term.values, curve[term.r])


def test_a_lattice_asked_of_its_own_section_has_no_energy():
    volume = (np.indices((16, 16, 16)).sum(0) % 2).astype(np.uint8)
    target = Target.from_sections([volume[5]], ("S2", "L", "P4", "map"), r_max=6, boundary="periodic")
    schedule = Schedule(stages=1, moves=1, keep="best")
    assert anneal(target, (16, 16, 16), seed=0, start=volume, schedule=schedule).energy == 0


def test_maps_lie_in_their_planes(three: list[np.ndarray]):
    (term,) = Target.from_sections(three, ("map",), r_max=5).terms
    maps = [stats.autocorrelation(one[None], boundary="open", r_max=5)[0] for one in three]
    assert (term.r == 0).any(axis=1).all()
    for vector, value in zip(term.r, term.values, strict=True):
        held = [
            found[tuple(5 + vector[list(plane)])]
            for found, plane, axis in zip(maps, PLANES, range(3), strict=True)
            if vector[axis] == 0
        ]
        assert value == pytest.approx(np.mean(held), abs=1e-12)
    assert len(np.unique(np.concatenate([term.r, -term.r]), axis=0)) == 2 * len(term.r)


def test_slices_in_every_direction_have_the_statistics_of_the_section(section: np.ndarray):
    target = Target.from_sections([section], ("S2",), r_max=8)
    made = anneal(target, (24, 20, 28), seed=0, schedule=Schedule(stages=60, moves=20_000)).image
    wanted = stats.two_point(section[None], r_max=8).mean
    assert made.mean() == pytest.approx(section.mean(), abs=1e-4)
    for axis in range(3):
        found = stats.characterise(np.moveaxis(made, axis, 0), ("S2_axis0", "S2_axis1"), r_max=8, boundary="periodic")
        for curve in found.mean_curves().values():
            assert np.abs(curve - wanted).max() < 0.01 * (wanted[0] - wanted[-1])


def test_every_phase_of_labels_has_its_own(section: np.ndarray):
    labels = section.astype(np.uint8) * 3
    labels[:, :20] += 1
    target = Target.from_sections([labels], ("S2",), phase=None, r_max=6)
    assert target.values == (0, 1, 3, 4)
    assert [(term.name, term.phase) for term in target.terms] == [(name, phase) for phase in range(4) for name in LINES]


def test_what_sections_do_not_say_is_refused(section: np.ndarray):
    with pytest.raises(RaysysError, match="surface of a volume from sections; allowed: S2, L, P3H"):
        Target.from_sections([section], ("surface",))
    with pytest.raises(RaysysError, match="2 sections; allowed: one, of what is the same in every direction, or three"):
        Target.from_sections([section] * 2)
    with pytest.raises(RaysysError, match=r"have 0\.7, 0\.3, 0\.7 of phase 0; allowed: phase fractions that differ"):
        Target.from_sections([section, 1 - section, section])
    with pytest.raises(RaysysError, match=r"a section of shape 64; allowed: \(H, W\)"):
        Target.from_sections([section[0]])
