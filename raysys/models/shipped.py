"""Generators that come with raysys, so that there is something to sample and to serve before anything is trained.

Each is a folder in the format of saved models: float16 weights, a card that says of which image, by which recipe and
how well it was trained, and a preview. `trained:NAME` names one wherever a model is asked for.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from raysys.errors import RaysysError

SCHEME = "trained:"
# What names a model by something else than its folder.
SCHEMES = ("models:", "runs:", SCHEME)


def trained_models() -> dict[str, Path]:
    """{name: folder} of the generators that come with raysys."""
    here = Path(str(files("raysys.trained")))
    return {path.parent.name: path.parent for path in sorted(here.glob("*/model.json"))}


def trained_folder(uri: str) -> Path:
    """Folder of `trained:NAME`.

    Raises
    ------
    RaysysError
        If none of that name comes with raysys.
    """
    found, name = trained_models(), uri.removeprefix(SCHEME)
    if name not in found:
        raise RaysysError(f"{uri}: no such model comes with raysys; there are: {', '.join(found) or 'none'}")
    return found[name]
