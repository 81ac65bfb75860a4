"""How unlike two patches look to a network: LPIPS where its published weights serve, else a distance of another name.

The distance of two patches of one size is a weighted squared distance of features that were scaled to unit length, so
that patches become vectors whose squared distances it is: a table of all pairs is one product of matrices.

Zhang et al. 2018, arXiv:1801.03924, equation 1; version 0.1 of their weights.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from raysys.cache import cache_folder
from raysys.errors import RaysysError
from raysys.features.kernel_files import read_tensors
from raysys.features.layers import CHANNELS, TITLES, Network
from raysys.features.vgg import Kernels, Vgg16, Vgg19
from raysys.features.weights import PUBLISHED, NotHereError, checked, in_package, pretrained

__all__ = ["LAYERS", "SMALLEST", "LinearWeights", "PatchDistance", "linear_weights", "perceptual_distance"]

LAYERS = ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3")  # after their ReLU
SMALLEST = 16  # pixels of a patch that four poolings leave something of
GUARD = 1e-10  # of lengths, as published
VGG16, VGG19 = "RAYSYS_VGG16", "RAYSYS_VGG19"  # variables that name sources of weights
INSIDE = "weights/v0.1/vgg.pth"
# Of the published file of linear weights, version 0.1 (BSD licence), as the package lpips 0.1.4 has it.
LINEAR_SHA256 = "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868"


@dataclass(frozen=True)
class LinearWeights:
    """How much each channel counts.

    Attributes
    ----------
    layers
        {layer: (channels,) float32 >= 0}; None where all count the same.
    source, sha256
        Of the file.
    """

    layers: dict[str, Tensor] | None = None
    source: str = "unit"
    sha256: str = ""

    @property
    def published(self) -> bool:
        """Whether they are those of LPIPS, version 0.1, for VGG-16."""
        return self.sha256 == LINEAR_SHA256


class PatchDistance:
    """A distance between patches, and what it may be called.

    Parameters
    ----------
    kernels
        Of VGG-16, or of VGG-19.
    linear
        Weights of the channels.
    """

    def __init__(self, kernels: Kernels, linear: LinearWeights) -> None:
        network = Vgg16 if kernels.network == "vgg16" else Vgg19
        self.network = network(kernels, LAYERS, pooling="maximum", padding="zeros", tap="relu")
        self.kernels, self.linear = kernels, linear

    @property
    def name(self) -> str:
        """ "LPIPS" with torchvision's VGG-16 and the published linear weights, "patch distance" with any others."""
        return "LPIPS" if self.torchvision and self.linear.published else "patch distance"

    @property
    def torchvision(self) -> bool:
        """Whether the network is torchvision's VGG-16, by the digits of its file that torchvision publishes."""
        return self.kernels.network == "vgg16" and self._sha256.startswith(PUBLISHED["vgg16"][1])

    @property
    def weights(self) -> str:
        """Which files served, in words."""
        network = f"{TITLES[self.kernels.network]} of {_told(str(self.kernels.provenance['source']), self._sha256)}"
        if self.linear.layers is None:
            return f"{network}; all channels count the same"
        return f"{network}; linear weights of {_told(self.linear.source, self.linear.sha256)}"

    @property
    def _sha256(self) -> str:
        return str(self.kernels.provenance.get("sha256") or "")

    def length(self, side: int) -> int:
        """Numbers of the vector of a patch of so many pixels a side."""
        return sum(count * (side >> level) ** 2 for level, count in enumerate(CHANNELS))

    @torch.inference_mode()
    def vectors(self, patches: Tensor) -> Tensor:
        """Patches as vectors whose squared distances are the patches' distances.

        Parameters
        ----------
        patches
            (N, 1 or 3, H, W) float in [0, 1].

        Returns
        -------
        (N, length) float32
        """
        found = self.network(patches)
        return torch.cat([self._scaled(found[layer], layer) for layer in LAYERS], dim=1)

    def _scaled(self, features: Tensor, layer: str) -> Tensor:
        unit = features / (features.square().sum(1, keepdim=True).sqrt() + GUARD)
        if self.linear.layers is not None:
            unit = unit * self.linear.layers[layer].sqrt().view(1, -1, 1, 1)
        return (unit / features[0, 0].numel() ** 0.5).flatten(1)


