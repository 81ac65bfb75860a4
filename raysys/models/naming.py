"""What users call models: a registered name, a URI of MLflow, a folder, or a name that comes with raysys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from raysys.models.shipped import SCHEMES

if TYPE_CHECKING:
    from raysys.models.registry import Registered


def model_uri(name: str) -> str:
    """What a user calls a model as something that `raysys.models.load` takes: a bare name is its champion."""
    if name.startswith(SCHEMES) or is_folder(name):
        return name
    return f"models:/{name}@champion"


def is_folder(name: str) -> bool:
    """Whether a model is named by its folder: such names have a slash, or exist."""
    return not name.startswith(SCHEMES) and ("/" in name or Path(name).is_dir())


def current(model: Registered) -> str:
    """URI of a registered model's champion, or of its newest version where none is named so."""
    if "champion" in model.aliases:
        return f"models:/{model.name}@champion"
    return f"models:/{model.name}/{model.versions[0].version}"
