"""Untrained generators of 16 x 16 pixels whose images vary, saved."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from raysys.methods.wgan_gp.model import GanModel
from raysys.methods.wgan_gp.networks import Generator
from raysys.models import ModelCard, save_model

SIZE = 16
CONDITION = {"name": "phase_fraction", "low": 0.36, "high": 0.7, "mean": 0.4}


def untrained_generator(
    name: str,
    *,
    latent: str = "lattice",
    dims: int = 2,
    seed: int = 0,
    conditions: int = 0,
    phases: Sequence[str] = (),
    **card: Any,
) -> GanModel:
    """A generator with random weights, of labels where there are phases; `card` are further fields of its card."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    channels = len(phases) or 1
    network = Generator(
        SIZE, width=4, latent_channels=8, latent=latent, dims=dims, conditions=conditions, channels=channels
    )
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(20 if weights.ndim > 1 else 1)  # untrained weights are too small to pass the threshold
    labels = {"kind": "labels", "phases": tuple(phases)} if phases else {"phase_fraction": 0.4}
    fields = {
        "images": {"shape": (SIZE,) * dims} | labels,
        "condition": CONDITION if conditions else None,
    }
    described = ModelCard(name=name, architecture="wgan-gp", hyperparameters=network.hyperparameters, **(fields | card))
    return GanModel(described, network)


def save_generator(folder: Path, name: str, **options: Any) -> Path:
    """Save one as a folder of its name."""
    return save_model(folder / name, untrained_generator(name, **options))
