"""The generators that come with raysys: whole, small, of this version's format, and as good as their cards say."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from raysys import RaysysError
from raysys.form import Form
from raysys.methods.wgan_gp.model import GanModel
from raysys.models import load
from raysys.models.shipped import trained_folder, trained_models
from raysys.stats import characterise, compare

NAMES = sorted(trained_models())
# What version 0.1.0 sampled of seed 7 in 24 x 32 pixels from (-9, 100) on, eight pixels a byte; 0.3 of the gaps.
SAMPLED = {
    "berea": (
        "0000000000000000000000000000000000000000f0000001fc0000018e00000100000001000000010000000300000003"
        "000000070000000f0000003f0000007f000000ff000003ff000007ff00c01fff01c03ffe00ec3ffc00fe3ff801fffff8"
    ),
    "gravel": (
        "18030007f00f0003e0160001e0000001e0000000f00000003f0000001fe000001fe000011ff000030fffc0070fffe00f"
        "04ffe0070effe00100bf8070803e00f0800001f8c00003f880001ff800001ff800001ff0010037e003fff3e007fff3e0"
    ),
    "wgan-gp-porosity": (
        "0c03c0000003c0000007c000000fe000000ff800c00ffe00e001cf00f0000300ff000000ff000007df80000f07800007"
        "0000000700000007000000020000000040000000e0000000e0000000e0000000e0007008604070002000000000000000"
    ),
}


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


@pytest.mark.parametrize("name", SAMPLED)
def test_a_seed_gives_the_image_that_it_has_always_given(name: str):
    """Pixel for pixel: no value lies near enough to the threshold for another machine's rounding to decide."""
    model = load(f"trained:{name}", kind=GanModel)
    condition = 0.3 if model.card.condition else None
    image = model.sample(1, seed=7, size=(24, 32), origin=(-9, 100), condition=condition)[0]
    expected = np.unpackbits(np.frombuffer(bytes.fromhex(SAMPLED[name]), np.uint8)).reshape(24, 32)
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("name", NAMES)
def test_cards_from_before_there_were_kinds_and_channels_say_what_they_meant(name: str):
    stored = json.loads((trained_folder(f"trained:{name}") / "model.json").read_text())
    assert not {"channels", "phases"} & stored["images"].keys()
    assert "kind" not in (stored["condition"] or {})
    card = load(f"trained:{name}").card
    assert card.images.form == Form("binary", (64, 64))
    assert card.images.channels == 1
    assert card.condition is None or card.condition.kind == "number"
    again = card.model_dump(mode="json")  # what was said is still said
    assert again["images"].items() >= stored["images"].items()
    assert (again["condition"] or {}).items() >= (stored["condition"] or {}).items()


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
