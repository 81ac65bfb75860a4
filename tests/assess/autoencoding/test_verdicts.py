"""Verdicts name the damage that was done, and no other."""

import numpy as np
import pytest
from support.damage import QUICK, blurred, flat, merged, originals, rounded, with_discs

from raysys.assess.autoencoding import Assessment, assess, verdict
from raysys.assess.autoencoding.grains import Grains
from raysys.data.micro2d import KNOWN

FAULTS = (
    "blurred", "not binary", "variable weight", "hallucinated", "missing", "merged", "fall into pieces", "rounded",
    "rounder", "become", "oriented (", "turned", "fine detail is lost", "Collapsed", "phase fraction",
)  # fmt: skip
VORONOI = ("VoronoiMedium", "VoronoiMediumSpaced", "VoronoiLarge")


def faults(name, autoencoding, original):
    said = verdict(name, assess(autoencoding, original))
    return {fault for fault in FAULTS if fault in said}


def fields(rule, side=40, across=5):
    """A grain by `rule(y, x, k)` in the middle of each of 25 fields; (1, 200, 200)."""
    image = np.zeros((1, side * across, side * across), np.uint8)
    y, x = np.indices((side, side)) - side // 2
    for k, (row, column) in enumerate(np.ndindex(across, across)):
        image[0, row * side : (row + 1) * side, column * side : (column + 1) * side] = rule(y, x, k)
    return image


def ellipse(y, x, degrees, long=14, wide=5):
    angle = np.radians(degrees)
    along, across = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    return (along / long) ** 2 + (across / wide) ** 2 <= 1


@pytest.mark.parametrize("name", QUICK)
def test_a_copy_has_no_fault(name):
    said = verdict(name, assess(originals(name), originals(name)))
    assert said.startswith("Sharp and binary; the ")
    assert "are kept (100 % one by one)" in said
    assert said.endswith("spatial statistics agree (S2 error 0 of flat grey's).")
    assert [fault for fault in FAULTS if fault in said] == []


@pytest.mark.parametrize("name", QUICK)
def test_blur_is_blur(name):
    original = originals(name)
    mild, strong = (verdict(name, assess(blurred(original, sigma), original)) for sigma in (1.5, 3))
    assert mild.startswith("Blurred (gradient at edges 0.")
    assert strong.startswith("Strongly blurred (gradient at edges 0.")
    assert "not binary" in strong
    for said in (mild, strong):
        assert [
            word for word in ("Sharp", "weight", "hallucinated", "pieces", "oriented (", "turned") if word in said
        ] == []


@pytest.mark.parametrize("name", VORONOI)
def test_rounding_is_of_corners(name):
    found = faults(name, rounded(originals(name), 2), originals(name))
    assert "rounded" in found
    # Grains that all but touch do merge when they are rounded.
    assert found <= {"rounded", "merged"}


@pytest.mark.parametrize("name", ["VoronoiMediumSpaced", "VoidSmallBig", "AngEllipse", "RandomEllipse", "NBSA"])
def test_closing_merges_and_no_more(name):
    found = faults(name, merged(originals(name)), originals(name))
    assert "merged" in found
    assert found <= {"merged", "phase fraction"}


@pytest.mark.parametrize("name", ["VoronoiMedium", "VoronoiLarge", "VoidSmall", "AngEllipse", "GRF"])
def test_inserted_discs_are_hallucinated_circles(name):
    original = originals(name)
    said = verdict(name, assess(np.array([with_discs(image, 10)[0] for image in original]), original))
    assert "are hallucinated, most of them circular" in said
    assert {fault for fault in FAULTS if fault in said} <= {"hallucinated", "phase fraction"}


@pytest.mark.parametrize("name", ["VoronoiMedium", "VoidSmall", "AngEllipse", "NBSA"])
def test_grains_that_are_taken_out_are_missing(name):
    original = originals(name)
    grains = Grains.of(original)
    kept = np.concatenate([[0], np.arange(len(grains.image)) % 3 > 0])
    assert {"missing"} <= faults(name, kept[grains.labels], original) <= {"missing", "phase fraction"}


def test_a_weight_for_each_grain_is_not_a_blur():
    original = originals("VoidSmall")
    grains = Grains.of(original)
    weight = np.concatenate([[0], np.random.default_rng(0).uniform(0.55, 1, len(grains.image))])
    assert faults("VoidSmall", weight[grains.labels], original) == {"not binary", "variable weight"}
    assert faults("VoidSmall", original * 0.7, original) == {"not binary"}


def test_circles_become_ellipses():
    discs, ellipses = (
        fields(lambda y, x, k: np.hypot(y, x) <= 8),
        fields(lambda y, x, k: ellipse(y, x, 40 * k, 10, 6.4)),
    )
    assert faults("VoidSmallBig", ellipses, discs) == {"become"}


def test_ellipses_become_circles():
    discs, ellipses = fields(lambda y, x, k: np.hypot(y, x) <= 8), fields(lambda y, x, k: ellipse(y, x, 30))
    assert faults("AngEllipse", discs, ellipses) >= {"rounder"}
    assert faults("AngEllipse", discs, ellipses) <= {"rounder", "oriented ("}


def test_ellipses_that_are_turned_have_lost_their_orientation():
    before = fields(lambda y, x, k: ellipse(y, x, 30))
    after = fields(lambda y, x, k: ellipse(y, x, 30 + 40 * (k % 3 - 1)))
    assert faults("AngEllipse", after, before) == {"oriented ("}
    assert faults("RandomEllipse", after, before) == {"turned"}


def test_squares_become_discs():
    squares, discs = (
        fields(lambda y, x, k: np.maximum(abs(y), abs(x)) <= 6),
        fields(lambda y, x, k: np.hypot(y, x) <= 7),
    )
    assert faults("NBSA", discs, squares) == {"rounded"}


def test_lines_of_grains_become_streaks_and_streaks_blobs():
    discs = np.zeros((1, 96, 96), np.uint8)
    y, x = np.indices((96, 96))
    discs[0, :, 12:] = (np.hypot(y % 48 - 24, x % 12 - 6) <= 5)[:, 12:]
    lines = merged(discs, 3)
    assert "100 % of the grains are merged into streaks" in verdict("VoidSmall", assess(lines, discs))
    assert "fall into pieces" in verdict("GRF", assess(discs, lines.astype(np.uint8)))


def test_large_blobs_are_called_so():
    original = originals("VoidSmall")
    assert "merged into large blobs" in verdict("VoidSmall", assess(merged(original, 7), original))


@pytest.mark.parametrize("name", QUICK)
def test_a_constant_has_collapsed_and_another_image_has_not(name):
    original = originals(name)
    for constant in (flat(original), np.zeros(original.shape)):
        assert verdict(name, assess(constant, original)) == "Collapsed: no edge of the originals is left."
    assert verdict(name, assess(np.roll(original, 1, axis=0), original)).startswith("Sharp and binary; ")


@pytest.mark.parametrize("name", [*KNOWN, "Sandstone"])
def test_what_was_not_measured_is_not_spoken_of(name):
    original = originals("VoronoiMedium", 1)
    one = assess(blurred(original, 3), original, measures=["s2_relative"])
    assert verdict(name, one).startswith("Spatial statistics ")
    empty = np.zeros((1, 32, 32), np.uint8)
    assert isinstance(verdict(name, assess(empty, empty)), str)
    assert verdict(name, Assessment({}, {})) == ""
