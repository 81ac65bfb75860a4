"""Style loss: the error between Gram matrices of features, which know what is together but hardly where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError

Normalisation = Literal["positions", "elements", "none"]


class Features(Protocol):
    """What a style is measured by: `Vgg19`, or the first layers of any other network."""

    provenance: dict[str, object]

    def __call__(self, images: Tensor, /) -> dict[str, Tensor]:
        """Features {layer: (B, C, *spatial)} of images (B, C, *spatial)."""


class StyleLoss(nn.Module):
    """Weighted sum over layers of the mean squared error between Gram matrices.

    Parameters
    ----------
    features
        Such as `Vgg19(pretrained(...), STYLE_LAYERS)`.
    layer_weights
        {layer: weight}; 1 for every layer of the features by default. Blur shows in the first block, rounded corners
        rather in the second and third.
    normalisation
        What a Gram matrix is divided by, which the published weight of the loss (4.5e-3) does not tell: "positions"
        H W, with which that weight reaches the size of the pixel error; "elements" C H W; "none".

    Attributes
    ----------
    provenance
        What is to be recorded beside results: which features served, how they were weighted and normalised.

    References
    ----------
    Gatys, Ecker and Bethge 2016 (CVPR), Eqs. 3-5; their N and M are channels and positions.
    """

    def __init__(
        self,
        features: Features,
        *,
        layer_weights: Mapping[str, float] | None = None,
        normalisation: Normalisation = "positions",
    ) -> None:
        super().__init__()
        if normalisation not in ("positions", "elements", "none"):
            raise RaysysError(f"normalisation is {normalisation!r}; allowed: 'positions', 'elements', 'none'")
        self.features, self.normalisation = features, normalisation
        self.layer_weights = dict(layer_weights) if layer_weights is not None else None
        self.provenance = features.provenance | {
            "gram_normalisation": normalisation,
            "layer_weights": self.layer_weights or "1 each",
        }

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Images (B, C, H, W) in [0, 1] twice -> scalar, averaged over the batch; nothing flows back to the target."""
        with torch.no_grad():
            wanted = self._grams(target)
        found = self._grams(output)
        weights = self.layer_weights or dict.fromkeys(found, 1.0)
        unknown = [layer for layer in weights if layer not in found]
        if unknown:
            raise RaysysError(f"there are no features of {unknown[0]!r}; allowed: {', '.join(found)}")
        errors = [weight * (found[layer] - wanted[layer]).square().mean() for layer, weight in weights.items()]
        return torch.stack(errors).sum()

    def _grams(self, images: Tensor) -> dict[str, Tensor]:
        return {layer: gram_matrix(one, self.normalisation) for layer, one in self.features(images).items()}


def gram_matrix(features: Tensor, normalisation: Normalisation = "positions") -> Tensor:
    """Products of channels, summed over positions: (B, C, *spatial) -> (B, C, C), each image on its own.

    In float32 at least, also under autocast: sums over a whole image overflow half precision.
    """
    with torch.autocast(features.device.type, enabled=False):
        flat = (features.float() if features.dtype in (torch.float16, torch.bfloat16) else features).flatten(2)
        gram = flat @ flat.transpose(1, 2)
        positions = flat.shape[2]
        return gram / {"positions": positions, "elements": positions * flat.shape[1], "none": 1}[normalisation]
