"""A model on disk: a folder in MLflow's model format with safetensors and JSON inside. Reading it runs no code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from raysys.errors import RaysysError
from raysys.files import folder_written_aside, sha256
from raysys.form import Form
from raysys.models.architectures import new_model
from raysys.models.card import ModelCard, read_card
from raysys.models.environment import write_environment
from raysys.models.model import BINARY, Model, References, as_read, references_by_phase
from raysys.models.tensor_files import write_tensors
from raysys.modest_yaml import load_yaml
from raysys.pictures import contact_sheet, middle_slices, pictures

WEIGHTS, CARD, PREVIEW, DESCRIPTION = "model.safetensors", "model.json", "preview.png", "MLmodel"
PREVIEWED, COLUMNS = 16, 8
MARGIN = 4  # pixels between the previews


def save_model(
    folder: str | Path,
    model: Model,
    *,
    reference: References | None = None,
    preview: np.ndarray | None = None,
    half: bool = False,
) -> Path:
    """Write a model's folder; it appears complete, and replaces an earlier model of that name.

    Parameters
    ----------
    folder
        New, or that of a model.
    model
        What to save.
    reference
        Characterisation of the real images, of label images one for each phase by its name; the model's own by
        default.
    preview
        Samples to show in `preview.png`: of the card's kind, or values before the threshold of binary images; the
        middle slice of volumes.
    half
        Write trained parameters as float16, in half the space. They are read as float32 again, rounded: images may
        differ from the model's own in a few pixels.

    Raises
    ------
    RaysysError
        If the folder exists and holds something else, a weight is too large for float16, or the references are of
        other phases than the model's.
    """
    folder = Path(folder)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / DESCRIPTION).is_file()):
        raise RaysysError(f"{folder} exists and holds no model; allowed: a new folder, or one of an earlier model")
    references = model.references if reference is None else references_by_phase(model.card, reference)
    with folder_written_aside(folder) as aside:
        write_tensors(aside / WEIGHTS, _weights(model, half=half))
        (aside / WEIGHTS).chmod(0o644)  # safetensors lets nobody else read, and an endpoint may run as another user
        (aside / CARD).write_text(model.card.model_dump_json(indent=2) + "\n")
        described = _mlflow_description(model, sha256(aside / WEIGHTS), write_environment(aside))
        (aside / DESCRIPTION).write_text(yaml.safe_dump(described, sort_keys=False))
        for phase, found in references.items():
            as_read(found).save(aside / reference_files(model.card)[phase])
        if preview is not None:
            Image.fromarray(_preview(model.form, preview)).save(aside / PREVIEW)
    return folder


def load_folder(folder: Path) -> Model:
    """Load a model from its folder; raises as `raysys.models.load` does."""
    noted = check_folder(folder).get("sha256")  # not of models from before
    card = read_card(folder / CARD)
    held = {phase: folder / name for phase, name in reference_files(card).items() if (folder / name).is_file()}
    return new_model(card, _read_weights(folder / WEIGHTS, noted), reference=held or None)


def reference_files(card: ModelCard) -> dict[str, str]:
    """Names of the files that hold the references, by phase: label images have one for each, by its number."""
    phases = card.images.phases
    return {phase: f"reference-{number}.npz" for number, phase in enumerate(phases)} or {BINARY: "reference.npz"}


def check_folder(folder: Path) -> dict[str, Any]:
    """What MLmodel notes of a model that raysys saved; RaysysError if `folder` is none."""
    if not folder.is_dir():
        raise RaysysError(
            f"there is no model folder {folder}; allowed: a folder, models:/NAME@ALIAS, or models:/NAME/VERSION"
        )
    try:
        description: Any = load_yaml((folder / DESCRIPTION).read_text())
    except FileNotFoundError as error:
        raise RaysysError(f"{folder} is no saved model: it has no file {DESCRIPTION}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RaysysError(f"{folder / DESCRIPTION} cannot be read as YAML; save the model again") from error
    flavors = description.get("flavors") if isinstance(description, dict) else None
    if not isinstance(flavors, dict) or "raysys" not in flavors:
        found = ", ".join(map(str, flavors)) if isinstance(flavors, dict) else "none"
        raise RaysysError(f"{folder} was not saved by raysys: its flavors are {found}; allowed: raysys")
    return dict(flavors["raysys"] or {})


def _weights(model: Model, *, half: bool) -> dict[str, Tensor]:
    weights = {key: value.detach().cpu().contiguous() for key, value in model.network.state_dict().items()}
    if not half:
        return weights
    # Buffers stay as they are: the variances of norms may be too small for float16, and a condition's range too narrow.
    for key, parameter in model.network.named_parameters():
        if parameter.is_floating_point():
            weights[key] = weights[key].half()
            if not weights[key].isfinite().all():
                raise RaysysError(f"model {model.name!r}: {key} has values beyond float16's; save it as float32")
    return weights


def _read_weights(path: Path, noted: str | None) -> dict[str, Tensor]:
    """Read the weights, in float32 also where they were saved in half the space; `noted` is their checksum."""
    try:
        weights = load_file(path)
    except FileNotFoundError as error:
        raise RaysysError(f"{path.parent} is incomplete: it has no file {path.name}") from error
    except (SafetensorError, OSError) as error:
        raise RaysysError(f"{path} is damaged ({error}); save or download the model again") from error
    if noted is not None and noted != sha256(path):
        raise RaysysError(
            f"{path} is damaged (its sha256 is not the one in {DESCRIPTION}); save or download the model again"
        )
    for key, value in weights.items():
        if value.is_floating_point() and not value.isfinite().all():
            raise RaysysError(
                f"{path}: {key} holds values that are no numbers, so nothing can be drawn; train it again"
            )
    return {
        key: value.float() if value.dtype in (torch.float16, torch.bfloat16) else value
        for key, value in weights.items()
    }


def _mlflow_description(model: Model, checksum: str, environment: dict[str, str]) -> dict[str, Any]:
    """Content of MLmodel: `mlflow.pyfunc.load_model` finds its loader here."""
    version = ".".join(map(str, sys.version_info[:3]))
    return {
        "flavors": {
            "python_function": {
                "loader_module": "raysys.models.pyfunc",
                "python_version": version,
                "env": environment,
            },
            "raysys": {
                "format_version": model.card.format_version,
                "architecture": model.card.architecture,
                "sha256": checksum,
            },
        },
        "utc_time_created": model.card.created,
    }


def _preview(form: Form, images: np.ndarray) -> np.ndarray:
    """Up to 16 images in rows of at most 8, as uint8 on white."""
    flat = middle_slices(form, images)[:PREVIEWED]
    return contact_sheet(pictures(form, flat), columns=COLUMNS, gap=MARGIN)
