"""Networks, their noise, and the saved models that are served; nothing about training.

Noise has coordinates: the same seed gives the same image in any batch, and any window of an endless one.
Models are folders of safetensors and JSON in MLflow's format; importing this package needs neither MLflow nor Ray.
"""

from raysys.models.architectures import ARCHITECTURES, new_model
from raysys.models.autoencoder import Autoencoder
from raysys.models.autoencoder_model import AutoencoderModel
from raysys.models.card import ConditionCard, ImagesCard, ModelCard
from raysys.models.classifier import Classifier
from raysys.models.classifier_model import ClassifierModel
from raysys.models.generative import GanModel, GenerativeModel
from raysys.models.model import Model
from raysys.models.noise import lattice_noise
from raysys.models.retention import ClassRetention, class_retention
from raysys.models.saved import load, save_model
from raysys.models.segmenter_model import SegmenterModel
from raysys.models.unet import UNet
from raysys.models.wasserstein import Critic, Generator

__all__ = [
    "ARCHITECTURES",
    "Autoencoder",
    "AutoencoderModel",
    "ClassRetention",
    "Classifier",
    "ClassifierModel",
    "ConditionCard",
    "Critic",
    "GanModel",
    "GenerativeModel",
    "Generator",
    "ImagesCard",
    "Model",
    "ModelCard",
    "SegmenterModel",
    "UNet",
    "class_retention",
    "lattice_noise",
    "load",
    "new_model",
    "save_model",
]
