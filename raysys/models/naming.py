"""What a user calls a model: a bare name, an MLflow URI, `trained:NAME` or a folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from raysys.models.shipped import SCHEMES

if TYPE_CHECKING:
    from raysys.models.registry import Registered

__all__ = ["called", "current", "is_folder", "model_uri"]


def model_uri(name: str) -> str:
    """Return what `raysys.models.load` takes for a name; a bare one means the champion registered under it."""
    if name.startswith(SCHEMES) or is_folder(name):
        return name
    return f"models:/{name}@champion"


def called(name: str) -> str:
    """Return what a model, a folder or a file is to be called where no other name was given."""
    for scheme in ("models:/", "trained:"):
        if name.startswith(scheme):
            return re.split("[/@]", name.removeprefix(scheme))[0]
    return Path(name).name


def is_folder(name: str) -> bool:
    """Whether a model is named by its folder: such names have a slash, or exist."""
    return not name.startswith(SCHEMES) and ("/" in name or Path(name).is_dir())


def current(model: Registered) -> str:
    """Return the URI of a registered model's champion, or of its newest version where none is named so."""
    if "champion" in model.aliases:
        return f"models:/{model.name}@champion"
    return f"models:/{model.name}/{model.versions[0].version}"
