"""Packages whose names are loaded when they are first asked for: one of them does not cost the others' imports."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def lazily(package: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """A package's `__getattr__`.

    Parameters
    ----------
    package
        Its `__name__`.
    homes
        {module within the package: the names that it gives}. No name may be that of a module of the package: once the
        module is loaded, it would stand in the name's place.
    """
    modules = {name: module for module, names in homes.items() for name in names}

    def attribute(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{modules[name]}"), name)
        setattr(sys.modules[package], name, value)  # the next time it is there
        return value

    return attribute
