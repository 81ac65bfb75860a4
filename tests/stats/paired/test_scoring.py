"""The score: orders damage, is finite for anything, and has no way round it."""

import math

import numpy as np
import pytest
from support.damage import QUICK, blurred, flat, originals, rounded

from raysys import RaysysError
from raysys.stats.paired import score, score_parts, sharpness, spatial_errors


@pytest.mark.parametrize("size", [64, 256])
@pytest.mark.parametrize("name", QUICK)
def test_it_orders_damage(name, size):
    if (name, size) == ("VoronoiLarge", 64):
        pytest.skip("its grains do not fit into 64 pixels")
    original = originals(name, 4, size)
    damaged = [original, rounded(original, 1), *(blurred(original, sigma) for sigma in (1, 2, 4)), flat(original)]
    scores = [score(image, original) for image in damaged]
    assert scores == sorted(set(scores))


def test_a_copy_has_the_floors():
    original = originals("VoidSmall")
    assert score(original, original) == pytest.approx(10 ** (-19 / 6))
    assert all(part == pytest.approx(0, abs=1e-12) for part in score_parts(original, original).values())


def test_it_is_the_geometric_mean_of_its_parts():
    original = originals("AngEllipse")
    image = blurred(original, 2)
    errors, sharp = spatial_errors(image, original, window=20), sharpness(image, original)
    phi = original.mean(axis=(1, 2))
    expected = {name: np.median(errors[name]) for name in errors if name.startswith("s2_relative")} | {
        "pixel_error": np.median(errors["pixel_error"] / (phi * (1 - phi))),
        "mid_grey": np.median(sharp["mid_grey"]),
        "edge_shortfall": np.median(1 - sharp["edge_gradient"] / sharp["edge_gradient_original"]),
    }
    found = score_parts(image, original, window=20)
    assert found == pytest.approx(expected)
    assert score(image, original, window=20) == pytest.approx(math.prod(expected.values()) ** (1 / 6))


@pytest.mark.parametrize("level", [0.0, 0.02, 0.5, 1.0])
def test_nothing_scores_worse_than_a_constant(level):
    original = originals("VoronoiMediumSpaced")
    constant = score(np.full(original.shape, level), original)
    noise = np.random.default_rng(0).random(original.shape)
    others = [noise, 1.0 - original, np.roll(original, 60, axis=1), blurred(original, 16), np.float32(noise > 0.5)]
    assert constant == pytest.approx(10)
    assert all(score(other, original) < constant for other in others)


def test_it_is_finite_for_anything():
    original = originals("GRF", 4, 64)
    empty = np.zeros_like(original)
    broken = np.full(original.shape, np.nan)
    for image, against in (
        (broken, original),
        (-broken, empty),
        (empty, empty),
        (original, empty),
        (1e30 * original, empty),
    ):
        assert math.isfinite(score(image, against))
    assert score(broken, original) == pytest.approx(10)


def test_what_is_no_pair_is_refused():
    with pytest.raises(RaysysError, match="both"):
        score(np.zeros((2, 8, 8)), np.zeros((3, 8, 8), np.uint8))
