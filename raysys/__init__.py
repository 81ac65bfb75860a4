"""Statistically equivalent microstructures and textures from a few images, on one machine or a Ray cluster.

Rooms: `data`, `stats`, `models`, `train`, `anneal`, `serve`, `report`, `cli`; see docs/architecture.md.
"""

import importlib
from types import ModuleType

from raysys.cache import keep_compiled_code
from raysys.errors import RaysysError
from raysys.public import watch_for_moved_modules

__all__ = ["RaysysError", "__version__"]

__version__ = "0.1.0"
# Rooms that are there as raysys.ROOM without being imported by name.
ROOMS = ("anneal", "assess", "data", "farm", "features", "losses", "methods", "models", "operations", "report")
ROOMS += ("serve", "stats", "studies", "synthesis", "train")
watch_for_moved_modules()
keep_compiled_code()


def __getattr__(name: str) -> ModuleType:
    if name in ROOMS:
        return importlib.import_module(f"raysys.{name}")
    raise AttributeError(f"module 'raysys' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *ROOMS})
