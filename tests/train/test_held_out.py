"""A card carries the verdict of the tiles held out of training, and not the band of those that chose the checkpoint."""

import numpy as np
import pytest
import torch
from support.training import training_baseline

from raysys.data import prepare
from raysys.models import load, save_model
from raysys.stats import DESCRIPTORS, characterise, compare
from raysys.train.held_out import held_out_verdict, without_band
from raysys.train.loop import build_system
from raysys.train.publish import held_out_characterisations
from raysys.train.topology import Topology
from raysys.train.validation import VALIDATION_SEED


def test_it_is_of_samples_against_the_held_out_tiles_over_the_band_of_the_training_part(tiny):
    recipe = tiny()
    tiles = prepare(recipe.data)
    system = build_system(recipe, torch.device("cpu"))
    references = held_out_characterisations(tiles, system.form)
    found = held_out_verdict(system, tiles, references, count=8)
    model = system.model(name="tiny", card={})
    samples = model.sample(8, seed=VALIDATION_SEED)
    errors = compare(references["phase"], characterise(samples, DESCRIPTORS))
    band = training_baseline(tiles)
    for name, error in errors.items():
        if np.isfinite(error):
            assert found[f"mse/{name}"] == pytest.approx(error)
            assert found[f"band/{name}"] == pytest.approx(error / band[name].high)
    assert found["inside_band"] == sum(found[f"band/{name}"] <= 1 for name in DESCRIPTORS)
    assert found["euler_error"] == Topology(tiles.held_out).measure(samples)["euler_error"]
    model.card = model.card.model_copy(update={"held_out": found})
    save_model("model", model)
    assert load("model").card.held_out == found


def test_other_systems_and_data_without_held_out_tiles_have_none(tiny):
    recipe = tiny("autoencoder")
    tiles = prepare(recipe.data)
    system = build_system(recipe, torch.device("cpu"))
    assert held_out_verdict(system, tiles, held_out_characterisations(tiles, system.form), count=4) == {}
    assert held_out_verdict(system, tiles, {}, count=4) == {}


def test_of_a_validation_the_band_of_the_training_tiles_stays_behind():
    metrics = {"objective": 1.0, "mse/S2": 2.0, "band/S2": 3.0, "inside_band": 4.0, "band/pore/L": 5.0}
    assert without_band(metrics) == {"objective": 1.0, "mse/S2": 2.0}


def test_held_out_tiles_that_a_band_counts_share_no_pixel(tiny):
    tiles = prepare(tiny().data)
    (found,) = held_out_characterisations(tiles, tiny().data.form).values()
    assert 1 < found.units <= found.n < len(tiles.held_out)
