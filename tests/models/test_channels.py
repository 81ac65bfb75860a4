"""Images to channels and back, for every kind."""

import numpy as np
import pytest
import torch

from raysys.form import Form
from raysys.models.channels import from_channels, to_channels, unit_channels, values_before

RNG = np.random.default_rng(0)
PHASES = ("pore", "clay", "quartz")
IMAGES = {
    "binary": RNG.integers(0, 2, (2, 5, 4)).astype(np.uint8),
    "grey": RNG.random((2, 5, 4)).astype(np.float32),
    "colour": RNG.random((2, 5, 4, 3)).astype(np.float32),
    "labels": RNG.integers(0, 3, (2, 5, 4)).astype(np.uint8),
}


@pytest.fixture(params=IMAGES)
def form(request):
    return Form(request.param, (5, 4), PHASES if request.param == "labels" else ())


def test_there_and_back_is_the_same_image(form):
    images = IMAGES[form.kind]
    channels = unit_channels(form, images)
    assert channels.shape == (2, form.channels, 5, 4)
    assert channels.dtype == np.float32
    back = from_channels(form, channels)
    assert back.dtype == form.dtype
    np.testing.assert_array_equal(back, images)


def test_networks_see_the_same_channels_between_minus_one_and_one(form):
    images = IMAGES[form.kind]
    seen = to_channels(form, torch.from_numpy(images))
    np.testing.assert_allclose(seen.numpy(), unit_channels(form, images) * 2 - 1, atol=1e-6)


def test_values_before_the_decision_lie_on_the_last_axis_if_they_are_several():
    values = RNG.random((2, 3, 5, 4)).astype(np.float32)
    labels = values_before(Form("labels", (5, 4), PHASES), values)
    assert labels.shape == (2, 5, 4, 3)
    np.testing.assert_array_equal(labels.argmax(-1), from_channels(Form("labels", (5, 4), PHASES), values))
    binary = values_before(Form("binary", (5, 4)), values[:, :1])
    np.testing.assert_array_equal(binary > 0.5, from_channels(Form("binary", (5, 4)), values[:, :1]))
    colour = values_before(Form("colour", (5, 4)), values)
    np.testing.assert_array_equal(colour, np.moveaxis(values, 1, -1))
