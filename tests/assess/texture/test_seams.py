"""Seams of pictures that are periodic, or not."""

import numpy as np
import pytest

from raysys.assess.texture.seams import seam, step_ratios


def waves(side: int, period: float) -> np.ndarray:
    rows, columns = np.indices((side, side))
    return np.sin(2 * np.pi * rows / period) + np.sin(2 * np.pi * columns / period + 1)


def test_a_periodic_picture_has_seams_as_its_lines_are():
    found = seam(waves(64, 16))
    assert found.tileable
    assert found.worst < 1.6


def test_a_ramp_steps_across_its_seam_by_all_its_lines():
    ramp = np.repeat(np.arange(32.0)[:, None], 8, axis=1)
    across, inside = step_ratios(ramp, 0)
    assert across == 31
    assert (inside == 1).all()
    found = seam(ramp)
    assert (found.rows, found.columns) == (31, 1)
    assert not found.tileable


def test_white_noise_has_no_seam_to_be_seen():
    found = seam(np.random.default_rng(0).random((256, 256, 3)))
    assert found.rows == pytest.approx(1, abs=0.06)
    assert found.rows_high == pytest.approx(1, abs=0.1)


def test_a_picture_cut_from_a_larger_wave_shows_its_seam():
    assert not seam(waves(60, 16)).tileable
