"""Features of a classifier of our own: what a style can be measured by where nothing can be downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol, cast, runtime_checkable

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.models import Model, load

FIRST = 5  # layers that serve where none are named: as many as are taken of VGG-19 for a style


@runtime_checkable
class Layered(Protocol):
    """What a network must have for its features to be taken, as a classifier's has: names of layers, and the features.

    Attributes
    ----------
    layers
        Names, from the image on.
    """

    layers: tuple[str, ...]

    def features(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features {layer: (B, channels, *spatial)} after ReLU of images (B, 1, *spatial) in [0, 1]."""


class ClassifierFeatures(nn.Module):
    """The first layers of a classifier, frozen; its weights are constants, in no optimiser and in no checkpoint.

    Parameters
    ----------
    model
        The classifier: a model whose network is `Layered`.
    layers
        Whose features are wanted, after ReLU; the first five, if not given.
    source
        Where it is from, for the record.

    Attributes
    ----------
    provenance
        Source, model, SHA-256 of the weights, layers, and where the features are taken.

    Raises
    ------
    RaysysError
        If the model's network names no layers, or has none of such a name.
    """

    def __init__(self, model: Model, layers: Sequence[str] | None = None, *, source: str = "") -> None:
        super().__init__()
        if not isinstance(model.network, Layered):
            raise RaysysError(
                f"model {model.name!r} is of architecture {model.card.architecture}, which {model.purpose}; "
                "wanted: one whose network names layers of features, such as a classifier"
            )
        self.network = model.network.eval().requires_grad_(False)
        known = self._layered.layers
        self.layers = tuple(known[:FIRST] if layers is None else layers)
        unknown = [layer for layer in self.layers if layer not in known]
        if unknown or not self.layers:
            wanted = repr(unknown[0]) if unknown else "none"
            raise RaysysError(f"{wanted} is no layer of classifier {model.name!r}; allowed: {', '.join(known)}")
        self.provenance: dict[str, object] = {
            "source": source,
            "model": model.name,
            "sha256": checksum(self.network),
            "layers": list(self.layers),
            "tap": "relu",
        }

    @property
    def _layered(self) -> Layered:
        return cast(Layered, self.network)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Features {layer: (B, channels, H / 2^level, W / 2^level)} of images (B, 1, H, W) in [0, 1]."""
        return self._layered.features(images, self.layers)

    def train(self, mode: bool = True) -> ClassifierFeatures:
        """Stay in evaluation mode: batch normalisation would follow what it sees."""
        return super().train(False)


def classifier_features(
    uri: str, layers: Sequence[str] | None = None, *, tracking_uri: str | None = None
) -> ClassifierFeatures:
    """Frozen features of a saved classifier.

    Parameters
    ----------
    uri
        A folder, models:/NAME@ALIAS, models:/NAME/VERSION, or runs:/RUN/model.
    layers
        Such as ("conv1_1", "conv2_1"); the first five if not given.
    tracking_uri
        Of MLflow, where the model is not a folder.

    Raises
    ------
    RaysysError
        If there is no such model, its network names no layers, or it has no such layer.
    """
    return ClassifierFeatures(load(uri, tracking_uri=tracking_uri), layers, source=f"classifier:{uri}")


def checksum(network: nn.Module) -> str:
    """A digest of names and values of all weights: the same classifier has it wherever it is saved."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(
            name.encode() + b"\0" + value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
        )
    return digest.hexdigest()
