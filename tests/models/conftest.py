"""Tiny models whose images vary."""

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

__all__ = [
    "coder",
    "conditional_gan",
    "lattice_gan",
    "model",
    "plugged",
    "small_autoencoder",
    "two_models",
    "vector_gan",
]
