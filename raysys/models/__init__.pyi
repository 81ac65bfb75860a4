from .architectures import new_model
from .card import ImagesCard, ModelCard
from .cleaning import Cleaning
from .condition import CodeCard, ConditionCard, IndexCard, MapCard, NumberCard
from .generative import GenerativeModel
from .loading import load
from .model import Model
from .noise import Broadcast, Joined, LatticeNoise, Noise, Waves
from .philox import lattice_noise
from .saved import save_model
from .streaming import stream, write_sample

__all__ = [
    "Broadcast",
    "Cleaning",
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
