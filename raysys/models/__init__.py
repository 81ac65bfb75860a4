"""Networks, their noise, and the saved models that are served; nothing about training.

Noise has coordinates: the same seed gives the same image in any batch, and any window of an endless one.
Models are folders of safetensors and JSON in MLflow's format; importing this package needs neither MLflow nor Ray.
"""

from raysys.models.autoencoder import Autoencoder
from raysys.models.noise import lattice_noise
from raysys.models.wasserstein import Critic, Generator

__all__ = ["Autoencoder", "Critic", "Generator", "lattice_noise"]
