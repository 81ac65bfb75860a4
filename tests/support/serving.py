"""What the tests through HTTP share: untrained models, requests, and decoding of answers."""

import io
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import torch
from PIL import Image
from support.generators import SIZE, untrained_generator

from raysys.data import gaussian_random_field
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.methods.autoencoder.network import Autoencoder
from raysys.models import Model, NumberCard, save_model
from raysys.models.card import ImagesCard, ModelCard
from raysys.serve import Limits, RunningEndpoint
from raysys.stats import characterise

TOKEN = "let me in"
LIMITS = Limits(max_n=8, max_side=512, max_pixels=2**18, max_pixels_per_request=2**18, max_upload_bytes=200_000)


def save_untrained(folder: Path, name: str, *, latent: str, dims: int = 2, seed: int = 0, conditions: int = 0) -> Path:
    """Save a generator with random weights, and a random field as its reference."""
    condition = NumberCard(name="phase_fraction", low=0.1, high=0.7, mean=0.4) if conditions else None
    model = untrained_generator(name, latent=latent, dims=dims, seed=seed, conditions=conditions, condition=condition)
    real = gaussian_random_field((SIZE,) * dims, correlation_length=2.0, phase_fraction=0.4, seed=1, n=6)
    return save_model(folder / name, model, reference=characterise(real, ("S2", "L")))


def save_untrained_autoencoder(folder: Path, name: str, *, kind: str = "binary", dims: int = 2) -> Path:
    """Save an autoencoder with random weights; its cell is 4 pixels."""
    torch.manual_seed(2)
    network = Autoencoder(SIZE, depth=2, width=4, latent_channels=3, dims=dims)
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(1.5 if weights.ndim > 1 else 1)
    card = ModelCard(
        name=name,
        architecture="autoencoder",
        hyperparameters=network.hyperparameters,
        images=ImagesCard(shape=(SIZE,) * dims, phase_fraction=0.4, kind=kind),
    )
    return save_model(folder / name, AutoencoderModel(card, network))


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
