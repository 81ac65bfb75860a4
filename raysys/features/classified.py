"""Features of a classifier of our own: what a style can be measured by where nothing can be downloaded."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.features.layers import STYLE_LAYERS
from raysys.methods.classifier.model import ClassifierModel
from raysys.models import load


class ClassifierFeatures(nn.Module):
    """The first layers of a classifier, frozen; its weights are constants, in no optimiser and in no checkpoint.

    Parameters
    ----------
    model
        The classifier.
    layers
        Whose features are wanted, after ReLU; those of VGG-19's style that it has, if not given.
    source
        Where it is from, for the record.

    Attributes
    ----------
    provenance
        Source, model, SHA-256 of the weights, layers, and where the features are taken.

    Raises
    ------
    RaysysError
        If the classifier has no such layer.
    """

    def __init__(self, model: ClassifierModel, layers: tuple[str, ...] | None = None, *, source: str = "") -> None:
        super().__init__()
        self.network = model.network.eval().requires_grad_(False)
        known = self.network.layers
        self.layers = tuple(layer for layer in STYLE_LAYERS if layer in known) if layers is None else tuple(layers)
        unknown = [layer for layer in self.layers if layer not in known]
        if unknown or not self.layers:
            asked = repr(unknown[0]) if unknown else "none"
            raise RaysysError(f"{asked} is no layer of classifier {model.name!r}; allowed: {', '.join(known)}")
        self.provenance: dict[str, object] = {
            "source": source,
            "model": model.name,
            "sha256": _checksum(self.network),
            "layers": list(self.layers),
            "tap": "relu",
        }

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Features {layer: (B, channels, H / 2^level, W / 2^level)} of images (B, 1, H, W) in [0, 1]."""
        return self.network.features(images, self.layers)

    def train(self, mode: bool = True) -> ClassifierFeatures:
        """Stay in evaluation mode: batch normalisation would follow what it sees."""
        return super().train(False)


def classifier_features(
    uri: str, layers: tuple[str, ...] | None = None, *, tracking_uri: str | None = None
) -> ClassifierFeatures:
    """Frozen features of a saved classifier.

    Parameters
    ----------
    uri
        A folder, models:/NAME@ALIAS, models:/NAME/VERSION, or runs:/RUN/model.
    layers
        Such as ("conv1_1", "conv2_1"); the first five convolutions if not given.
    tracking_uri
        Of MLflow, where the model is not a folder.

    Raises
    ------
    RaysysError
        If there is no such model, it is no classifier, or it has no such layer.
    """
    return ClassifierFeatures(
        load(uri, tracking_uri=tracking_uri, kind=ClassifierModel), layers, source=f"classifier:{uri}"
    )


def _checksum(network: nn.Module) -> str:
    """Of names and values of all weights: the same classifier has it wherever it is saved."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(
            name.encode() + b"\0" + value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
        )
    return digest.hexdigest()
