"""Networks, their noise, and the saved models that are served; nothing about training.

Noise has coordinates: the same seed gives the same image in any batch, and any window of an endless one.
Models are folders of safetensors and JSON in MLflow's format; importing this package needs neither MLflow nor Ray.
"""

from raysys.models.autoencoder import Autoencoder
from raysys.models.card import ImagesCard, ModelCard
from raysys.models.model import ARCHITECTURES, AutoencoderModel, GanModel, Model, new_model
from raysys.models.noise import lattice_noise
from raysys.models.saved import load, save_model
from raysys.models.wasserstein import Critic, Generator

__all__ = [
    "ARCHITECTURES",
    "Autoencoder",
    "AutoencoderModel",
    "Critic",
    "GanModel",
    "Generator",
    "ImagesCard",
    "Model",
    "ModelCard",
    "lattice_noise",
    "load",
    "new_model",
    "save_model",
]
