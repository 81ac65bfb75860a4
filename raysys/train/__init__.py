"""Training: one system per published method, the loop, the engine (Ray Train), the sweep (Ray Tune), tracking (MLflow).

`train(recipe)` and `sweep(recipe)` return a `Run`; everything that decides them stands in the `Recipe`. Each name
brings its own file when it is asked for: reading a recipe loads neither Ray nor MLflow, nor any network.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raysys.train.folders import Run
    from raysys.train.ray.engine import train
    from raysys.train.ray.sweep import TrialRow, sweep
    from raysys.train.recipe import Recipe
    from raysys.train.recipe_files import load_recipe, recipe_names

__all__ = ["Recipe", "Run", "TrialRow", "load_recipe", "recipe_names", "sweep", "train"]

_FILES = {
    "Recipe": "recipe",
    "Run": "folders",
    "TrialRow": "ray.sweep",
    "load_recipe": "recipe_files",
    "recipe_names": "recipe_files",
    "sweep": "ray.sweep",
    "train": "ray.engine",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _FILES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
