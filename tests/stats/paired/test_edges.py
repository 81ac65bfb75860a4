"""Sharpness: closed forms on a straight edge, published values under blur."""

import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from support.damage import QUICK, blurred, flat, originals

from raysys.stats.paired import sharpness


def test_a_straight_edge_has_half_a_step_per_pixel():
    original = np.zeros((1, 8, 8), np.uint8)
    original[:, :, 2:6] = 1
    found = sharpness(original * 0.6, original)
    assert found["edge_gradient_original"] == pytest.approx([0.5])
    assert found["edge_gradient"] == pytest.approx([0.3])
    assert found["mid_grey"] == pytest.approx([0.5])
    assert found["binarity"] == pytest.approx([1 - 4 * 0.5 * 0.6 * 0.4])


def test_edges_are_the_phase_less_its_erosion():
    original = originals("RandomEllipse", 2)
    around = np.pad(original, ((0, 0), (1, 1), (1, 1)), mode="wrap")
    ramp = np.random.default_rng(0).random(original.shape)
    padded = np.pad(ramp, ((0, 0), (1, 1), (1, 1)), mode="wrap")
    found = sharpness(ramp, original)["edge_gradient"]
    for i in range(2):
        edge = original[i].astype(bool) & ~binary_erosion(around[i])[1:-1, 1:-1]
        steep = np.hypot(*np.gradient(padded[i]))[1:-1, 1:-1]
        assert found[i] == pytest.approx(steep[edge].mean(), rel=1e-5)


@pytest.mark.parametrize("name", QUICK)
def test_blur_lowers_the_gradient_at_edges_as_published(name):
    original = originals(name)
    clean, mild, strong = (
        np.median(sharpness(x, original)["edge_gradient"])
        for x in (original, blurred(original, 1.5), blurred(original, 3))
    )
    assert 0.54 <= clean <= 0.61
    assert 0.16 <= mild <= 0.24
    assert 0.04 <= strong <= 0.13


def test_binary_and_grey_images_are_told_apart():
    original = originals("VoronoiMediumSpaced")
    clean, mild, strong = (sharpness(x, original) for x in (original, blurred(original, 1.5), blurred(original, 3)))
    assert (clean["mid_grey"] == 0).all()
    assert (clean["binarity"] == 1).all()
    assert (clean["mid_grey"] < mild["mid_grey"]).all()
    assert (mild["mid_grey"] < strong["mid_grey"]).all()
    assert (mild["binarity"] > strong["binarity"]).all()
    assert (sharpness(np.full(original.shape, 0.5), original)["binarity"] == 0).all()
    assert (sharpness(flat(original), original)["edge_gradient"] == 0).all()


def test_no_edge_has_no_gradient():
    assert np.isnan(sharpness(np.zeros((1, 4, 4)), np.zeros((1, 4, 4), np.uint8))["edge_gradient"]).all()
