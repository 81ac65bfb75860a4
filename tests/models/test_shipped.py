"""The generators that come with raysys: whole, small, of this version's format, and as good as their cards say."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from raysys import RaysysError
from raysys.methods.wgan_gp.model import GanModel
from raysys.models import load
from raysys.models.shipped import trained_folder, trained_models
from raysys.stats import characterise, compare

NAMES = sorted(trained_models())


def test_there_are_some_and_others_are_refused():
    assert {"berea", "gravel", "wgan-gp-porosity"} <= set(NAMES)
    with pytest.raises(RaysysError, match=r"trained:granite: no such model comes with raysys; there are: berea, "):
        trained_folder("trained:granite")


@pytest.mark.parametrize("name", NAMES)
def test_a_trained_model_is_small_and_names_no_folder_of_the_machine_that_trained_it(name: str):
    folder = trained_folder(f"trained:{name}")
    assert {path.name for path in folder.iterdir()} == {
        "MLmodel",
        "model.json",
        "model.safetensors",
        "preview.png",
        "reference.npz",
    }
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1e6
    weights = load_file(folder / "model.safetensors")
    assert {weights[key].dtype for key in weights if key.endswith("weight")} == {torch.float16}
    card = json.loads((folder / "model.json").read_text())
    assert card["name"] == name
    assert set(card["provenance"]) >= {"data", "recipe", "step"}
    assert not any(text.startswith("/") for text in _texts(card))


@pytest.mark.parametrize("name", NAMES)
def test_samples_of_a_trained_model_have_the_statistics_of_its_reference(name: str):
    model = load(f"trained:{name}", kind=GanModel)
    assert model.reference is not None
    images = model.sample(32, seed=11)
    assert images.mean() == pytest.approx(model.card.images.phase_fraction, abs=0.05)
    noise = (np.random.default_rng(0).random(images.shape) < images.mean()).astype(np.uint8)
    found, chance = (compare(model.reference, characterise(made, ("S2", "P4", "L"))) for made in (images, noise))
    assert all(found[name] < chance[name] / 5 for name in found)
    assert model.sample(1, seed=1, size=(80, 112)).shape == (1, 80, 112)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
