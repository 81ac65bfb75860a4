"""Saved models: their cards and folders, noise with coordinates, sampling in windows, the registry; no network.

Noise has coordinates: the same seed gives the same image in any batch, and any window of an endless one, of any kind
(binary, grey, colour, labels) and of two or three axes.
Models are folders of safetensors and JSON in MLflow's format; importing this package needs neither MLflow nor Ray.
"""

from raysys.models.architectures import new_model
from raysys.models.card import ImagesCard, ModelCard
from raysys.models.condition import CodeCard, ConditionCard, IndexCard, MapCard, NumberCard
from raysys.models.generative import GenerativeModel
from raysys.models.loading import load
from raysys.models.model import Model
from raysys.models.noise import Broadcast, Joined, LatticeNoise, Noise, Waves
from raysys.models.philox import lattice_noise
from raysys.models.saved import save_model
from raysys.models.streaming import stream, write_sample

__all__ = [
    "Broadcast",
    "CodeCard",
    "ConditionCard",
    "GenerativeModel",
    "ImagesCard",
    "IndexCard",
    "Joined",
    "LatticeNoise",
    "MapCard",
    "Model",
    "ModelCard",
    "Noise",
    "NumberCard",
    "Waves",
    "lattice_noise",
    "load",
    "new_model",
    "save_model",
    "stream",
    "write_sample",
]
