"""A classifier of labelled images: what autoencodings are judged by (class retention), and a source of features.

Its use is cess.md's: trained on originals, it says which autoencodings still look like what they are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.methods.classifier.model import ClassifierModel
from raysys.methods.classifier.network import Classifier
from raysys.methods.classifier.settings import ClassifierSettings
from raysys.models import Model, ModelCard
from raysys.train.batches import Batch, Draws
from raysys.train.decay import half_cosine, set_rate
from raysys.train.descent import descend
from raysys.train.system import Average, System, unlike

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData

IMAGES_A_PASS = 64


class ClassifierSystem(System):
    """One network, one optimiser, cross-entropy.

    Batch normalisation uses each worker's own share of the batch, as the WGAN-GP does.
    """

    Settings = ClassifierSettings

    def __init__(self, settings: ClassifierSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        tile = form.side
        chosen = {"classes", "depth", "width", "dropout", "padding"}
        self.network = Classifier(tile, **settings.model_dump(include=chosen)).to(device)
        self.modules = {"classifier": self.network}
        self.optimizers = {
            "classifier": torch.optim.AdamW(
                self.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
            )
        }

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update on images that are shifted and mirrored by chance."""
        images, targets = batches[0].images, batches[0].targets
        if targets is None or targets.ndim != 1:
            raise RaysysError(_unlabelled("a batch", targets))
        moved = augmented(
            (images + 1) / 2, draws.uniform("augmentation", (len(images), 4)), self.settings.shifts, self.settings.flips
        )
        with self.autocast():
            logits = self.network(moved)
        loss = functional.cross_entropy(logits.float(), targets)
        optimizer = self.optimizers["classifier"]
        set_rate(optimizer, half_cosine(self.settings.learning_rate, draws.step, self.settings.decay_steps))
        descend(loss, self.network, optimizer, average)
        accuracy = (logits.argmax(1) == targets).float().mean()
        return {"loss": loss.detach(), "training_accuracy": accuracy.detach()}

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """Held-out images against their classes."""
        from raysys.methods.classifier.validation import ClassificationValidator

        targets = data.held_out_targets
        source = str(data.provenance.get("source", "the data"))
        if targets is None or targets.ndim != 1:
            raise RaysysError(_unlabelled(source, targets))
        if data.target_names != self.settings.classes:
            raise RaysysError(
                f"{source} has the classes {', '.join(data.target_names)}, but system.classes is "
                f"{', '.join(self.settings.classes)}; give data.classes and system.classes the same names in one order"
            )
        return ClassificationValidator(
            data.held_out[:count], targets[:count], classes=self.settings.classes, logits=self.logits
        )

    @torch.inference_mode()
    def logits(self, images: np.ndarray) -> np.ndarray:
        """Float32 (N, classes) of images (N, tile, tile) in [0, 1], by the network as it is."""
        self.network.eval()
        with self.autocast():
            parts = [
                self.network(torch.from_numpy(images[start : start + IMAGES_A_PASS, None]).to(self.device).float())
                for start in range(0, len(images), IMAGES_A_PASS)
            ]
        self.network.train()
        found: np.ndarray = torch.cat(parts).float().cpu().numpy()
        return found

    def begin_from(self, model: Model) -> None:
        """Take over a classifier's weights, to be trained further."""
        free = {"size", "dropout"}  # no weight depends on them
        wanted = {key: value for key, value in self.network.hyperparameters.items() if key not in free}
        has = model.card.hyperparameters
        if not isinstance(model, ClassifierModel) or any(has.get(key) != wanted[key] for key in wanted):
            raise RaysysError(unlike(model, "classifier", wanted))
        self.network.load_state_dict(model.network.state_dict())

    def model(self, *, name: str, card: dict[str, Any]) -> Model:
        """The network as a ClassifierModel."""
        images = self.images_card(card.pop("images", {}))
        network = copy.deepcopy(self.network).cpu().eval()
        description = ModelCard(
            name=name, architecture="classifier", hyperparameters=network.hyperparameters, images=images, **card
        )
        return ClassifierModel(description, network)


def augmented(images: Tensor, numbers: Tensor, shifts: bool, flips: bool) -> Tensor:
    """Periodic images, each shifted and mirrored by its own numbers.

    Parameters
    ----------
    images
        (B, C, H, W).
    numbers
        (B, 4) in [0, 1): shift and mirroring along rows, then along columns.
    shifts, flips
        Which of both to do.
    """
    order = [
        _moved(images.shape[2 + axis], numbers[:, 2 * axis], numbers[:, 2 * axis + 1], shifts, flips)
        for axis in range(2)
    ]
    each = torch.arange(len(images), device=images.device)[:, None, None]
    # Indexing with arrays around a slice puts the channels last.
    return images[each, :, order[0][:, :, None], order[1][:, None, :]].permute(0, 3, 1, 2)


def _moved(side: int, shift: Tensor, flip: Tensor, shifts: bool, flips: bool) -> Tensor:
    """Which pixels (B, side) along an axis stand where."""
    places = torch.arange(side, device=shift.device).expand(len(shift), side)
    if shifts:
        places = (places + (shift * side).long()[:, None]) % side
    if flips:
        places = torch.where(flip[:, None] < 0.5, side - 1 - places, places)
    return places


def _unlabelled(source: str, targets: Any) -> str:
    found = "no classes" if targets is None else "a label for each pixel and none for an image"
    return f"{source} has {found}, which a classifier needs; give labelled images, such as data.source: micro2d"


SYSTEM = ClassifierSystem
