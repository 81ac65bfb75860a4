"""What networks see in an image: VGG-19, a classifier of our own; where their weights come from.

Loading this package loads no torch; each name brings its own file when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raysys.features.vgg import Vgg19
    from raysys.features.weights import pretrained

__all__ = ["Vgg19", "pretrained"]

_FILES = {"Vgg19": "vgg", "pretrained": "weights"}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _FILES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
