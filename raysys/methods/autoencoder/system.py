"""Convolutional autoencoders trained in pixel space, in spatial-statistics space (CESS), or by style.

Source: the CESS supplement, sections 1.1, 1.4 and 1.5, and its precursor Hashemi et al. 2024, arXiv:2402.11103; its
presets are the recipes `cess-*`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from raysys.data.sources import some
from raysys.errors import RaysysError
from raysys.form import Form
from raysys.losses import gradient_norms
from raysys.methods.autoencoder.channel_validation import ChannelsValidator
from raysys.methods.autoencoder.loss import AutoencodingLoss
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.methods.autoencoder.network import Autoencoder
from raysys.methods.autoencoder.settings import CLASSIFIER, AutoencoderSettings
from raysys.methods.autoencoder.validation import AutoencodingValidator
from raysys.models import Model, ModelCard
from raysys.models.channels import to_channels
from raysys.train.batches import Batch, Draws
from raysys.train.decay import half_cosine, set_rate
from raysys.train.descent import descend_within
from raysys.train.system import Average, System, unlike

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData

LATENT_IMAGES = 1024  # from which the distribution of the latents is measured
PREVIEWED = 8  # originals in the preview, their autoencodings below
IMAGES_A_PASS = 64
# Channels side by side in memory: convolutions of few channels take two thirds of the time.
LAYOUTS = {2: torch.channels_last, 3: torch.channels_last_3d}


class AutoencoderSystem(System):
    """One network, one optimiser, and a weighted sum of losses between images and their autoencodings."""

    Settings = AutoencoderSettings
    kinds = ("binary", "grey", "colour", "labels")
    dims = (2, 3)
    _validator: AutoencodingValidator | ChannelsValidator | None = None

    def __init__(self, settings: AutoencoderSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        chosen = {"depth", "width", "latent_channels", "padding", "phase_fraction", "variational", "latent_activation"}
        self.network = Autoencoder(
            form.shape,
            latent_budget=settings.latent_budget or max(1, form.pixels // settings.pixels_per_latent),
            channels=form.channels,
            dims=form.dims,
            # Shares of phases that add up to one are what a sigmoid is of a single phase.
            head="softmax" if form.kind == "labels" and settings.head == "sigmoid" else settings.head,
            **settings.model_dump(include=chosen),
        ).to(device)
        self.layout = LAYOUTS[form.dims]
        self.network.to(memory_format=self.layout)  # type: ignore[call-overload]
        self.modules = {"autoencoder": self.network}
        self.optimizers = {"autoencoder": torch.optim.Adam(self.network.parameters(), settings.learning_rate)}

    @cached_property
    def loss(self) -> AutoencodingLoss:
        """The losses; made when they are first asked for, since they may need a model out of MLflow."""
        return AutoencodingLoss(self.settings, self.device, tracking_uri=self.tracking_uri)

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update; images are compared in [0, 1], label images as shares of phases of which one is 1."""
        target = self._in_unit(batches[0].images)
        with self.autocast():
            mean, log_variance = self.network.distribution(target)
            latents = mean if log_variance is None else self._drawn(mean, log_variance, draws)
            output = self.network.decode(latents)
        output = output.float()
        terms = self.loss.terms(output, target, draws.step)
        if log_variance is not None:
            terms["divergence"] = self.loss.divergence(mean.float(), log_variance.float())
        weights = self.loss.weights(draws.step)
        loss = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        measured = self._pulls(terms, output) if self.observed else {}
        norm = self._descend(loss, average, draws.step)
        return {"loss": loss.detach(), "gradient_norm": norm, **_reported(terms, weights, target), **measured}

    def _drawn(self, mean: Tensor, log_variance: Tensor, draws: Draws) -> Tensor:
        return mean + (log_variance / 2).exp() * draws.normal("latents", tuple(mean.shape))

    def _pulls(self, terms: dict[str, Tensor], output: Tensor) -> dict[str, Tensor]:
        """Gradient norm of each unweighted term with respect to the autoencodings: which one leads the training."""
        pulling = {name: term for name, term in terms.items() if name != "divergence"}
        return {f"gradient_norm_{name}": norm for name, norm in gradient_norms(pulling, [output]).items()}

    def _descend(self, loss: Tensor, average: Average, step: int) -> Tensor:
        optimizer = self.optimizers["autoencoder"]
        set_rate(optimizer, half_cosine(self.settings.learning_rate, step, self.settings.decay_steps))
        limit = self.settings.gradient_clip or math.inf
        return descend_within(loss, self.network, optimizer, average, limit)

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """The held-out images against their autoencodings."""
        if self.form.kind != "binary" or self.form.dims != 2 or len(set(self.form.shape)) > 1:
            self._validator = ChannelsValidator(data, self.form, count=count, values=self.values)
            return self._validator
        self._validator = AutoencodingValidator(data, count=count, autoencode=self.autoencode)
        return self._validator

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Held-out images, and below them their autoencodings of the last validation."""
        return {} if self._validator is None else self._validator.pictures()

    def autoencode(self, images: np.ndarray) -> np.ndarray:
        """Images (N, tile, tile) to autoencodings float32 in [0, 1], by the network as it is."""
        return self.values(images)[:, 0]

    @torch.inference_mode()
    def values(self, images: np.ndarray) -> np.ndarray:
        """Images of the data's form to what is made of them, float32 (N, C, *tile) in [0, 1], by the network as it is.

        Of label images these are the phases' shares.
        """
        self.network.eval()
        with self.autocast():
            parts = [
                self.network(self._tensor(images[start : start + IMAGES_A_PASS])).float().clamp(0, 1).cpu()
                for start in range(0, len(images), IMAGES_A_PASS)
            ]
        self.network.train()
        return torch.cat(parts).numpy()

    @torch.no_grad()
    def finish(self, data: TrainingData) -> None:
        """Measure the latents of training images, from which the model draws when it is sampled."""
        images = some(data.train, LATENT_IMAGES)
        self.network.eval()
        self.network.fit_latents(
            self._tensor(images[start : start + IMAGES_A_PASS]) for start in range(0, len(images), IMAGES_A_PASS)
        )
        self.network.train()

    def begin_from(self, model: Model) -> None:
        """Take over an autoencoder's weights, to be fine-tuned."""
        wanted = self.network.hyperparameters
        free = {"size", "phase_fraction"}  # no weight depends on them; on the head the model's answers do
        # Of the network, and not of the card: an older card has not all of them.
        has = model.network.hyperparameters if isinstance(model, AutoencoderModel) else {}
        if any(has.get(key) != wanted[key] for key in set(wanted) - free):
            raise RaysysError(unlike(model, "autoencoder", {key: wanted[key] for key in wanted if key not in free}))
        assert isinstance(model, AutoencoderModel)
        self.network.load_state_dict(model.network.state_dict())

    def check(self) -> None:
        """Whether the window of lags fits the tile, and what measures style sees such images."""
        side, shortest = self.settings.cess_window, min(self.form.shape)
        if side is not None and side > shortest:
            raise RaysysError(f"system.cess_window is {side}, but a tile has {shortest} lags a side (data.tile)")
        features = self.settings.style_features[0]
        seen = (1,) if features.startswith(CLASSIFIER) else (1, 3)
        if self.settings.style_weight and (self.form.dims != 2 or self.form.channels not in seen):
            raise RaysysError(
                f"system.style_weight: {features} sees flat images of {' or '.join(map(str, seen))} channels, and "
                f"these are {self.form.kind} ones of {self.form.dims} axes; leave it out"
            )

    def record(self) -> dict[str, Any]:
        """Which features the style was measured by."""
        return self.loss.record

    def preview(self, model: Model, data: TrainingData, *, seed: int) -> np.ndarray | None:
        """Held-out images, and their autoencodings below them."""
        assert isinstance(model, AutoencoderModel)
        originals = data.held_out[:PREVIEWED]
        if self.form.kind != "binary":
            return np.concatenate([originals, model.autoencode(originals)])
        return np.concatenate([originals.astype(np.float32), model.autoencode(originals, grey=True)])

    def model(self, *, name: str, card: dict[str, Any]) -> Model:
        """The network as an AutoencoderModel."""
        images = self.images_card(card.pop("images", {}))
        # In the layout that it is loaded in: a convolution's rounding depends on it.
        network = copy.deepcopy(self.network).cpu().eval()
        network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        description = ModelCard(
            name=name, architecture="autoencoder", hyperparameters=network.hyperparameters, images=images, **card
        )
        return AutoencoderModel(description, network)

    def _tensor(self, images: np.ndarray) -> Tensor:
        return self._in_unit(to_channels(self.form, torch.from_numpy(images).to(self.device)))

    def _in_unit(self, images: Tensor) -> Tensor:
        """Images (B, C, *tile) in [-1, 1] as the network takes them."""
        return ((images + 1) / 2).contiguous(memory_format=self.layout)


def _reported(terms: dict[str, Tensor], weights: dict[str, float], target: Tensor) -> dict[str, Tensor]:
    """Every term as it is, the weights that change, and the pixel error in the usual units."""
    found = {f"loss_{name}": term.detach() for name, term in terms.items()}
    found |= {f"weight_{name}": torch.tensor(weights[name]) for name in terms}
    return found | {"mean_squared_error": found["loss_pixels"] / target[0].numel()}


SYSTEM = AutoencoderSystem
