"""How far images are from looking like a texture, as VGG-19 sees both: by one of three comparisons, over some layers.

For networks that learn to make a texture; `raysys.synthesis` descends the same comparisons pixel by pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.features.layers import LAYERS
from raysys.features.vgg import Kernels, Vgg19
from raysys.losses.guided_correspondence import Guidance, GuidedCorrespondence, PatchSettings
from raysys.losses.sliced_wasserstein import random_directions, sliced_wasserstein
from raysys.losses.style import gram_matrix

__all__ = ["COMPARISONS", "Comparison", "TextureLoss", "layers_with_a_patch", "value_distance"]

Comparison = Literal["guided-correspondence", "sliced-wasserstein", "gram"]
COMPARISONS: tuple[str, ...] = get_args(Comparison)
LAYERS_OF: dict[str, tuple[str, ...]] = {
    "guided-correspondence": ("conv2_1", "conv3_1", "conv4_1"),
    "sliced-wasserstein": LAYERS[:12],
    "gram": ("conv1_1", "conv2_1", "conv3_1", "conv4_1"),
}


class TextureLoss(nn.Module):
    """Images against the sources of a texture; features are those after a layer's ReLU, with average pooling.

    Parameters
    ----------
    kernels
        VGG-19's weights.
    comparison
        "guided-correspondence" of patches, "sliced-wasserstein" of distributions, or "gram" of products of channels.
    sources
        Images (C, h, w) in [0, 1]; one, or it and its flipped and turned copies.
    layers
        Whose features are compared; those that are usual for the comparison by default. The loss is their plain sum.
    patches
        How patches are compared.
    guidance
        Maps of each source, where guidance has a weight.
    coordinates
        (2, h, w) of each source, where copies share the budget of the first.

    References
    ----------
    Zhou et al. 2023 (CVPR), supplement, appendix F; Heitz et al. 2021 (CVPR); Gatys et al. 2015 (NeurIPS), of whose
    Gram matrices each layer's are scaled to 1 here.
    """

    def __init__(
        self,
        kernels: Kernels,
        comparison: Comparison,
        sources: Sequence[Tensor],
        *,
        layers: Sequence[str] | None = None,
        patches: PatchSettings = PatchSettings(),
        guidance: Sequence[Guidance] | None = None,
        coordinates: Sequence[Tensor] | None = None,
    ) -> None:
        super().__init__()
        if comparison not in COMPARISONS:
            raise RaysysError(f"comparison is {comparison!r}; allowed: {', '.join(COMPARISONS)}")
        self.comparison = comparison
        self.layers = tuple(layers or LAYERS_OF[comparison])
        self.network = Vgg19(kernels, self.layers, padding="reflect", tap="relu").to(sources[0].device)
        with torch.no_grad():
            seen = [self.network(source[None]) for source in sources]
        self.wanted = {layer: seen[0][layer] for layer in self.layers}
        self.grams = {layer: gram_matrix(one) for layer, one in self.wanted.items()}
        self.terms = {
            layer: GuidedCorrespondence(
                [one[layer][0] for one in seen], patches, guidance=guidance, coordinates=coordinates
            )
            for layer in (self.layers if comparison == "guided-correspondence" else ())
        }

    def forward(
        self, images: Tensor, guidance: Sequence[Guidance] | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Mean over images (B, C, H, W) in [0, 1], with maps of each where guidance has a weight."""
        maps = [Guidance()] * len(images) if guidance is None else guidance
        found = self.network(images)
        each = [
            self._term(layer, found[layer][place : place + 1], maps[place], generator)
            for layer in self.layers
            for place in range(len(images))
        ]
        return torch.stack(each).sum() / len(images)

    def _term(self, layer: str, found: Tensor, guidance: Guidance, generator: torch.Generator | None) -> Tensor:
        if layer in self.terms:
            return self.terms[layer](found, guidance, generator=generator)
        if self.comparison == "gram":
            wanted = self.grams[layer]
            return (gram_matrix(found) - wanted).square().mean() / wanted.square().mean()
        directions = random_directions(found.shape[1], generator=generator, device=found.device)
        # Over as many directions as channels, so that a deep layer counts no more than an early one.
        return sliced_wasserstein(found.float(), self.wanted[layer], directions) / found.shape[1]


def value_distance(images: Tensor, source: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Sliced Wasserstein distance of the pixels' own values, alone and together with their eight neighbours'.

    Comparisons by cosine see no contrast and hardly any colour, and features of the second block no single pixel: where
    nothing else looks, a network leaves stipples.

    Parameters
    ----------
    images, source
        (B, C, H, W) and (C, h, w) in [0, 1].
    generator
        What directions and places are drawn from; of a larger source as many places as an image has.
    """
    theirs = _neighbourhoods(source[None])
    count = images[0, 0].numel()
    if theirs.shape[2] > count:
        chosen = torch.randint(theirs.shape[2], (count,), generator=generator)
        theirs = theirs[:, :, chosen.to(theirs.device)]
    length, channels = theirs.shape[1], source.shape[0]
    alone = torch.zeros(channels, length, device=images.device)
    # Neighbourhoods are listed colour by colour, with the pixel itself in their middle.
    alone[torch.arange(channels), torch.arange(channels) * 9 + 4] = 1
    directions = torch.cat([alone, random_directions(length, generator=generator, device=images.device)])
    ours = _neighbourhoods(images)[..., None]
    each = [sliced_wasserstein(one[None], theirs[..., None], directions) for one in ours]
    return torch.stack(each).mean() / len(directions)


def _neighbourhoods(images: Tensor) -> Tensor:
    """Every pixel with its neighbours, (B, 9 C, pixels)."""
    return functional.unfold(functional.pad(images, (1, 1, 1, 1), mode="reflect"), 3)


def layers_with_a_patch(layers: Sequence[str], patches: PatchSettings, *sizes: tuple[int, int]) -> tuple[str, ...]:
    """Those of which images of these sizes hold a patch.

    Raises
    ------
    RaysysError
        If there is none.
    """
    found = tuple(
        layer for layer in layers if min(min(size) // 2 ** (int(layer[4]) - 1) for size in sizes) > patches.reach
    )
    if not found:
        raise RaysysError(
            f"images of {' and '.join(f'{rows} x {columns}' for rows, columns in sizes)} pixels hold no patch of "
            f"{', '.join(layers)}; allowed: larger tiles, or a smaller patch"
        )
    return found


def grid_patches(**options: float) -> PatchSettings:
    """The thinned search that one step after the other affords; see `PatchSettings`."""
    return replace(PatchSettings(search="grid", stride=2, eps=1e-3), **options)  # type: ignore[arg-type]
