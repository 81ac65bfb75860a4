"""Means with their 95 % intervals."""

import numpy as np
import pytest

from raysys.stats import Characterisation, characterise
from raysys.stats.interval import Interval, phase_fraction


def test_phase_fraction_interval_is_that_of_the_mean() -> None:
    one: Characterisation = characterise((np.random.default_rng(0).random((8, 16, 16)) < 0.3).astype(np.uint8), ("S2",))
    found = phase_fraction(one)
    assert found.mean == pytest.approx(one.phase_fraction)
    assert found.half == pytest.approx(1.96 * one.phase_fractions.std(ddof=1) / np.sqrt(8), rel=1e-4)


def test_intervals_overlap_when_they_share_a_value() -> None:
    assert Interval(0.3, 0.05).overlaps(Interval(0.4, 0.06))
    assert not Interval(0.3, 0.05).overlaps(Interval(0.4, 0.04))
    assert not Interval(0.3, float("nan")).overlaps(Interval(0.3, 0.1))
