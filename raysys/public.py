"""What packages offer: names imported when they are first asked for, and old names refused with the new ones named.

A package's `__init__.py` says `__getattr__, __dir__, __all__ = attach(__name__, __file__)`, and its public names stand
in `__init__.pyi` beside it, where type checkers read them too. So `import raysys.stats` costs nothing, and loading a
package does not load the platform.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import lazy_loader

# Public names that changed, as {old: new}; of a package, everything below it is meant.
MOVED = {
    "raysys.train.losses": "raysys.losses",
    "raysys.train.systems": "raysys.methods",
    "raysys.train.landscape": "raysys.studies.landscape",
    "raysys.train.study": "raysys.studies.study",
    "raysys.train.engine": "raysys.train.ray.engine",
    "raysys.train.sweep": "raysys.train.ray.sweep",
    "raysys.stats.reconstruction": "raysys.assess.autoencoding",
    "raysys.anneal.farm": "raysys.farm",
    "raysys.trained.trained_models": "raysys.models.shipped.trained_models",
    "raysys.data.large.cache_folder": "raysys.cache.cache_folder",
    "raysys.data.micro2d.farm": "raysys.farm.mapping",
    "raysys.models.ARCHITECTURES": "raysys.methods.names",
    "raysys.models.Autoencoder": "raysys.methods.autoencoder.network.Autoencoder",
    "raysys.models.AutoencoderModel": "raysys.methods.autoencoder.model.AutoencoderModel",
    "raysys.models.Classifier": "raysys.methods.classifier.network.Classifier",
    "raysys.models.ClassifierModel": "raysys.methods.classifier.model.ClassifierModel",
    "raysys.models.ClassRetention": "raysys.assess.autoencoding.retention.ClassRetention",
    "raysys.models.class_retention": "raysys.assess.autoencoding.retention.class_retention",
    "raysys.models.Critic": "raysys.methods.wgan_gp.networks.Critic",
    "raysys.models.GanModel": "raysys.methods.wgan_gp.model.GanModel",
    "raysys.models.Generator": "raysys.methods.wgan_gp.networks.Generator",
    "raysys.models.SegmenterModel": "raysys.methods.unet.model.SegmenterModel",
    "raysys.models.UNet": "raysys.methods.unet.network.UNet",
    "raysys.serve.Endpoint": "raysys.serve.RunningEndpoint",
    "raysys.losses.STYLE_LAYERS": "raysys.features.layers.STYLE_LAYERS",
    "raysys.losses.Vgg19": "raysys.features.Vgg19",
    "raysys.losses.pretrained": "raysys.features.pretrained",
}


def attach(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """A package's `__getattr__`, `__dir__` and `__all__`.

    Parameters
    ----------
    package, file
        Its `__name__` and `__file__`.
    """
    find, names, public = lazy_loader.attach_stub(package, file)

    def get(name: str) -> Any:
        # A public name may be that of a module that has moved, as `sweep` of `raysys.train` is.
        new = MOVED.get(f"{package}.{name}") if name not in public else None
        # ImportError, since `from ... import` would lose the sentence of an AttributeError.
        if new is not None:
            raise ImportError(_sentence(f"{package}.{name}", new))
        return find(name)

    return get, names, public


class MovedModules(MetaPathFinder):
    """Refuses modules that have moved; asked last, when nothing of that name was found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """No specification of any module; ImportError for one that has moved.

        Raises
        ------
        ModuleNotFoundError
            With the new name in its sentence.
        """
        if (new := MOVED.get(fullname)) is not None:
            raise ModuleNotFoundError(_sentence(fullname, new), name=fullname)
        return None


def watch_for_moved_modules() -> None:
    """Let imports of modules that have moved end in a sentence that names the new place."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(MovedModules())


def _sentence(old: str, new: str) -> str:
    return f"{old} has moved: it is {new} now"
