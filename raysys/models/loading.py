"""A model by its folder, by its name in MLflow, or by the name under which it comes with raysys."""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path
from typing import Any, TypeVar, overload

from raysys.errors import RaysysError
from raysys.models.model import Model
from raysys.models.naming import model_uri
from raysys.models.registry import fetch
from raysys.models.saved import load_folder
from raysys.models.shipped import SCHEMES

Kind = TypeVar("Kind")  # a model's class, or what it is able to do


@overload
def load(path_or_uri: str | Path, *, tracking_uri: str | None = None) -> Model: ...
@overload
def load(path_or_uri: str | Path, *, tracking_uri: str | None = None, kind: type[Kind]) -> Kind: ...
def load(path_or_uri: str | Path, *, tracking_uri: str | None = None, kind: type[Any] = Model) -> Any:
    """Load a model from a folder or from MLflow.

    Parameters
    ----------
    path_or_uri
        A folder, a registered name (its champion), `models:/NAME@ALIAS`, `models:/NAME/VERSION`, `runs:/RUN/model`, or
        `trained:NAME`, a generator that comes with raysys.
    tracking_uri
        Of MLflow, see `raysys.models.registry.tracking_location`.
    kind
        What it is wanted for: an ability such as `GenerativeModel` or `raysys.models.abilities.Segments`, or the class
        of a method's model.

    Raises
    ------
    RaysysError
        If there is no such model, no such server, the folder is incomplete, damaged or foreign, or it is of another
        kind.
    """
    # A Path is a folder, whether or not it is there; a name may be the registry's.
    uri: str | Path = path_or_uri if isinstance(path_or_uri, Path) else model_uri(path_or_uri)
    if not str(uri).startswith(SCHEMES):
        return of_kind(load_folder(Path(uri)), kind)
    folder, temporary = fetch(str(uri), tracking_uri=tracking_uri)
    try:
        model = of_kind(load_folder(folder), kind)
    except BaseException:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    if temporary is not None:  # the reference is still to be read from it
        weakref.finalize(model, shutil.rmtree, temporary, True)
    return model


def of_kind(model: Model, kind: type[Any]) -> Model:
    """The same model, if it is of the kind, or has the ability, that it is wanted for.

    Raises
    ------
    RaysysError
        If it is not.
    """
    if not isinstance(model, kind):
        raise RaysysError(
            f"model {model.name!r} is of architecture {model.card.architecture}, which {model.purpose}; "
            f"wanted: one that {kind.purpose}"
        )
    return model
