"""What the shell offers for a word that is begun: names of recipes and models, without loading anything heavy."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from importlib import resources
from pathlib import Path

DATABASE = "mlflow.db"


def recipes(incomplete: str) -> list[str]:
    """Recipes that come with raysys, and YAML files."""
    folder = resources.files("raysys.recipes")
    names = [file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml")]
    return _begun([*sorted(names), *_files(incomplete, (".yaml", ".yml"))], incomplete)


def models(incomplete: str) -> list[str]:
    """Models that come with raysys, registered ones of the database here, and folders."""
    from raysys.models.shipped import SCHEME, trained_models

    trained = [f"{SCHEME}{name}" for name in trained_models()]
    return _begun([*_registered(), *trained, *_files(incomplete, ())], incomplete)


def _registered() -> list[str]:
    """Names in MLflow's embedded database, read as it lies there: MLflow itself takes seconds to load."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{DATABASE}"
    if not uri.startswith("sqlite:///"):
        return []
    path = Path(uri.removeprefix("sqlite:///")).absolute()
    try:
        # Read only: pressing the tab key must not make a database, nor wait for its lock.
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            return [name for (name,) in database.execute("SELECT name FROM registered_models ORDER BY name")]
    except sqlite3.Error:
        return []


def _files(incomplete: str, suffixes: tuple[str, ...]) -> list[str]:
    """Folders, and files of those suffixes, that begin so."""
    # With a letter more: of `runs/` itself the parent would be the folder around it.
    start = Path(f"{incomplete}x").parent
    try:
        found = sorted(start.iterdir())
    except OSError:
        return []
    folders = [f"{path}/" for path in found if path.is_dir() and not path.name.startswith(".")]
    return [*folders, *(str(path) for path in found if path.suffix in suffixes and path.is_file())]


def _begun(names: list[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
