"""The objective of a sweep is a statistic of the data."""

import numpy as np
import pytest

from raysys.data import prepare
from raysys.data.synthetic import gaussian_random_field
from raysys.train.metrics import OBJECTIVE
from raysys.train.validation import DescriptorValidator


def test_real_tiles_score_about_one_and_noise_a_hundred_times_worse(tiny):
    tiles = prepare(tiny().data)
    validator = DescriptorValidator(tiles, lambda: tiles.train)
    random = np.random.default_rng(0)
    noise = (random.random(tiles.train.shape) < tiles.train.mean()).astype(np.uint8)
    same_field = gaussian_random_field((16, 16), correlation_length=2.0, phase_fraction=0.4, seed=9, n=64)
    real, chance = validator.measure(tiles.train)[OBJECTIVE], validator.measure(noise)[OBJECTIVE]
    assert validator.measure(same_field)[OBJECTIVE] < chance
    assert real < 1e-6
    # Of the images that were held out it knows nothing: they are as far away as another part of the same field is.
    assert 0.05 < validator.measure(tiles.held_out)[OBJECTIVE] < chance / 10


@pytest.mark.parametrize("value", [0, 1])
def test_an_image_of_one_phase_is_as_bad_as_can_be_and_stays_a_number(tiny, value: int):
    tiles = prepare(tiny().data)
    metrics = DescriptorValidator(tiles, lambda: tiles.train).measure(np.full((4, 16, 16), value, dtype=np.uint8))
    assert metrics[OBJECTIVE] == 1e9
    assert all(np.isfinite(list(metrics.values())))
    assert metrics["phase_fraction"] == value
