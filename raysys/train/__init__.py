"""Training: losses, one system per published method, the engine (Ray Train), the sweep (Ray Tune), tracking (MLflow).

`train(recipe)` and `sweep(recipe)` return a `Run`; everything that decides them stands in the `Recipe`.
"""

from raysys.train.folders import Run
from raysys.train.ray.engine import train
from raysys.train.ray.sweep import TrialRow, sweep
from raysys.train.recipe import Recipe
from raysys.train.recipe_files import load_recipe, recipe_names

__all__ = ["Recipe", "Run", "TrialRow", "load_recipe", "recipe_names", "sweep", "train"]
