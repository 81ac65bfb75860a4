"""Where methods are found: a folder each, below `raysys/methods`, or below a package `raysys_methods` of somebody else.

A method `thing-gan` is the folder `thing_gan` with `settings.py` (what a recipe says), `system.py` (how it trains) and
`model.py` (what it leaves behind), which name their class SETTINGS, SYSTEM and MODEL. Nothing lists them, and each file
is imported only when it is asked for, so that reading a recipe loads no network. `raysys_methods` is a namespace
package: any number of folders of that name on the path add methods, without touching this one.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any, Literal

from raysys.errors import RaysysError

HOUSES = ("raysys.methods", "raysys_methods")
Part = Literal["settings", "system", "model"]


def method_names() -> tuple[str, ...]:
    """Names of all methods, as recipes and cards have them, in alphabetical order."""
    return tuple(sorted(_folders()))


def method_part(name: str, part: Part) -> ModuleType:
    """One file of a method's folder, imported now.

    Raises
    ------
    RaysysError
        If there is no such method.
    """
    folders = _folders()
    if name not in folders:
        raise RaysysError(f"unknown method {name!r}; allowed: {', '.join(sorted(folders))}")
    return importlib.import_module(f"{folders[name]}.{part}")


def settings_class(name: str) -> Any:
    """The method's `SystemSettings`."""
    return method_part(name, "settings").SETTINGS


def system_class(name: str) -> Any:
    """The method's `System`."""
    return method_part(name, "system").SYSTEM


def model_class(name: str) -> Any:
    """The method's `Model`."""
    return method_part(name, "model").MODEL


def _folders() -> dict[str, str]:
    """{name: package} of every method; ours are not replaced by another's of the same name."""
    found: dict[str, str] = {}
    for house in HOUSES:
        try:
            package = importlib.import_module(house)
        except ModuleNotFoundError as error:
            if error.name != house:
                raise
            continue
        for entry in pkgutil.iter_modules(package.__path__):
            if entry.ispkg:
                found.setdefault(entry.name.replace("_", "-"), f"{house}.{entry.name}")
    return found
