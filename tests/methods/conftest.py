"""Tiny models and recipes, and a folder of its own for every test."""

from support.tiny_models import (
    coder,
    conditional_gan,
    lattice_gan,
    model,
    plugged,
    small_autoencoder,
    two_models,
    vector_gan,
)
from support.training import own_folder, recipe_file, tiny

__all__ = [
    "coder",
    "conditional_gan",
    "lattice_gan",
    "model",
    "own_folder",
    "plugged",
    "recipe_file",
    "small_autoencoder",
    "tiny",
    "two_models",
    "vector_gan",
]
