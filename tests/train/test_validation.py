"""The objective of a sweep is a statistic of the data."""

import numpy as np
import pytest
from support.kinds import KINDS, PHASES, data_of

from raysys.data import DataSettings, prepare
from raysys.data.synthetic import gaussian_random_field
from raysys.label_colours import label_colours
from raysys.stats import DESCRIPTORS, two_point
from raysys.train.metrics import HOPELESS, OBJECTIVE, WHOLE
from raysys.train.validation import DescriptorValidator, whole_error
from raysys.train.validation_pictures import picture_of


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


def test_topology_counts_as_much_as_a_descriptor_and_chance_for_nothing():
    assert whole_error(8.0, 6, [0.0, 0.01], 64) == pytest.approx(8 ** (6 / 8))
    assert whole_error(1.0, 6, [1.0, 0.5], 64) == pytest.approx((64 * 16) ** (1 / 8))


def test_specks_are_worse_by_topology_than_by_descriptors(tiny):
    tiles = prepare(tiny().data)
    validator = DescriptorValidator(tiles, lambda: tiles.train)
    flipped = np.random.default_rng(0).random(tiles.held_out.shape) < 0.02
    real, specked = (validator.measure(tiles.held_out ^ changed) for changed in (np.zeros_like(flipped), flipped))
    assert specked[WHOLE] / real[WHOLE] > specked[OBJECTIVE] / real[OBJECTIVE] > 1


def test_unscaled_s2_is_the_squared_error_of_the_mean_curves_and_sees_the_phase_fraction(tiny):
    tiles = prepare(tiny().data)
    validator = DescriptorValidator(tiles, lambda: tiles.train)
    curves = [two_point(images).mean for images in (tiles.train, tiles.held_out)]
    found = validator.measure(tiles.held_out)["unscaled/S2"]
    assert found == pytest.approx(np.mean((curves[0] - curves[1]) ** 2), rel=1e-6)
    assert validator.measure(1 - tiles.train)["unscaled/S2"] > 100 * found


@pytest.mark.parametrize("value", [0, 1])
def test_an_image_of_one_phase_is_as_bad_as_can_be_and_stays_a_number(tiny, value: int):
    tiles = prepare(tiny().data)
    metrics = DescriptorValidator(tiles, lambda: tiles.train).measure(np.full((4, 16, 16), value, dtype=np.uint8))
    assert metrics[OBJECTIVE] == 1e9
    assert all(np.isfinite(list(metrics.values())))
    assert metrics["phase_fraction"] == value


@pytest.mark.parametrize("kind", ["phases", "volume", "phase-volume"])
def test_phases_and_volumes_are_told_from_noise_by_every_descriptor_of_each(kind: str, tmp_path):
    settings = DataSettings(**data_of(kind, tmp_path))
    tiles = prepare(settings)
    validator = DescriptorValidator(tiles, lambda: tiles.train, settings.form)
    phases = len(settings.form.phases) or 1
    assert len(validator.names) == len(DESCRIPTORS) * phases
    assert validator()[OBJECTIVE] < 1e-6
    real = validator.measure(tiles.held_out)
    shuffled = np.random.default_rng(0).permutation(tiles.held_out.reshape(-1)).reshape(tiles.held_out.shape)
    noise = validator.measure(shuffled)
    assert 0.02 < real[OBJECTIVE] < noise[OBJECTIVE] / 10 < HOPELESS / 10
    banded = [name for name in real if name.startswith("band/")]
    if kind == "volume":  # a small one, whose tiles are of too few regions
        assert not banded
        assert "inside_band" not in real
    else:
        assert len(banded) == len(DESCRIPTORS) * phases
        assert noise["inside_band"] < real["inside_band"] <= len(banded)
    assert all(name in real for name in validator.names)


def test_a_phase_that_is_missing_is_as_bad_as_can_be(tmp_path):
    settings = DataSettings(**data_of("phases", tmp_path))
    tiles = prepare(settings)
    validator = DescriptorValidator(tiles, lambda: tiles.train, settings.form)
    found = validator.measure(np.minimum(tiles.train, 1))
    assert found[OBJECTIVE] == HOPELESS
    assert found[f"mse/{PHASES[0]}/S2"] < 1e-9  # of the phase that is as it was
    assert f"mse/{PHASES[2]}/S2" not in found
    one = validator.measure(np.repeat(np.arange(3, dtype=np.uint8), 256).reshape(3, 16, 16))
    assert one["collapsed"] == 1  # each image is of one phase


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_picture(kind: str, tmp_path):
    settings = DataSettings(**data_of(kind, tmp_path))
    tiles = prepare(settings)
    picture = picture_of(settings.form, tiles.train[:6], 4)
    side = 16 + 2  # pixels of a tile and the gap after it
    assert picture.shape[:2] == (2 * side - 2, 4 * side - 2)
    assert picture.shape[2:] == ((3,) if settings.form.channels > 1 else ())
    assert picture.dtype == np.uint8
    first = tiles.train[0, 8] if settings.form.dims == 3 else tiles.train[0]
    if settings.form.kind == "labels":
        assert {tuple(colour) for colour in picture[:16, :16].reshape(-1, 3)} == {
            tuple(colour) for colour in label_colours(3)[np.unique(first)]
        }
    else:
        np.testing.assert_array_equal(picture[:16, :16], np.round(first.astype(np.float32) * 255))
