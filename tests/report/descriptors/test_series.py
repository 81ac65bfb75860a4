"""Curves as they are drawn: bands, lags that were not sampled, differences."""

import numpy as np

from raysys.report.descriptors.series import difference, of_curve
from raysys.stats import Curve


def test_unsampled_lags_are_not_drawn() -> None:
    values = np.array([[1.0, np.nan, 3.0], [2.0, np.nan, 5.0]])
    series = of_curve(Curve("P3H", np.arange(3), values))
    assert series.r.tolist() == [0, 2]
    assert series.mean.tolist() == [1.5, 4.0]


def test_single_image_has_a_line_but_no_band() -> None:
    series = of_curve(Curve("S2", np.arange(3), np.array([[1.0, 0.5, 0.2]])))
    assert len(series.mean) == 3
    assert len(series.banded.r) == 0


def test_difference_is_taken_at_common_lags_and_zero_for_itself() -> None:
    rng = np.random.default_rng(0)
    long, short = (of_curve(Curve("S2", np.arange(n), rng.random((4, n)))) for n in (6, 4))
    less = difference(short, long)
    np.testing.assert_allclose(less.mean, short.mean - long.mean[:4])
    np.testing.assert_allclose(less.high - less.low, short.high - short.low)
    assert difference(long, long).mean.tolist() == [0] * 6
