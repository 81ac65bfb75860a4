"""From a checkpoint to a model that can be served: a folder in the MLflow model format, registered under a name."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from raysys.data import Tiles, prepare
from raysys.models import Model, save_model
from raysys.models.registry import register
from raysys.stats import DESCRIPTORS, Characterisation, characterise
from raysys.train.checkpoint import load_checkpoint
from raysys.train.loop import build_system
from raysys.train.recipe import Recipe
from raysys.train.session import best_checkpoint
from raysys.train.validation import VALIDATION_SEED


def model_from_checkpoint(recipe: Recipe, checkpoint: Path, tiles: Tiles, *, name: str) -> Model:
    """The model of a training checkpoint.

    Raises
    ------
    RaysysError
        If the checkpoint is unreadable or belongs to another recipe.
    """
    system = build_system(recipe, torch.device("cpu"))
    progress = load_checkpoint(checkpoint, system.modules)
    card = {
        "images": {"phase_fraction": float(tiles.train.mean())},
        "provenance": {
            "data": tiles.provenance,
            "recipe": recipe.model_dump(mode="json"),
            "step": progress.step,
        },
        "metrics": progress.metrics,
    }
    return system.model(name=name, card=card)


def publish(recipe: Recipe, checkpoints: Path, *, run_id: str, uri: str, folder: Path) -> tuple[str, dict[str, float]]:
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
    """
    tiles = prepare(recipe.data)
    best = best_checkpoint(checkpoints)
    model = model_from_checkpoint(recipe, best, tiles, name=recipe.name)
    preview = model.sample(8, seed=VALIDATION_SEED)
    save_model(folder, model, reference=held_out_characterisation(tiles), preview=preview)
    version = register(folder, recipe.name, run_id=run_id, tracking_uri=uri)
    metrics = dict(json.loads((best / "state.json").read_text())["progress"]["metrics"])
    return f"models:/{recipe.name}/{version}", metrics


def held_out_characterisation(tiles: Tiles) -> Characterisation:
    """What the model's samples are compared with, wherever they are made."""
    return characterise(tiles.held_out, DESCRIPTORS)
