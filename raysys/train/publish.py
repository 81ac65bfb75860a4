"""From a checkpoint to a model that can be served: a folder in the MLflow model format, registered under a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from raysys.data import Tiles
from raysys.data.separation import separation
from raysys.data.sources import TrainingData, some, training_data
from raysys.form import Form
from raysys.models import GenerativeModel, Model, save_model
from raysys.models.card import portable
from raysys.models.registry import register
from raysys.spacing import known_along, told_spacing
from raysys.stats import DESCRIPTORS, Characterisation, characterise
from raysys.train.checkpoint import load_checkpoint
from raysys.train.held_out import held_out_verdict, without_band
from raysys.train.loop import build_system
from raysys.train.recipe import Recipe
from raysys.train.session import best_checkpoint
from raysys.train.system import System
from raysys.train.validation import VALIDATION_SEED

SAMPLED = 2048  # training images from which the card's phase fraction is taken


def model_from_checkpoint(recipe: Recipe, checkpoint: Path, data: TrainingData, *, name: str) -> tuple[System, Model]:
    """The system of a training checkpoint, and its model.

    Raises
    ------
    RaysysError
        If the checkpoint is unreadable or belongs to another recipe.
    """
    # Wherever it was trained: publishing runs on the driver, which may have no GPU.
    system = build_system(recipe, torch.device("cpu"))
    progress = load_checkpoint(checkpoint, system.modules)
    card = {
        "images": images_of(data, system.form),
        "licence": data.provenance.get("licence"),
        "provenance": {
            "data": data.provenance,
            "recipe": recipe.model_dump(mode="json"),
            "step": progress.step,
            **progress.record,
        },
        "metrics": without_band(progress.metrics),
    }
    return system, system.model(name=name, card=card)


def publish(
    recipe: Recipe, checkpoints: Path, *, run_id: str, uri: str, folder: Path, prepared: Path | None = None
) -> tuple[str, dict[str, float]]:
    """Save the best checkpoint's model into `folder`, register it as the recipe's name, and return its URI and metrics.

    Parameters
    ----------
    recipe
        Of the training.
    checkpoints
        Folder of the run's checkpoints.
    run_id
        MLflow run whose artifacts the model becomes.
    uri
        MLflow tracking location.
    folder
        Where the model is saved beside the run.
    prepared
        Folder in which the data were prepared; without it they are prepared here.
    """
    data = training_data(recipe.data, prepared)
    metrics = save_best(recipe, checkpoints, data, folder)
    version = register(folder, recipe.name, run_id=run_id, tracking_uri=uri)
    return f"models:/{recipe.name}/{version}", metrics


def save_best(
    recipe: Recipe, checkpoints: Path, data: TrainingData, folder: Path, *, begun: str = "", small: bool = False
) -> dict[str, float]:
    """Save the best checkpoint's model into `folder`, with all that a card tells, and return its metrics.

    Parameters
    ----------
    recipe, checkpoints, data, folder
        As for `publish`.
    begun
        Where the first steps come from, if the recipe does not say it; stands with the provenance.
    small
        Save it as `raysys models export --half` does: float16 weights, and no folder of this machine on the card.
    """
    # Not the newest: validations choose, and the last step is a step like others.
    best = best_checkpoint(checkpoints)
    system, model = model_from_checkpoint(recipe, best, data, name=recipe.name)
    # With the model, so that whoever serves it can judge samples without the images.
    reference = held_out_characterisations(data, system.form) if isinstance(model, GenerativeModel) else {}
    verdict = held_out_verdict(system, data, reference, count=recipe.training.validation_images)
    origin = model.card.provenance | ({"begun": begun} if begun else {})
    model.card = model.card.model_copy(update={"held_out": verdict, "provenance": origin})
    if small:
        model.card = portable(model.card)
    preview = system.preview(model, data, seed=VALIDATION_SEED)
    # Flat sections are no reference for what measures volumes.
    kept = reference if model.form.dims == system.form.dims else {}
    save_model(folder, model, reference=kept, preview=preview, half=small)
    return dict(json.loads((best / "state.json").read_text())["progress"]["metrics"])


def images_of(data: TrainingData, form: Form) -> dict[str, Any]:
    """What the card says of the images beside their form: the share of phase 1, of grey images their mean value.

    Label images have a share for each phase, which stands with the provenance; colours have none. The size of pixels
    is that of the tiles, where it is known along all of their axes.
    """
    spacing = known_along(told_spacing(data.provenance.get("spacing")), form.dims)
    sized = {} if spacing is None else {"pixel_size": spacing}
    if form.kind in ("colour", "labels"):
        return sized
    return {"phase_fraction": float(some(data.train, SAMPLED).mean()), **sized}


def held_out_characterisations(data: TrainingData, form: Form) -> dict[str, Characterisation]:
    """What the model's samples are compared with, wherever they are made: each phase by its name.

    Binary images have one, called "phase"; grey and colour images have none, nor has a training that held nothing out.
    Of tiles of one image those in groups that share no pixel, by which their bands count them.
    """
    if form.kind not in ("binary", "labels") or not len(data.held_out):
        return {}
    images, groups = data.held_out, None
    if isinstance(data, Tiles) and len(images):
        found = separation(images, data.held_out_origins, form)
        images, groups = images[found.places], found.groups
    return {
        phase: characterise(indicator, DESCRIPTORS, groups=groups)
        for phase, indicator in form.indicators(images).items()
    }
