"""Codes, names and examples; windows and seeds are those of all sampling models (tests/models/test_conformance.py)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.tiny_models import multi_texture

from raysys import RaysysError
from raysys.models import write_sample
from raysys.models.abilities import abilities


@pytest.fixture(scope="module")
def model():
    return multi_texture()


def test_waves_of_the_model_are_those_that_were_trained(model):
    generator = model.network.generator
    codes = torch.randn(5, 2)
    waves = model.lattice.noise.parts[2]
    found = waves.frequencies(codes.T.numpy()[:, :, None])
    expected = generator.frequencies(codes).detach()
    np.testing.assert_allclose(found[..., 0], expected.permute(1, 2, 0), atol=1e-5)


def test_the_noise_of_the_model_has_the_channels_of_the_network_in_their_order(model):
    noise = model.lattice.at(3, (0, 0), None, model.request(1, condition=[0.5, -1.0]).asked.codes[0])
    assert noise.shape[0] == model.network.generator.channels
    np.testing.assert_array_equal(noise[:2], np.broadcast_to(np.float32([0.5, -1]).reshape(2, 1, 1), noise[:2].shape))
    assert np.abs(noise[5:]).max() <= 1


def test_a_name_is_its_code_and_a_code_beyond_the_prior_is_said(model):
    named = model.sample(2, seed=4, condition="brick")
    np.testing.assert_array_equal(named, model.sample(2, seed=4, condition=[0.5, -1.0]))
    assert not np.array_equal(named, model.sample(2, seed=4, condition="gravel"))
    with pytest.raises(RaysysError, match=r"did you mean gravel\? allowed: brick, gravel"):
        model.sample(1, condition="gravle")
    asked = model.request(1, condition=[9.0, 0.0]).asked
    assert "has 9 as its value 0" in asked.notices[0]


def test_windows_under_a_map_of_codes_have_the_bits_of_the_whole(model):
    rows = np.linspace(-1.5, 1.5, 6, dtype=np.float32)
    values = np.stack(np.broadcast_arrays(rows[:, None], rows[None]))
    asked = {"values": values, "origin": [0, 0], "extent": [96, 80]}
    whole = model.sample(1, seed=2, size=(96, 80), condition=asked)[0]
    part = model.sample(1, seed=2, size=(30, 25), origin=(37, 50), condition=asked)[0]
    np.testing.assert_array_equal(part, whole[37:67, 50:75])
    same = {"values": np.broadcast_to(np.float32([0.5, -1]).reshape(2, 1, 1), (2, 3, 3))}
    flat = model.sample(1, seed=2, size=(48, 36), condition=same)
    np.testing.assert_allclose(flat, model.sample(1, seed=2, size=(48, 36), condition=[0.5, -1]), atol=1e-4)


def test_opposite_edges_of_a_periodic_sample_fit(model):
    tile = model.sample(1, seed=5, size=32, periodic=True, condition="brick")[0]
    rolled = model.sample(1, seed=5, size=32, origin=(7, 12), periodic=True, condition="brick")[0]
    np.testing.assert_array_equal(rolled, np.roll(tile, (-7, -12), (0, 1)))
    inside = np.abs(np.diff(tile, axis=0)).mean((1, 2))
    seam = np.abs(tile[0] - tile[-1]).mean()
    assert seam < 3 * inside.max()


def test_an_example_of_any_size_has_a_code_and_others_are_refused(model):
    assert abilities(model) == ("samples", "encodes")
    images = np.random.default_rng(0).random((2, 40, 25, 3)).astype(np.float32)
    codes = model.encode(images)
    assert codes.shape == (2, 2)
    np.testing.assert_allclose(model.encode(images[1:])[0], codes[1], atol=1e-5)
    with pytest.raises(RaysysError, match="which knows colour images of 2 axes"):
        model.encode(images[..., 0])
    with pytest.raises(RaysysError, match=r"example of 10 pixels .* allowed: 12 or more"):
        model.encode(images[:, :10])


def test_a_card_without_codes_is_refused(model):
    card = model.card.model_copy(update={"condition": None})
    with pytest.raises(RaysysError, match="codes of 2 values, and its card tells of none"):
        type(model)(card, model.network)


def test_a_large_volume_is_written_slab_by_slab_with_the_bits_of_the_whole(tmp_path):
    rock = multi_texture("binary", 3)
    asked = {"seed": 3, "size": (40, 21, 18), "origin": (-5, 3, 0), "condition": "gravel"}
    write_sample(rock, tmp_path / "rock.npy", n=1, **asked)
    whole = rock.sample(1, **asked)
    np.testing.assert_array_equal(np.load(tmp_path / "rock.npy"), whole)
    part = rock.sample(1, **asked | {"size": (9, 8, 7), "origin": (1, 9, 5)})
    np.testing.assert_array_equal(part[0], whole[0, 6:15, 6:14, 5:12])
    assert 0 < whole.mean() < 1
