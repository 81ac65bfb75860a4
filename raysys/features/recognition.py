"""What an image is recognised as: ResNet-50 on ImageNet, or a classifier of our own; and which of them is at hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from raysys.cache import cache_folder
from raysys.errors import RaysysError
from raysys.features.classified import Layered, checksum
from raysys.features.kernel_files import READERS
from raysys.features.resnet import read_resnet50
from raysys.features.weights import NotHereError, checked, located
from raysys.models import load

__all__ = ["RESNET50", "VARIABLE", "Recogniser", "recogniser"]

VARIABLE = "RAYSYS_RESNET50"  # names a source of weights, such as a file
# Address and the first digits of its SHA-256, as torchvision publishes them (IMAGENET1K_V1, 98 MB).
RESNET50 = ("https://download.pytorch.org/models/resnet50-0676ba61.pth", "0676ba61")
OURS = "classifier:"
STAGES = 4  # levels whose features are compared
LUMINANCE = (0.299, 0.587, 0.114)


class _Classes(Protocol):
    """What a network of ours must have to recognise anything."""

    classes: tuple[str, ...]
    channels: int
    smallest: int


class Recogniser:
    """A frozen network that gives an image's class, and features on the way to it.

    Attributes
    ----------
    network
        Images (B, 1 or 3, H, W) in [0, 1] to logits (B, classes) and a list of features (B, C, h, w).
    title
        Such as "ResNet-50".
    provenance
        Title, source, and SHA-256 of the weights.
    classes
        Their names; empty where they are those of ImageNet, which are numbers here.
    smallest
        Pixels a side that it needs.
    """

    def __init__(
        self,
        network: nn.Module,
        title: str,
        provenance: dict[str, object],
        *,
        classes: Sequence[str] = (),
        smallest: int = 1,
    ) -> None:
        self.network = network.eval().requires_grad_(False)
        self.title, self.classes, self.smallest = title, tuple(classes), smallest
        self.provenance: dict[str, object] = {"classifier": title} | provenance

    def __call__(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits and features of pixels (B, 1 or 3, H, W) in [0, 1]."""
        if min(pixels.shape[2:]) < self.smallest:
            raise RaysysError(
                f"{self.title} sees images of {self.smallest} pixels a side and more, and not "
                f"{pixels.shape[2]} x {pixels.shape[3]}; allowed: a larger image, or none of the classifier's terms"
            )
        found: tuple[Tensor, list[Tensor]] = self.network(pixels)
        return found

    @property
    def is_resnet50(self) -> bool:
        """Whether it is that network, as the published editing has it."""
        return self.title == "ResNet-50"

    def name_of(self, number: int) -> str:
        """A class by its name, or by its number in ImageNet."""
        return self.classes[number] if self.classes else f"ImageNet {number}"


class _Ours(nn.Module):
    """A classifier of ours with the features that each of its levels ends with."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        levels = {layer[: layer.rindex("_")]: layer for layer in cast(Layered, network).layers}
        self.layers = tuple(levels.values())[:STAGES]
        self.register_buffer("luminance", torch.tensor(LUMINANCE).view(1, 3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """As of `Recogniser`; a classifier of grey images sees the luminance of colours."""
        channels = cast(_Classes, self.network).channels
        if pixels.shape[1] == 3 and channels == 1:
            pixels = (pixels * self.get_buffer("luminance")).sum(1, keepdim=True)
        pixels = pixels.expand(-1, channels, -1, -1)
        found = cast(Layered, self.network).features(pixels, self.layers)
        return self.network(pixels), list(found.values())


def recogniser(source: str | None = None, *, tracking_uri: str | None = None) -> tuple[Recogniser | None, str]:
    """What images are recognised by, and a sentence where nothing is at hand.

    Parameters
    ----------
    source
        "torchvision" (ResNet-50, a download of 98 MB), a file of ResNet-50's weights, "https://...",
        "package:NAME/path/inside"; or a classifier of ours: a folder, a registered name, "classifier:URI". By default
        what the variable RAYSYS_RESNET50 names, or torchvision's file where it was downloaded before: nothing is
        downloaded that nobody asked for.
    tracking_uri
        Of MLflow, where a classifier of ours is not a folder.

    Raises
    ------
    RaysysError
        If a source that was named cannot serve.
    """
    if source is not None:
        return (_resnet50(source) if _is_file(source) else _ours(source.removeprefix(OURS), tracking_uri)), ""
    usual = os.environ.get(VARIABLE) or str(cache_folder() / RESNET50[0].rsplit("/", 1)[-1])
    try:
        return _resnet50(usual), ""
    except NotHereError as error:
        return None, (
            f"ResNet-50's weights were not found: {error}; allowed: a file that {VARIABLE} or --classifier names, "
            "--classifier torchvision (a download of 98 MB), or a classifier of yours"
        )


def _is_file(source: str) -> bool:
    """Whether a source is of ResNet-50's weights, and not a classifier of ours."""
    kind = source.partition(":")[0]
    return source == "torchvision" or kind in ("http", "https", "package") or Path(source).suffix in READERS


def _resnet50(source: str) -> Recogniser:
    path, licence = located(source, RESNET50, None, cache_folder())
    told = {"source": source, "sha256": checked(path, None)} | ({"licence": licence} if licence else {})
    return Recogniser(read_resnet50(path), "ResNet-50", told)


def _ours(uri: str, tracking_uri: str | None) -> Recogniser:
    model = load(uri, tracking_uri=tracking_uri)
    network = model.network
    if not isinstance(network, Layered) or not getattr(network, "classes", None):
        raise RaysysError(
            f"model {model.name!r} is of architecture {model.card.architecture}, which {model.purpose}; wanted: a "
            "classifier, or a file of ResNet-50's weights (.pth, .safetensors, .npz)"
        )
    known = cast(_Classes, network)
    told: dict[str, object] = {"source": f"{OURS}{uri}", "sha256": checksum(network)}
    return Recogniser(_Ours(network), model.name, told, classes=known.classes, smallest=known.smallest)
