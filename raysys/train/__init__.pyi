from .folders import Run
from .ray.engine import train
from .ray.sweep import sweep
from .ray.trials import TrialRow
from .recipe import Recipe
from .recipe_files import load_recipe, recipe_names

__all__ = ["Recipe", "Run", "TrialRow", "load_recipe", "recipe_names", "sweep", "train"]
