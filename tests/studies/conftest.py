"""Tiny recipes, and a folder of its own for every test."""

from support.training import own_folder, recipe_file, tiny

__all__ = ["own_folder", "recipe_file", "tiny"]
