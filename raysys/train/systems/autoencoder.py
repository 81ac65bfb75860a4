"""Convolutional autoencoder of binary microstructures, trained on the pixel error (the MSE baseline of seed 000)."""

from __future__ import annotations

import copy
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from raysys.models import AutoencoderModel, Model, ModelCard
from raysys.models.autoencoder import Autoencoder
from raysys.train.batches import Draws
from raysys.train.losses import summed_squared_error
from raysys.train.systems.base import Average, System, SystemSettings


class AutoencoderSettings(SystemSettings):
    """Hyper-parameters of the autoencoder (Table 1 of seed 000 names the first and the last)."""

    method: Literal["autoencoder"] = "autoencoder"
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Adam's learning rate (seed 000, Table 1: 7.3e-5).")
    depth: int = Field(3, ge=1, le=4, description="Pooling and upsampling levels.")
    width: int = Field(16, ge=1, le=256, description="Channels of the first level; doubles per level.")
    latent_channels: int = Field(8, ge=1, le=1024, description="Channels of the latent image.")
    padding: Literal["circular", "zeros"] = Field("circular", description="What a convolution sees beyond the border.")
    head: Literal["sigmoid", "relu", "identity"] = Field("sigmoid", description="What bounds the output.")
    gradient_clip: float | None = Field(1.0, gt=0, description="Largest norm of the gradient; none if empty.")


class AutoencoderSystem(System):
    """One network, one optimiser, the squared error summed over pixels."""

    Settings = AutoencoderSettings

    def __init__(self, settings: AutoencoderSettings, *, tile: int, device: torch.device) -> None:
        self.settings, self.tile, self.device = settings, tile, device
        self.architecture = {
            "size": tile,
            **settings.model_dump(include={"depth", "width", "latent_channels", "padding", "head"}),
        }
        self.network = Autoencoder(**self.architecture).to(device)
        self.modules = {"autoencoder": self.network}
        self.optimizers = {"autoencoder": torch.optim.Adam(self.network.parameters(), settings.learning_rate)}

    def step(self, batches: list[Tensor], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update; images are compared in [0, 1]."""
        target = (batches[0] + 1) / 2
        loss = summed_squared_error(self.network(target), target)
        optimizer = self.optimizers["autoencoder"]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average(self.network.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.gradient_clip or float("inf"))
        optimizer.step()
        return {"loss": loss.detach(), "mean_squared_error": loss.detach() / target[0].numel(), "gradient_norm": norm}

    @torch.inference_mode()
    def validation_images(self, held_out: np.ndarray, *, count: int, seed: int) -> np.ndarray:
        """Reconstructions of the first `count` held-out tiles, thresholded at one half."""
        originals = torch.from_numpy(held_out[:count, None].astype(np.float32)).to(self.device)
        self.network.eval()
        reconstructed = self.network(originals)[:, 0].cpu().numpy()
        self.network.train()
        return (reconstructed > 0.5).astype(np.uint8)

    @torch.no_grad()
    def finish(self, tiles: np.ndarray) -> None:
        """Measure the latents of the training tiles, from which the model draws when it is sampled."""
        self.network.eval()
        self.network.fit_latents(
            torch.from_numpy(tiles[start : start + 64, None].astype(np.float32)).to(self.device)
            for start in range(0, len(tiles), 64)
        )
        self.network.train()

    def model(self, *, name: str, card: dict[str, Any]) -> Model:
        """The network as an AutoencoderModel."""
        images = {"kind": "binary", "shape": [self.tile, self.tile]} | card.pop("images", {})
        network = copy.deepcopy(self.network).cpu().eval()
        description = ModelCard(
            name=name, architecture="autoencoder", hyperparameters=network.hyperparameters, images=images, **card
        )
        return AutoencoderModel(description, network)