def perceptual_distance(
    weights: str | Sequence[str] | None = None, linear: str | None = None
) -> tuple[PatchDistance | None, str]:
    """The distance that the weights at hand make, and a notice where it is not LPIPS.

    Parameters
    ----------
    weights
        Sources of VGG-16's weights, as of `pretrained`. By default what the variable RAYSYS_VGG16 names, or else
        torchvision's file where it was downloaded before, or else what RAYSYS_VGG19 names: nothing is downloaded that
        nobody asked for.
    linear
        As of `linear_weights`; of VGG-19's channels all count the same.

    Returns
    -------
    (the distance, a sentence); None where no weights are at hand, which the sentence says

    Raises
    ------
    RaysysError
        If weights that were named cannot be read.
    """
    kernels, missing = _kernels(weights)
    if kernels is None:
        return None, missing
    # The published linear weights are of VGG-16's channels, and say nothing of VGG-19's.
    held, reason = linear_weights(linear) if kernels.network == "vgg16" else (LinearWeights(), "")
    made = PatchDistance(kernels, held)
    if made.name == "LPIPS":
        return made, ""
    why = f" ({reason})" if reason else ""
    return made, f"distances are no LPIPS, for want of {_lacking(made)}{why}: {made.weights}"


def _lacking(made: PatchDistance) -> str:
    """Which of the two published files did not serve."""
    if not made.linear.published:
        both = "" if made.torchvision else "torchvision's VGG-16 and "
        return f"{both}the published linear weights"
    return "torchvision's VGG-16"


def linear_weights(source: str | None = None) -> tuple[LinearWeights, str]:
    """Weights of the channels, and why none are at hand where none are.

    Parameters
    ----------
    source
        A .pth file with lin0.model.1.weight, ...; "package:lpips", the installed package, which is not imported; or
        "unit". By default the package where it is installed, or else "unit".

    Raises
    ------
    RaysysError
        If a source that was named is not there, or holds something else.
    """
    if source == "unit":
        return LinearWeights(), ""
    name = source or "package:lpips"
    try:
        path = in_package(f"lpips/{INSIDE}")[0] if name == "package:lpips" else Path(name).expanduser()
        if not path.is_file():
            raise NotHereError(f"{name}: there is no file {path}")
    except NotHereError as error:
        if source is not None:
            raise
        return LinearWeights(), f"{error}, which has them"
    return LinearWeights(_channel_weights(path), name, checked(path, None)), ""


def _channel_weights(path: Path) -> dict[str, Tensor]:
    held, layers = read_tensors(path), {}
    for place, (layer, count) in enumerate(zip(LAYERS, CHANNELS, strict=True)):
        key = f"lin{place}.model.1.weight"
        if key not in held:
            raise RaysysError(f"{path}: holds no {key}, as the linear weights of LPIPS for VGG do")
        layers[layer] = held[key].float().flatten()
        if layers[layer].shape != (count,) or bool((layers[layer] < 0).any()):
            shape = tuple(held[key].shape)
            raise RaysysError(f"{path}: {key} has shape {shape}; allowed: {count} weights, none below 0")
    return layers


def _kernels(weights: str | Sequence[str] | None) -> tuple[Kernels | None, str]:
    """VGG-16's weights, or else VGG-19's where nobody named any."""
    if weights is not None:
        return pretrained(weights, network="vgg16"), ""
    downloaded = str(cache_folder() / PUBLISHED["vgg16"][0].rsplit("/", 1)[-1])
    usual: dict[Network, str | None] = {
        "vgg16": os.environ.get(VGG16) or downloaded,
        "vgg19": os.environ.get(VGG19),
    }
    looked = []
    for network, source in usual.items():
        if source is None:
            continue
        try:
            return pretrained(source, network=network), ""
        except RaysysError as error:
            if "were not found" not in str(error):
                raise
            looked.append(str(error).removesuffix("; the source 'random' needs no file"))
    return None, (
        f"no distance as a network sees it: {'; '.join(looked)}; allowed: a file that {VGG16} or --weights names, or "
        "--weights torchvision (a download of 528 MB)"
    )


def _told(source: str, sha256: str) -> str:
    """A source by its last part, with the first digits of its checksum."""
    name = source if source.startswith(("package:", "random")) else source.rsplit("/", 1)[-1]
    return f"{name} (SHA-256 {sha256[:8]})" if sha256 else name
