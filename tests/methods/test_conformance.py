"""What every method keeps to, whoever wrote it: its settings, its system, and the model that it leaves behind."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from support.recorder import cut_in_two, trained
from support.together import trained_together
from support.training import SYSTEMS

from raysys import RaysysError
from raysys.data.sources import training_data
from raysys.form import Form
from raysys.method_folders import method_names, model_class, settings_class, system_class
from raysys.models import GenerativeModel, load, save_model
from raysys.train.metrics import OBJECTIVE
from raysys.train.publish import model_from_checkpoint
from raysys.train.session import best_checkpoint
from raysys.train.system import System
from raysys.train.system_settings import SystemSettings

METHODS = method_names()
FORMS = {
    kind: [Form(kind, (16,) * dims, ("a", "b") if kind == "labels" else ()) for dims in (2, 3)]
    for kind in ("binary", "grey", "colour", "labels")
}
# Those that promise to train on several workers as on one with the joined batch, as nothing of a step sees the batch
# together; of the WGAN-GP with `sync_norm` tests/train/test_synchronised_norm.py shows it.
JOINED = ("autoencoder",)
HEAVY = ("torch", "ray", "mlflow", "optuna")


def test_every_method_has_a_tiny_recipe():
    assert set(METHODS) <= set(SYSTEMS)
    assert all(SYSTEMS[name]["method"] == name for name in METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_settings_are_named_as_the_folder_and_say_what_each_field_is(name: str):
    settings = settings_class(name)
    assert issubclass(settings, SystemSettings)
    fields = settings.model_fields
    assert fields["method"].default == name
    unsaid = [field for field, info in fields.items() if field != "method" and len(info.description or "") < 10]
    assert not unsaid
    assert set(settings.of_the_network) <= fields.keys()
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        settings.model_validate(SYSTEMS[name] | {"no_such_field": 1})
    again = settings.model_validate(SYSTEMS[name])
    assert settings.model_validate(again.model_dump(mode="json")) == again


def test_reading_settings_and_recipes_loads_no_network_and_no_platform():
    program = f"""
import sys
from raysys.method_folders import method_names, settings_class
from raysys.train import load_recipe, recipe_names
for name in method_names(): settings_class(name)
for name in recipe_names(): load_recipe(name)
print(sorted(set({HEAVY}) & sys.modules.keys()))"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", METHODS)
def test_a_system_refuses_in_one_sentence_what_it_is_not_made_for(name: str):
    system: type[System] = system_class(name)
    assert system.Settings is settings_class(name)
    assert system.kinds
    for form in [form for forms in FORMS.values() for form in forms]:
        if form.kind in system.kinds and form.dims in system.dims:
            system.accept(form)
            continue
        with pytest.raises(RaysysError, match=rf"system\.method {name} learns from .*; the data section gives"):
            system.accept(form)


@pytest.mark.parametrize("of", [*METHODS, "wgan-gp-conditional", "wgan-gp-phase-volume", "autoencoder-colour"])
def test_a_run_that_was_cut_in_two_equals_one_that_was_not(tiny, of: str):
    cut_in_two(partial(tiny, of))


@pytest.mark.parametrize("of", [*METHODS, "wgan-gp-conditional"])
def test_a_seed_decides_the_run(tiny, of: str):
    first, second = (trained(tiny(of, training={"steps": 2}), folder)[2] for folder in ("one", "two"))
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = trained(tiny(of, training={"steps": 2, "seed": 1}), "three")[2]
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("name", METHODS)
def test_the_model_that_is_left_behind_is_the_one_that_is_loaded(tiny, name: str):
    recipe = tiny(name, training={"steps": 1, "validate_every": 1})
    progress, _, _ = trained(recipe, "run")
    assert np.isfinite(progress.metrics[OBJECTIVE])
    data = training_data(recipe.data)
    system, model = model_from_checkpoint(recipe, best_checkpoint(Path("run")), data, name="tiny")
    assert type(model) is model_class(name)
    assert model.card.architecture == name
    # What learns from slices makes volumes.
    made = getattr(system, "volume_form", system.form)
    assert (model.form, model.native_size) == (made, made.shape)
    assert system.form == recipe.data.form
    save_model(Path("model"), model, preview=system.preview(model, data, seed=0))
    again = load(Path("model"))
    assert type(again) is type(model)
    assert again.card == model.card
    weights = again.network.state_dict()
    assert all(torch.equal(weights[key], value) for key, value in model.network.state_dict().items())
    if isinstance(model, GenerativeModel):
        assert isinstance(again, GenerativeModel)
        assert np.array_equal(again.sample(2, seed=1), model.sample(2, seed=1))


@pytest.mark.parametrize("name", JOINED)
def test_two_workers_train_as_one_on_the_joined_batch(tiny, recipe_file, name: str):
    sections = {"training": {"steps": 3, "validate_every": 3}}
    _, recorder, alone = trained(tiny(name, **sections), "alone")
    told, states = trained_together(recipe_file(name, **sections))
    assert told[3][OBJECTIVE] == pytest.approx(recorder.told[3][OBJECTIVE], rel=1e-3)
    for state in states:
        for key, value in alone.items():
            # Both workers agree; only the first measures what the model needs beside its weights.
            if "latent_" not in key or state is states[0]:
                torch.testing.assert_close(state[key], value, rtol=1e-4, atol=1e-6, msg=key)
