"""Chords are the whole runs of the phase, counted one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from support.length_references import BOUNDARIES, chords, random_images
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import (
    characterise,
    chord_length_distribution,
    lineal_path_along,
    mean_chord_length,
    two_point_along,
)

EDGES = ("drop", "keep")


def check_against_chords(images, boundary, edges):
    axes, r_max = range(images.ndim - 1), min(images.shape[1:]) - 1
    for axis in (None, *axes):
        options = {"boundary": boundary, "edges": edges, "axis": axis}
        curve = chord_length_distribution(images, r_max=r_max, **options)
        mean = mean_chord_length(images, **options)
        np.testing.assert_array_equal(curve.r, np.arange(1, r_max + 1))
        for i, image in enumerate(images):
            along = axes if axis is None else [axis]
            found = [z for k in along for z in chords(image, k, boundary, edges)]
            if not found:
                assert np.isnan(curve.values[i]).all()
                assert np.isnan(mean.values[i])
                continue
            np.testing.assert_array_equal(curve.values[i], [found.count(r) / len(found) for r in curve.r])
            assert mean.values[i] == sum(found) / len(found)


@settings(max_examples=60, deadline=None)
@given(random_images(9))
def test_counts_are_those_of_chords_one_by_one(images):
    for boundary in BOUNDARIES:
        for edges in EDGES:
            check_against_chords(images, boundary, edges)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("shape", [(64, 65), (63, 130), (128, 5), (4, 64, 66), (66, 5, 4)], ids=str)
@pytest.mark.parametrize("phi", [0.5, 0.97, 1.0])
def test_lines_of_words(shape, phi, boundary, edges):
    check_against_chords(np.random.default_rng(2).random((2, *shape)) < phi, boundary, edges)


@pytest.fixture(params=[(90, 130), (30, 40, 70)], ids=str)
def fields(request):
    return gaussian_field(request.param, phi=0.3, sigma=1, n=3)


def count_starts(images, axis):
    """Chords (N,) along an axis of periodic images that have no endless line there."""
    lines = np.moveaxis(images, axis + 1, -1)
    assert not lines.all(axis=-1).any()
    return ((lines == 1) & (np.roll(lines, 1, axis=-1) == 0)).reshape(len(images), -1).sum(axis=1)


class TestPeriodicChords:
    def test_make_the_lineal_path(self, fields):
        r_max = min(fields.shape[1:]) - 1
        for axis in range(fields.ndim - 1):
            chords_of = count_starts(fields, axis)
            density = chord_length_distribution(fields, boundary="periodic", axis=axis, r_max=r_max)
            counts = np.rint(density.values * chords_of[:, None])
            np.testing.assert_array_equal(counts.sum(axis=1), chords_of)
            path = lineal_path_along(fields, axis, boundary="periodic", r_max=r_max)
            # L(r) = (1 / N) sum over z of n(z) max(z - r, 0)
            beyond = np.maximum(density.r[:, None] - path.r, 0)
            np.testing.assert_array_equal(path.values, counts @ beyond / fields[0].size)

    def test_are_as_long_as_the_phase_by_its_chords(self, fields):
        for axis in range(fields.ndim - 1):
            mean = mean_chord_length(fields, boundary="periodic", axis=axis).values
            pixels = fields.reshape(len(fields), -1).sum(axis=1)
            np.testing.assert_array_equal(mean, pixels / count_starts(fields, axis))
            # A chord starts where of two neighbours only the second is phase.
            pair = two_point_along(fields, axis, boundary="periodic").values
            np.testing.assert_allclose(mean, pair[:, 0] / (pair[:, 0] - pair[:, 1]), rtol=1e-12)

    def test_move_with_the_image(self, fields):
        shifted = np.roll(fields, (13, 41), axis=(1, 2))
        np.testing.assert_array_equal(
            chord_length_distribution(fields, boundary="periodic").values,
            chord_length_distribution(shifted, boundary="periodic").values,
        )


def test_open_chords_that_are_dropped_are_those_at_the_border(fields):
    shape = fields.shape[1:]
    inner = np.pad(fields, [(0, 0), *[(1, 1)] * len(shape)])  # the border is no phase: nothing is cut off
    kept = chord_length_distribution(fields, edges="keep", r_max=20)
    np.testing.assert_array_equal(kept.values, chord_length_distribution(inner, r_max=20).values)
    assert (mean_chord_length(fields).values < mean_chord_length(fields, boundary="periodic").values).all()


def test_a_stripe():
    stripe = np.zeros((1, 20, 70), np.uint8)
    stripe[..., 10:19] = 1
    across = chord_length_distribution(stripe, axis=1)
    np.testing.assert_array_equal(across.values[0], across.r == 9)
    for boundary in BOUNDARIES:
        # Along the stripe every line is all phase: cut off at both ends, or without an end.
        assert np.isnan(chord_length_distribution(stripe, axis=0, boundary=boundary).values).all()
        assert mean_chord_length(stripe, boundary=boundary).values == 9
    assert mean_chord_length(stripe, axis=0, edges="keep").values == 20
    assert mean_chord_length(stripe, edges="keep").values == (20 * 9 + 9 * 20) / 29


def test_random_pixels_have_geometric_chords():
    phi, side = 0.6, 400
    image = np.random.default_rng(5).random((1, side, side)) < phi
    curve = chord_length_distribution(image, boundary="periodic", r_max=12)
    expected = (1 - phi) * phi ** (curve.r - 1.0)
    number = 2 * side**2 * phi * (1 - phi)
    assert (np.abs(curve.values[0] - expected) < 4 * np.sqrt(expected / number)).all()


def test_is_a_curve_of_its_own_protocol():
    images = gaussian_field((50, 60), phi=0.4, sigma=2, n=2)
    curve = chord_length_distribution(images)
    assert (curve.name, curve.protocol) == ("chord_length", {"edges": "drop"})
    assert chord_length_distribution(images, edges="keep", axis=-1).name == "chord_length_axis1"
    assert chord_length_distribution(images, edges="keep").protocol == {"edges": "keep"}
    assert chord_length_distribution(images, boundary="periodic").protocol == {}
    np.testing.assert_array_equal(curve.r, np.arange(1, 25))
    mean = mean_chord_length(images, axis=0)
    assert (mean.name, mean.unit, mean.protocol) == ("mean_chord_length_axis0", "pixel", {"edges": "drop"})
    found = characterise(images, ("chord_length",)).curves["chord_length"]
    np.testing.assert_array_equal(found.values, curve.values)
    np.testing.assert_array_equal(chord_length_distribution(images + 4, phase=5).values, curve.values)


def test_refuses_what_it_cannot_measure():
    images = np.ones((1, 8, 9), np.uint8)
    with pytest.raises(RaysysError, match="edges is 'trim'; allowed: drop, keep"):
        chord_length_distribution(images, edges="trim")
    with pytest.raises(RaysysError, match="allowed for images of 2 dimensions: 0 to 1"):
        mean_chord_length(images, axis=2)
    with pytest.raises(RaysysError, match="0 to 7"):
        chord_length_distribution(images, r_max=8)
    with pytest.warns(UserWarning, match="phase 3 does not occur"):
        assert np.isnan(mean_chord_length(images, phase=3).mean)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("axis", [0, 1])
def test_chords_are_porespy_s(porespy, axis, edges):
    image = gaussian_field((60, 70), phi=0.4, sigma=2)[0]
    # PoreSpy draws chords in every second line, and drops all of the first and the last line too.
    spread = np.zeros([size if k == axis else 2 * size + 3 for k, size in enumerate(image.shape)], bool)
    spread[(slice(None), slice(2, -1, 2)) if axis == 0 else slice(2, -1, 2)] = image
    drawn = porespy.filters.apply_chords(spread, axis=axis, trim_edges=edges == "drop")
    found = porespy.metrics.chord_counts(drawn)
    curve = chord_length_distribution(image[None], axis=axis, edges=edges, r_max=59)
    np.testing.assert_array_equal(curve.values[0], [np.mean(found == r) for r in curve.r])
