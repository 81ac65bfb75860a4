"""The generators that come with raysys: whole, small, of this version's format, and as good as their cards say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from raysys import RaysysError
from raysys.data import DataSettings, prepare, remove_specks
from raysys.data.files.reading import fingerprint
from raysys.data.files.shipped import LICENCES
from raysys.form import Form
from raysys.methods.wgan_gp.model import GanModel
from raysys.models import Cleaning, load
from raysys.models.card import read_card
from raysys.models.environment import FILES
from raysys.models.held_out_words import held_out_words
from raysys.models.shipped import trained_folder, trained_models
from raysys.stats import characterise, compare
from raysys.train.topology import Topology

NAMES = sorted(trained_models())
# What each samples of seed 7 in 24 x 32 pixels from (-9, 100) on, eight pixels a byte; with 0.3 of the phase.
SAMPLED: dict[str, str] = {
    "gravel": (
        "80ffffe0e0ffff00f00ffc00fe0ff8001f07f8000707f8000001f8030000f81f0000f03f0000003c0000003c000000fe"
        "000000e7000001c30000038100001f8100001f8000003f8000003fc000007fc00000fc700001f83c0001f83f0003f83f"
    ),
    "oriented-pores": (
        "78000000ff000000ffe00000fff00000fffe00007fff800003ffc000003fe000000ff8000003fe0000003f0000001fc0"
        "00000fe0000007e0000003e0000003f00003fbf0007ffff0007fffe0007fffc0007fffc0007fffc000ffffc000ffffc0"
    ),
    "pores": (
        "0180000003c000000fe000001ff000001fff00003fff00007fff0000ffff0000ff000080f00003e0e00007f8c00007f8"
        "800007f000000fe000001fe000003fc00001ffc00003ffe0018ffff003fffff007fffff007effff007c3ffe00001e200"
    ),
    "wgan-gp-porosity": (
        "00003fff00007fff80007ffe800fff80c01fff00c01ffe00c01ffe00c01ffe00c00ffe00c0003800c0000000e0000000"
        "f8000000e000000000000000000000000000000000000000000000000030006000fe00e000fe01f000ff01f000ff03f0"
    ),
}


def test_there_are_some_and_others_are_refused():
    assert {"gravel", "oriented-pores", "pores", "wgan-gp-porosity"} <= set(NAMES)
    with pytest.raises(RaysysError, match=r"trained:granite: no such model comes with raysys; there are: gravel, "):
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
        *FILES,
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
def test_cards_from_before_there_were_kinds_and_channels_say_what_they_meant(name: str, tmp_path: Path):
    stored = json.loads((trained_folder(f"trained:{name}") / "model.json").read_text())
    for new in ("kind", "channels", "phases", "cleaning"):
        del stored["images"][new]
    if stored["condition"] is not None:
        del stored["condition"]["kind"]
    (tmp_path / "model.json").write_text(json.dumps(stored))
    card = read_card(tmp_path / "model.json")
    assert card.images.form == Form("binary", (64, 64))
    assert card.images.channels == 1
    assert card.images.cleaning is None
    assert card.condition is None or card.condition.kind == "number"
    again = card.model_dump(mode="json")  # what was said is still said
    assert again["images"].items() >= stored["images"].items()
    assert (again["condition"] or {}).items() >= (stored["condition"] or {}).items()


@pytest.mark.parametrize("name", NAMES)
def test_a_card_names_a_licence_that_allows_it_and_the_data(name: str):
    card = load(f"trained:{name}").card
    data = card.provenance["data"]
    assert card.licence == LICENCES[data["source"]]
    assert card.licence.startswith(("CC0", "Apache-2.0"))
    assert fingerprint(data["source"]) == data["sha256"]


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_cleaned_as_the_tiles_were_and_the_card_says_how_they_differ(name: str):
    model = load(f"trained:{name}", kind=GanModel)
    removed = model.card.provenance["data"]["settings"]["minimum_object"]
    assert model.card.images.cleaning == Cleaning(minimum_object=removed, minimum_hole=removed)
    whole = model.sample(1, seed=3, size=256)[0]
    assert (whole != model.sample(1, seed=3, size=256, raw=True)[0]).any()
    # Only what the border of the window cuts is small.
    inside = whole[removed:-removed, removed:-removed]
    np.testing.assert_array_equal(remove_specks(whole, removed)[removed:-removed, removed:-removed], inside)
    words = held_out_words(model.card)
    assert words is not None
    assert all(name in words for name in ("S2", "L", "Euler characteristic", "number of parts"))
    # What the card says of topology is so: measured on other seeds.
    held_out = prepare(DataSettings(**model.card.provenance["data"]["settings"])).held_out
    asked = None if model.card.condition is None else held_out[np.linspace(0, len(held_out) - 1, 64).astype(int)]
    condition = None if asked is None else asked.mean((1, 2)).clip(model.card.condition.low, model.card.condition.high)
    found = Topology(held_out).measure(model.sample(64, seed=99, condition=condition))
    for error in ("euler_error", "parts_error"):
        assert found[error] == pytest.approx(model.card.held_out[error], abs=0.35)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
