"""What the tests through HTTP share: untrained models, requests, and decoding of answers."""

import io
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import torch
from PIL import Image

from raysys.data import gaussian_random_field
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.methods.autoencoder.network import Autoencoder
from raysys.methods.classifier.model import ClassifierModel
from raysys.methods.classifier.network import Classifier
from raysys.methods.unet.model import SegmenterModel
from raysys.methods.unet.network import UNet
from raysys.methods.wgan_gp.model import GanModel
from raysys.methods.wgan_gp.networks import Generator
from raysys.models import CodeCard, ConditionCard, IndexCard, Model, NumberCard, save_model
from raysys.models.card import ImagesCard, ModelCard
from raysys.serve import Limits, RunningEndpoint
from raysys.stats import Characterisation, characterise

SIZE = 16
CLASSES = ("pore", "grain", "clay")  # phases of label images, and what is segmented
CODE = CodeCard(kind="code", name="code", length=2, mean=(0.0, 0.0), std=(1.0, 1.0))
SORT = IndexCard(kind="index", name="alloy", names=("bronze", "brass"))
POROSITY = NumberCard(name="phase_fraction", low=0.1, high=0.7, mean=0.4)
TOKEN = "let me in"
LIMITS = Limits(max_n=8, max_side=512, max_pixels=2**18, max_pixels_per_request=2**18, max_upload_bytes=200_000)


def save_untrained(
    folder: Path,
    name: str,
    *,
    latent: str = "lattice",
    dims: int = 2,
    seed: int = 0,
    kind: str = "binary",
    condition: ConditionCard | None = None,
) -> Path:
    """Save a generator with random weights; of images with phases with a random field as the reference of each."""
    torch.manual_seed(seed)
    images = images_card(kind, dims)
    network = Generator(
        SIZE,
        width=4,
        latent_channels=8,
        latent=latent,
        dims=dims,
        channels=images.channels,
        conditions=0 if condition is None else condition.channels,
    )
    # Of order one, as after training, so that the output passes its threshold both ways.
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(20 if weights.ndim > 1 else 1)
    card = ModelCard(
        name=name,
        architecture="wgan-gp",
        hyperparameters=network.hyperparameters,
        images=images,
        condition=condition,
    )
    names = {"binary": ("phase",), "labels": images.phases}.get(kind, ())
    references = {phase: _reference(dims, seed) for seed, phase in enumerate(names, start=1)}
    return save_model(folder / name, GanModel(card, network), reference=references)


def _reference(dims: int, seed: int) -> Characterisation:
    real = gaussian_random_field((SIZE,) * dims, correlation_length=2.0, phase_fraction=0.4, seed=seed, n=6)
    return characterise(real, ("S2", "L"))


def save_untrained_autoencoder(folder: Path, name: str, *, kind: str = "binary", dims: int = 2) -> Path:
    """Save an autoencoder with random weights; its cell is 4 pixels."""
    torch.manual_seed(2)
    images = images_card(kind, dims)
    network = Autoencoder(SIZE, depth=2, width=4, latent_channels=3, dims=dims, channels=images.channels)
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(1.5 if weights.ndim > 1 else 1)
    card = ModelCard(
        name=name,
        architecture="autoencoder",
        hyperparameters=network.hyperparameters,
        images=images,
    )
    return save_model(folder / name, AutoencoderModel(card, network))


def save_untrained_segmenter(folder: Path, name: str) -> Path:
    """Save a U-Net of three classes with random weights."""
    torch.manual_seed(3)
    network = UNet(SIZE, classes=CLASSES, depth=1, width=4)
    card = ModelCard(
        name=name,
        architecture="unet",
        hyperparameters=network.hyperparameters,
        images=images_card("grey", 2),
    )
    return save_model(folder / name, SegmenterModel(card, network))


def save_untrained_classifier(folder: Path, name: str) -> Path:
    """Save a classifier of two classes with random weights."""
    torch.manual_seed(4)
    network = Classifier(SIZE, classes=CLASSES[:2], depth=2, width=4)
    card = ModelCard(
        name=name,
        architecture="classifier",
        hyperparameters=network.hyperparameters,
        images=images_card("binary", 2),
    )
    return save_model(folder / name, ClassifierModel(card, network))


def images_card(kind: str, dims: int) -> ImagesCard:
    """Of square or cubic images."""
    fraction = 0.4 if kind == "binary" else None
    return ImagesCard(
        kind=kind, shape=(SIZE,) * dims, phases=CLASSES if kind == "labels" else (), phase_fraction=fraction
    )


@dataclass
class Served:
    """The endpoint, what it serves, and the same models in this process."""

    endpoint: RunningEndpoint
    folders: dict[str, Path]
    models: dict[str, Model]
    client: httpx.Client


def samples(client: httpx.Client, name: str = "endless", **request: object) -> httpx.Response:
    return client.post(f"/v1/models/{name}/samples", json=request)


def array(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    return np.load(io.BytesIO(answer.content), allow_pickle=False)


def png(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def refusal(answer: httpx.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["code"] == code
    return body["error"]["message"]
