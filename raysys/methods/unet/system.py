"""The U-Net of Ronneberger, Fischer and Brox (2015), trained on images and masks by cross-entropy and Dice."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.losses import class_weights, dice_loss, weighted_cross_entropy
from raysys.methods.unet.augmentation import varied
from raysys.methods.unet.model import SegmenterModel
from raysys.methods.unet.network import UNet
from raysys.methods.unet.settings import UnetSettings
from raysys.methods.unet.validation import SegmentationValidator, overlays
from raysys.models import Model, ModelCard
from raysys.train.batches import Batch, Draws
from raysys.train.decay import half_cosine, set_rate
from raysys.train.descent import descend_within
from raysys.train.system import Average, System, unlike

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData

TILES_A_PASS = 16
PREVIEWED = 8


class UnetSystem(System):
    """One network, one optimiser; tiles are varied before each step."""

    Settings = UnetSettings
    kinds = ("grey",)

    def __init__(self, settings: UnetSettings, *, form: Form, device: torch.device) -> None:
        if settings.classes is None or settings.grey is None:
            raise RaysysError("system unet is to know its classes; complete its settings with those of the data")
        self.settings, self.form, self.device = settings, form, device
        tile = form.side
        self.network = UNet(
            tile, classes=settings.classes, depth=settings.depth, width=settings.width, grey=settings.grey
        ).to(device)
        # Channels side by side in memory: convolutions of few channels are faster so.
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.modules = {"unet": self.network}
        self.optimizers = {
            "unet": torch.optim.AdamW(
                self.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
            )
        }
        self.weights = torch.ones(len(settings.classes), device=device)

    def prepare(self, data: TrainingData) -> None:
        """Weigh the classes by how rare they are in the training images."""
        given = self.settings.class_weights
        if given is not None:
            found = torch.tensor([given.get(name, 1.0) for name in self.network.classes])
        else:
            shares = torch.from_numpy(np.asarray(data.class_shares))  # type: ignore[attr-defined]
            found = class_weights(shares, self.settings.class_balance)
        self.weights = found.float().to(self.device)

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update."""
        batch = batches[0]
        if batch.targets is None:
            raise RaysysError("system unet learns from images with masks; set data.source=pairs")
        images, targets = varied(batch.images, batch.targets.long(), self.settings, draws)
        with self.autocast():
            logits = self.network(images.contiguous(memory_format=torch.channels_last))
        logits = logits.float()
        entropy = weighted_cross_entropy(logits, targets, self.weights)
        dice = dice_loss(logits.softmax(1), targets)
        loss = self.settings.cross_entropy_weight * entropy + self.settings.dice_weight * dice
        norm = self._descend(loss, average, draws.step)
        return {
            "loss": loss.detach(),
            "loss_cross_entropy": entropy.detach(),
            "loss_dice": dice.detach(),
            "gradient_norm": norm,
        }

    def _descend(self, loss: Tensor, average: Average, step: int) -> Tensor:
        optimizer = self.optimizers["unet"]
        set_rate(optimizer, half_cosine(self.settings.learning_rate, step, self.settings.decay_steps))
        limit = self.settings.gradient_clip or math.inf
        return descend_within(loss, self.network, optimizer, average, limit)

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """The held-out tiles against their masks."""
        return SegmentationValidator(data, count=count, label=self.label)

    @torch.inference_mode()
    def label(self, images: np.ndarray) -> np.ndarray:
        """Tiles float32 (N, tile, tile) in [0, 1] to class numbers uint8, by the network as it is."""
        self.network.eval()
        with self.autocast():
            parts = [
                self.network(self._tensor(images[first : first + TILES_A_PASS])).argmax(1).to(torch.uint8).cpu()
                for first in range(0, len(images), TILES_A_PASS)
            ]
        self.network.train()
        return torch.cat(parts).numpy()

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Held-out tiles with their masks, labels and errors."""
        return {"overlays": overlays(data, self.label)}

    def begin_from(self, model: Model) -> None:
        """Take over a segmenter's weights, to be fine-tuned."""
        wanted = self.network.hyperparameters
        free = {"size"}  # no weight depends on it
        has = model.card.hyperparameters
        if isinstance(model, SegmenterModel):
            for key in ("classes", "grey"):  # these the data section says
                if has[key] != wanted[key]:
                    raise RaysysError(
                        f"init_from: model {model.name!r} has {key} {_listed(has[key])}, but data.{key} says "
                        f"{_listed(wanted[key])}; fine-tuning keeps them as they are, in this order"
                    )
        if not isinstance(model, SegmenterModel) or any(has.get(key) != wanted[key] for key in set(wanted) - free):
            raise RaysysError(unlike(model, "unet", {key: wanted[key] for key in wanted if key not in free}))
        self.network.load_state_dict(model.network.state_dict())

    def preview(self, model: Model, data: TrainingData, *, seed: int) -> np.ndarray | None:
        """Held-out tiles, their masks and their labels, each side by side, as grey values."""
        assert data.held_out_targets is not None
        images, truth = data.held_out[:PREVIEWED], data.held_out_targets[:PREVIEWED]
        top = len(self.network.classes) - 1
        assert isinstance(model, SegmenterModel)
        labels = model.segment(images, limits=(0.0, 1.0))
        shades = [np.minimum(each, top).astype(np.float32) / top for each in (truth, labels)]
        return np.concatenate([images, *shades], axis=2)

    def model(self, *, name: str, card: dict[str, Any]) -> Model:
        """The network as a SegmenterModel."""
        images = self.images_card(card.pop("images", {}))
        network = copy.deepcopy(self.network).cpu().eval()
        description = ModelCard(
            name=name, architecture="unet", hyperparameters=network.hyperparameters, images=images, **card
        )
        return SegmenterModel(description, network)

    def _tensor(self, images: np.ndarray) -> Tensor:
        there = torch.from_numpy(images[:, None]).to(self.device).float() * 2 - 1
        return there.contiguous(memory_format=torch.channels_last)


def _listed(found: Any) -> str:
    return ", ".join(found) if isinstance(found, (list, tuple)) else str(found)


SYSTEM = UnetSystem
