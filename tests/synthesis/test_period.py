"""Periods of gratings are found to a tenth of a pixel, none of noise; sizes become whole numbers of them."""

import numpy as np
import pytest
from support.shared import shared

from raysys.data import read_images
from raysys.synthesis.period import period_along, rounded_size


def grating(period: float, side: int = 120, seed: int = 0) -> np.ndarray:
    """Squared along rows, constant along columns, with noise."""
    wave = np.sin(2 * np.pi * np.arange(side) / period)
    noise = np.random.default_rng(seed).normal(0, 0.1, (side, side))
    return np.clip(0.5 + 0.4 * np.sign(wave)[:, None] * np.abs(wave)[:, None] ** 0.5 + noise, 0, 1)


@pytest.mark.parametrize("period", [7.3, 12.0, 21.4, 38.6])
def test_the_period_of_a_grating(period: float):
    assert period_along(grating(period), 0) == pytest.approx(period, abs=0.1)
    assert period_along(grating(period).T, 1) == pytest.approx(period, abs=0.1)
    assert period_along(grating(period), 1) is None
    assert period_along(np.stack([grating(period)] * 3, axis=-1), 0) == pytest.approx(period, abs=0.1)


def test_what_does_not_repeat_has_none():
    random = np.random.default_rng(1)
    noise, slope = random.random((90, 90)), np.linspace(0, 1, 8100).reshape(90, 90)
    once = np.zeros((90, 90))
    once[40:50] = 1
    for image in (noise, slope, once):
        assert (period_along(image, 0), period_along(image, 1)) == (None, None)


@pytest.mark.parametrize(("name", "repeats"), [("gravel/abro_gravel.jpg", False)])
def test_gravel_has_none(name: str, repeats: bool):
    image = read_images(shared(f"texture/{name}"), kind="colour")
    assert (period_along(image, 0) is not None) == repeats


@pytest.mark.parametrize(("side", "period", "unit"), [(256, 21.4, 8), (256, 38.6, 8), (100, 7.3, 1), (64, 12.0, 8)])
def test_sizes_become_whole_numbers_of_periods(side: int, period: float, unit: int):
    (rows, columns), periods = rounded_size((side, side), grating(period), unit=unit)
    assert columns == side
    assert periods[1] is None
    assert rows % unit == 0
    assert abs(rows - side) <= max(unit, round(period))

    def missed(one: int) -> float:
        return abs(one - round(one / period) * period)

    # No other size in reach is nearer to whole periods, but for what is exact enough.
    reach = max(unit, round(period))
    within = [one for one in range(side - reach, side + reach + 1) if one % unit == 0]
    assert missed(rows) <= max(0.6, min(missed(one) for one in within) + 0.2)


def test_a_size_that_fits_stays():
    assert rounded_size((96, 96), grating(12.0))[0] == (96, 96)
