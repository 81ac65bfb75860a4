"""Grey and colour images, label images and volumes: trained, validated, saved, loaded and sampled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.kinds import PHASES, SIDE, data_of
from support.recorder import trained
from support.training import OF_KINDS

from raysys.data.separation import separation
from raysys.data.sources import training_data
from raysys.errors import RaysysError
from raysys.form import Form
from raysys.models import GenerativeModel, load, save_model
from raysys.stats import characterise
from raysys.train.loop import build_system
from raysys.train.metrics import HOPELESS, OBJECTIVE
from raysys.train.publish import held_out_characterisations, model_from_checkpoint
from raysys.train.session import best_checkpoint

CPU = torch.device("cpu")
FORMS = {
    "grey": Form("grey", (SIDE,) * 2),
    "colour": Form("colour", (SIDE,) * 2),
    "phases": Form("labels", (SIDE,) * 2, PHASES),
    "volume": Form("binary", (SIDE,) * 3),
    "phase-volume": Form("labels", (SIDE,) * 3, PHASES),
}


@pytest.mark.parametrize("of", OF_KINDS)
def test_a_kind_is_trained_validated_saved_loaded_and_sampled(tiny, of: str):
    form, recipe = FORMS[OF_KINDS[of][1]], tiny(of, training={"steps": 2, "validate_every": 2})
    assert recipe.data.form == form
    progress, recorder, _ = trained(recipe, "run")
    assert 0 < progress.metrics[OBJECTIVE] <= HOPELESS
    assert recorder.pictures
    data = training_data(recipe.data)
    system, model = model_from_checkpoint(recipe, best_checkpoint(Path("run")), data, name="tiny")
    preview = system.preview(model, data, seed=0)
    assert preview is not None
    references = held_out_characterisations(data, form)
    measured = {"binary": ("phase",), "labels": form.phases}.get(form.kind, ())
    assert tuple(references) == measured
    save_model(Path("model"), model, reference=references, preview=preview)
    again = load(Path("model"), kind=GenerativeModel)
    assert again.form == form
    assert tuple(again.references) == measured
    assert (again.reference is None) == (form.kind != "binary")
    apart = separation(data.held_out, data.held_out_origins, form)
    held = data.held_out[apart.places]  # without the tiles across the borders of regions
    for number, phase in enumerate(form.phases):
        found = again.references[phase]
        np.testing.assert_array_equal(found.groups, apart.groups)
        np.testing.assert_array_equal(found.phase_fractions, (held == number).mean(axis=tuple(range(1, held.ndim))))
        expected = characterise((held == number).astype(np.uint8))
        for name, curve in expected.curves.items():
            np.testing.assert_array_equal(found.curves[name].values, curve.values)
    images = again.sample(2, seed=3)
    assert images.shape == form.array_shape(2)
    assert images.dtype == form.dtype
    assert (images.min() >= 0, images.max() <= max(1, len(form.phases) - 1)) == (True, True)
    assert np.array_equal(images, model.sample(2, seed=3))


@pytest.mark.parametrize("kind", ["phases", "volume"])
def test_where_nothing_is_held_out_a_model_has_no_reference(tiny, kind: str):
    data = training_data(tiny(f"wgan-gp-{kind}", data={"held_out": 0}).data)
    assert held_out_characterisations(data, FORMS[kind]) == {}


@pytest.mark.parametrize("kind", ["phases", "phase-volume"])
def test_label_images_are_validated_phase_by_phase(tiny, kind: str):
    progress, recorder, _ = trained(tiny(f"wgan-gp-{kind}", training={"steps": 1, "validate_every": 1}), "run")
    fractions = [progress.metrics[f"phase_fraction/{phase}"] for phase in PHASES]
    # A phase that no pixel is of has no fraction; the others' add up.
    assert np.nansum(fractions) == pytest.approx(1)
    assert {f"band/{phase}/S2" for phase in PHASES} <= progress.metrics.keys()
    assert {"samples", *(f"curves {phase}" for phase in PHASES)} == recorder.pictures.keys()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_volumes_are_augmented_in_either_precision(tiny, precision: str):
    system = {"flips": ["left-right", "up-down", "front-back"], "rotations": True, "sync_norm": True}
    system |= {"augment": ["translation", "cutout"]}
    recipe = tiny(
        "wgan-gp-phase-volume",
        system=system,
        training={"steps": 1, "validate_every": 1, "precision": precision},
    )
    assert trained(recipe, "run")[0].step == 1


@pytest.mark.parametrize(
    ("of", "system", "words"),
    [
        ("wgan-gp-colour", {"condition": "phase-fraction"}, "binary and grey images, and these are colour"),
        ("wgan-gp-phases", {"flips": ["front-back"]}, "front-back is of volumes"),
        ("autoencoder-volume", {"style_weight": 1.0}, "sees flat images of 1 or 3 channels"),
        ("autoencoder-phase-volume", {"cess_window": 17, "cess_weight": 1.0}, "a tile has 16 lags a side"),
        ("autoencoder-colour", {"style_weight": 1.0, "style_features": ["classifier:models:/a@b"]}, "images of 1 chan"),
    ],
)
def test_what_a_kind_has_not_is_refused_before_a_run(tiny, of: str, system: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        build_system(tiny(of, system=system), CPU).check()


@pytest.mark.parametrize("kind", ["colour", "phases", "volume"])
def test_a_system_refuses_images_that_it_is_not_made_for(tiny, kind: str, tmp_path: Path):
    recipe = tiny("classifier", data=data_of(kind, tmp_path) | {"source": "micrograph"})
    with pytest.raises(RaysysError, match="classifier learns from binary, grey images of 2 axes; the data section"):
        build_system(recipe, CPU)


@pytest.mark.parametrize("method", ["wgan-gp", "autoencoder"])
def test_tiles_of_unequal_sides_are_learned(tiny, method: str):
    recipe = tiny(f"{method}-phase-volume", data={"tile": [16, 32, 16]}, training={"steps": 1, "validate_every": 1})
    progress, _, _ = trained(recipe, "run")
    _, model = model_from_checkpoint(recipe, best_checkpoint(Path("run")), training_data(recipe.data), name="tiny")
    assert progress.step == 1
    assert model.native_size == (16, 32, 16)
    assert model.sample(1, seed=0).shape == (1, 16, 32, 16)
