"""Grey and colour images have an objective too, which depends on the data alone and sees what is wrong with images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from support.kinds import data_of

from raysys.data import DataSettings, Tiles, prepare
from raysys.form import Form
from raysys.train.appearance import AppearanceValidator, appearance
from raysys.train.metrics import OBJECTIVE
from raysys.train.validators import validator_of_samples


def noise(images: np.ndarray) -> np.ndarray:
    """The same pixels in any order: values and colours are right, and nothing else."""
    flat = images.reshape(-1, images.shape[-1]) if images.ndim == 4 else images.reshape(-1, 1)
    return np.random.default_rng(0).permutation(flat).reshape(images.shape)


FAULTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "noise": noise,
    "blurred": lambda images: gaussian_filter(images, (0, 2, 2, *(0,) * (images.ndim - 3))),
    "darker": lambda images: images * 0.8,
}


@pytest.fixture(params=["grey", "colour"])
def tiles(request: pytest.FixtureRequest, tmp_path) -> tuple[Form, Tiles]:
    settings = DataSettings(**data_of(request.param, tmp_path))
    return settings.form, prepare(settings)


def test_real_tiles_score_about_one_and_faults_several_times_worse(tiles: tuple[Form, Tiles]):
    form, data = tiles
    validator = validator_of_samples(data, lambda: data.train, form)
    assert isinstance(validator, AppearanceValidator)
    assert validator()[OBJECTIVE] < 1e-6
    real = validator.measure(data.held_out)
    # Of the images that were held out it knows nothing: they are as far away as another part of the same field is.
    assert 0.05 < real[OBJECTIVE] < 20
    assert real["collapsed"] == 0
    for name, fault in FAULTS.items():
        found = validator.measure(fault(data.held_out).astype(np.float32))
        # Noise has right values and colours: of three statistics only the variogram sees it.
        assert found[OBJECTIVE] > 3 * real[OBJECTIVE], name
    assert found["inside_band"] <= real["inside_band"]


def test_each_statistic_sees_what_it_is_for(tiles: tuple[Form, Tiles]):
    form, data = tiles
    validator = AppearanceValidator(data, lambda: data.train, form)
    right = validator.measure(data.train)
    shuffled = validator.measure(noise(data.train))
    assert shuffled["band/variogram"] > 5 > 1 > shuffled["band/values"]
    if form.kind == "colour":
        swapped = validator.measure(np.ascontiguousarray(data.train[..., ::-1]))
        assert swapped["band/colours"] > 1 > right["band/colours"]


def test_flat_images_and_copies_are_a_collapse(tiles: tuple[Form, Tiles]):
    form, data = tiles
    validator = AppearanceValidator(data, lambda: data.train, form)
    means = data.train.mean(axis=(1, 2), keepdims=True, dtype=np.float32)
    assert validator.measure(np.broadcast_to(means, data.train.shape).copy())["collapsed"] == 1
    assert validator.measure(np.repeat(data.train[:1], 8, axis=0))["collapsed"] == 1


def test_a_variogram_is_that_of_a_plane_by_hand_and_does_not_see_the_mean():
    rows, columns = np.mgrid[:8, :8]
    plane = (0.05 * rows + 0.1 * columns).astype(np.float32)[None] / 2
    found = appearance(Form("grey", (8, 8)), plane)["variogram"][0]
    lags = np.arange(1, 4)
    np.testing.assert_allclose(found, np.r_[(0.025 * lags) ** 2, (0.05 * lags) ** 2] / 2, rtol=1e-4)
    np.testing.assert_allclose(appearance(Form("grey", (8, 8)), plane + 0.1)["variogram"][0], found, rtol=1e-4)


def test_volumes_of_grey_values_have_a_lag_for_each_of_three_axes():
    images = np.random.default_rng(0).random((3, 8, 8, 8)).astype(np.float32)
    found = appearance(Form("grey", (8, 8, 8)), images)
    assert {name: vectors.shape for name, vectors in found.items()} == {"values": (3, 31), "variogram": (3, 9)}
