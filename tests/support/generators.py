"""Untrained generators of 16 x 16 pixels whose images vary, saved."""

from pathlib import Path
from typing import Any

import torch

from raysys.methods.wgan_gp.model import GanModel
from raysys.methods.wgan_gp.networks import Generator
from raysys.models import ModelCard, save_model

SIZE = 16
CONDITION = {"name": "phase_fraction", "low": 0.36, "high": 0.7, "mean": 0.4}


def untrained_generator(
    name: str, *, latent: str = "lattice", dims: int = 2, seed: int = 0, conditions: int = 0, **card: Any
) -> GanModel:
    """A generator with random weights; `card` are further fields of its card."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = Generator(SIZE, width=4, latent_channels=8, latent=latent, dims=dims, conditions=conditions)
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(20 if weights.ndim > 1 else 1)  # untrained weights are too small to pass the threshold
    fields = {
        "images": {"shape": (SIZE,) * dims, "phase_fraction": 0.4},
        "condition": CONDITION if conditions else None,
    }
    described = ModelCard(name=name, architecture="wgan-gp", hyperparameters=network.hyperparameters, **(fields | card))
    return GanModel(described, network)


def save_generator(folder: Path, name: str, **options: Any) -> Path:
    """Save one as a folder of its name."""
    return save_model(folder / name, untrained_generator(name, **options))
