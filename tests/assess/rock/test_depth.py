"""Porosity over depth: a known rim is found, and none where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from raysys.assess import depth_profile
from raysys.errors import RaysysError

SHAPE = (24, 26, 30)


def volumes(rim: int, rim_porosity: float, n: int = 8) -> np.ndarray:
    """Uncorrelated voxels of porosity 0.3, with another one in the outermost layers."""
    porosity = np.full(SHAPE, rim_porosity)
    porosity[tuple(slice(rim, side - rim) for side in SHAPE)] = 0.3
    return (np.random.default_rng(0).random((n, *SHAPE)) < porosity).astype(np.uint8)


def test_a_rim_is_found_with_its_width_and_its_porosity():
    profile = depth_profile(volumes(3, 0.2), deepest=8)
    assert profile.rim == 3
    np.testing.assert_allclose(profile.porosity[:3], 0.2, atol=4 * profile.error[:3].max())
    np.testing.assert_allclose(profile.porosity[3:], 0.3, atol=4 * profile.error[3:].max())
    assert profile.interior == pytest.approx(0.3, abs=0.01)
    assert "outermost 3 voxels" in profile.sentence
    assert "under it" in profile.sentence


def test_without_a_rim_there_is_none():
    assert depth_profile(volumes(0, 0.3)).rim == 0
    assert "none that differs" in depth_profile(volumes(0, 0.3)).sentence


def test_layers_are_counted_voxel_by_voxel():
    found, made = depth_profile(volumes(2, 0.1), deepest=4), volumes(2, 0.1)
    inner = [made[:, k : 24 - k, k : 26 - k, k : 30 - k] for k in range(5)]
    for k in range(4):
        layer = [(a.sum() - b.sum()) / (a.size - b.size) for a, b in zip(inner[k], inner[k + 1], strict=True)]
        assert found.porosity[k] == pytest.approx(np.mean(layer))
        assert found.error[k] == pytest.approx(np.std(layer, ddof=1) / np.sqrt(8))
    assert found.interior == pytest.approx(inner[4].mean())
    assert [row["depth"] for row in found.rows()] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("made", "deepest", "words"),
    [
        (np.zeros((1, 9, 9, 9), np.uint8), None, "1 volumes"),
        (np.zeros((2, 9, 9), np.uint8), None, "9 x 9"),
        (np.zeros((2, 9, 9, 9), np.uint8), 5, "allowed: 1 to 4"),
        ([np.zeros((9, 9, 9)), np.zeros((9, 9, 8))], None, "9 x 9 x 8, 9 x 9 x 9"),
    ],
)
def test_what_has_no_interior_is_refused(made, deepest, words: str):
    with pytest.raises(RaysysError, match=words):
        depth_profile(made, deepest=deepest)
