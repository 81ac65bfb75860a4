"""Models conditional on a number: what is asked changes images and nothing else; what cannot be asked is told."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from raysys import RaysysError
from raysys.methods.wgan_gp.networks import Generator
from raysys.models import load, save_model
from raysys.models.pyfunc import Predictor


def test_the_condition_is_one_more_channel_of_the_lattice():
    torch.manual_seed(0)
    plain, conditional = (Generator(16, width=4, latent_channels=3, latent="lattice", conditions=c) for c in (0, 1))
    more = sum(p.numel() for p in conditional.parameters()) - sum(p.numel() for p in plain.parameters())
    assert more == conditional.layers[0].weight[0].numel()
    assert set(conditional.state_dict()) - set(plain.state_dict()) == {"condition_range"}
    assert "condition_range" not in dict(conditional.named_parameters())


def test_the_network_sees_the_training_range_as_minus_one_to_one(conditional_gan):
    limits = torch.tensor([[0.1], [0.4], [0.7]])
    np.testing.assert_allclose(conditional_gan.network.scaled(limits)[:, 0], [-1, 0, 1], atol=1e-6)
    maps = limits.view(3, 1, 1, 1).expand(3, 1, 2, 5)
    assert conditional_gan.network.scaled(maps).shape == (3, 1, 2, 5)


def test_a_value_may_vary_over_the_lattice(conditional_gan):
    """What is asked far away changes nothing here: the network is local."""
    network = conditional_gan.network
    noise = torch.randn(1, 6, 9, 9, generator=torch.Generator().manual_seed(0))
    level, split = torch.full((2, 1, 1, 9, 9), 0.2)
    split[..., 6:] = 0.7
    with torch.inference_mode():
        one, other = (network(torch.cat([noise, asked], 1))[0, 0].numpy() for asked in (level, split))
    np.testing.assert_array_equal(one[:, : 3 * network.cell], other[:, : 3 * network.cell])
    assert np.abs(one - other)[:, -2 * network.cell :].max() > 0.05


def test_all_ways_of_asking_are_the_same(conditional_gan):
    expected = conditional_gan.sample(3, seed=2, condition=0.3, grey=True)
    for asked in (
        np.float64(0.3),
        [0.3] * 3,
        np.full(3, 0.3),
        {"phase_fraction": 0.3},
        {"phase_fraction": (0.3, 0.3, 0.3)},
    ):
        np.testing.assert_array_equal(conditional_gan.sample(3, seed=2, condition=asked, grey=True), expected)
    assert not np.array_equal(conditional_gan.sample(3, seed=2, condition=0.6, grey=True), expected)


def test_without_a_condition_images_have_the_training_mean(conditional_gan):
    np.testing.assert_array_equal(conditional_gan.sample(2, seed=4), conditional_gan.sample(2, seed=4, condition=0.4))


def test_each_image_gets_its_own_value_and_keeps_its_own_noise(conditional_gan):
    values = [0.1, 0.5, 0.7]
    together = conditional_gan.sample(3, seed=8, condition=values, grey=True)
    for number, value in enumerate(values):
        alone = conditional_gan.sample(1, seed=8 + number, condition=value, grey=True)[0]
        np.testing.assert_array_equal(together[number], alone)


def test_windows_of_one_seed_and_condition_agree(conditional_gan):
    asked = {"seed": 3, "condition": 0.65, "grey": True}
    whole = conditional_gan.sample(1, size=(70, 45), origin=(-21, 3), **asked)[0]
    part = conditional_gan.sample(1, size=(33, 20), origin=(-10, 11), **asked)[0]
    np.testing.assert_array_equal(part, whole[11:44, 8:28])
    tile = conditional_gan.sample(1, size=48, periodic=True, **asked)[0]
    moved = conditional_gan.sample(1, size=48, periodic=True, origin=(-7, 3), **asked)[0]
    np.testing.assert_array_equal(moved, np.roll(tile, (7, -3), (0, 1)))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (0.05, r"phase_fraction 0.05 was asked of model 'tiny-wgan-gp'; allowed: 0.1 to 0.7"),
        ([0.2, 0.71], "phase_fraction 0.71 .* allowed: 0.1 to 0.7"),
        (float("nan"), "phase_fraction nan .* allowed: 0.1 to 0.7"),
        ([0.2, 0.3, 0.4], "3 values of phase_fraction .* for 2 images; allowed: one, or 2"),
        ([], "0 values of phase_fraction"),
        ([[0.2, 0.3]], "2 values .* allowed: one, or 2"),
        ([[0.2], [0.3, 0.4]], "allowed: a number, or one per image"),
        ("much", "'much' .* allowed: a number"),
        (True, "True .* allowed: a number"),
        ({"porosity": 0.2}, "names porosity; .* asked for phase_fraction only"),
        ({}, "names nothing; .* phase_fraction only"),
        ({"phase_fraction": None}, "allowed: a number"),
    ],
)
def test_what_cannot_be_asked_is_told(conditional_gan, asked, words):
    with pytest.raises(RaysysError, match=words):
        conditional_gan.sample(2, condition=asked)


def test_the_ends_of_the_range_can_be_asked_for(conditional_gan):
    low, high = conditional_gan.sample(2, condition=[0.1, 0.7])
    assert not np.array_equal(low, high)


def test_card_and_range_travel_with_the_model(conditional_gan, tmp_path):
    save_model(tmp_path / "model", conditional_gan)
    told = json.loads((tmp_path / "model" / "model.json").read_text())
    assert told["condition"] == {"kind": "number", "name": "phase_fraction", "low": 0.1, "high": 0.7, "mean": 0.4}
    assert told["hyperparameters"]["conditions"] == 1
    loaded = load(tmp_path / "model")
    asked = {"seed": 9, "condition": [0.15, 0.6], "grey": True}
    np.testing.assert_array_equal(loaded.sample(2, **asked), conditional_gan.sample(2, **asked))


def test_cards_from_before_conditions_load_as_they_did(lattice_gan, tmp_path):
    save_model(tmp_path / "old", lattice_gan)
    file = tmp_path / "old" / "model.json"
    told = json.loads(file.read_text())
    del told["condition"], told["hyperparameters"]["conditions"]
    file.write_text(json.dumps(told))
    loaded = load(tmp_path / "old")
    assert loaded.card.condition is None
    np.testing.assert_array_equal(loaded.sample(2, grey=True), lattice_gan.sample(2, grey=True))


@pytest.mark.parametrize("conditional", [True, False])
def test_a_card_that_does_not_fit_its_network_is_refused(conditional_gan, lattice_gan, tmp_path, conditional):
    save_model(tmp_path / "odd", conditional_gan if conditional else lattice_gan)
    file = tmp_path / "odd" / "model.json"
    told = json.loads(file.read_text())
    told["condition"] = None if conditional else {"name": "phase_fraction", "low": 0.1, "high": 0.7, "mean": 0.4}
    file.write_text(json.dumps(told))
    with pytest.raises(RaysysError, match="conditions, and its card tells of"):
        load(tmp_path / "odd")


def test_mlflow_predictions_take_a_condition(conditional_gan):
    predictor = Predictor(conditional_gan)
    expected = conditional_gan.sample(1, seed=1, condition=0.2)
    table = pd.DataFrame({"seed": [1, 2], "condition": [0.2, np.nan]})
    np.testing.assert_array_equal(predictor.predict(table)[:1], expected)
    np.testing.assert_array_equal(predictor.predict(table)[1:], conditional_gan.sample(1, seed=2))
    asked = {"condition": {"phase_fraction": 0.2}}
    np.testing.assert_array_equal(predictor.predict({"seed": 1}, params=asked), expected)
