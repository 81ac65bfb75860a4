"""What is minimised at one scale: features of the pixels against those of the exemplar, by one of the methods."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from raysys.features.vgg import Kernels, Vgg19
from raysys.losses.guided_correspondence import GuidedCorrespondence
from raysys.losses.sliced_wasserstein import random_directions, sliced_wasserstein
from raysys.losses.style import gram_matrix
from raysys.synthesis.presets import Preset, Scale

__all__ = ["Objective", "fitting_layers"]


class Objective:
    """The loss of pixels at a scale, a sum over layers.

    Parameters
    ----------
    exemplar
        Pixels (1, 1 or 3, h, w) of that scale.
    layers
        Those that have a patch in both images, see `fitting_layers`.
    """

    def __init__(
        self,
        exemplar: Tensor,
        method: str,
        preset: Preset,
        layers: tuple[str, ...],
        kernels: Kernels,
        *,
        periodic: bool,
    ) -> None:
        self.method, self.half = method, preset.half and has_bfloat16()
        self.network = Vgg19(kernels, layers, padding="circular" if periodic else "reflect", tap="relu")
        seen = self.network if not periodic else Vgg19(kernels, layers, padding="reflect", tap="relu")
        with torch.no_grad():
            wanted = {layer: found.float() for layer, found in self._features(exemplar, seen).items()}
        self.wanted = wanted
        self.terms: dict[str, GuidedCorrespondence] = {}
        if method in ("gram", "sliced-wasserstein"):
            # Nothing that is compared grows with the exemplar's Gram matrices: they are scaled to 1.
            self.grams = {layer: gram_matrix(found) for layer, found in wanted.items()} if method == "gram" else {}
            return
        patches = preset.patches_of(method)
        self.terms = {
            layer: GuidedCorrespondence([found[0]], patches, periodic=periodic) for layer, found in wanted.items()
        }

    def __call__(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """The loss of pixels (1, C, H, W); what is drawn comes from the generator."""
        found = self._features(pixels, self.network)
        return torch.stack([self._term(layer, values, generator) for layer, values in found.items()]).sum()

    def _features(self, pixels: Tensor, network: Vgg19) -> dict[str, Tensor]:
        with torch.autocast(pixels.device.type, dtype=torch.bfloat16, enabled=self.half):
            return network(pixels)

    def _term(self, layer: str, found: Tensor, generator: torch.Generator) -> Tensor:
        if layer in self.terms:
            return self.terms[layer](found, generator=generator)
        if self.method == "gram":
            wanted = self.grams[layer]
            return (gram_matrix(found) - wanted).square().mean() / wanted.square().mean()
        directions = random_directions(found.shape[1], generator=generator)
        return sliced_wasserstein(found.float(), self.wanted[layer], directions)

    def tables(self) -> dict[str, Tensor]:
        """{layer: use of the exemplar's places so far}, where there is any."""
        return {layer: term.use.table for layer, term in self.terms.items() if term.use.table is not None}

    def remember(self, tables: Mapping[str, Tensor]) -> None:
        """Go on from such tables."""
        for layer, table in tables.items():
            self.terms[layer].use.table = table.clone()


def fitting_layers(
    method: str, preset: Preset, scale: Scale, *sizes: tuple[int, int], periodic: bool = False
) -> tuple[str, ...]:
    """Layers of which images of these sizes, the target's first, have a patch; Gram and Wasserstein need two cells."""
    patches = preset.patches_of(method)
    layers = []
    for layer in preset.layers(method, scale):
        shrunk = 2 ** (int(layer[4]) - 1)
        # Reflection needs a second cell; a periodic target goes on beyond its edge.
        least = 2 if method in ("gram", "sliced-wasserstein") else patches.reach + 1
        needed = [patches.reach if periodic and place == 0 and least > 2 else least for place in range(len(sizes))]
        if all(min(size) // shrunk >= cells for size, cells in zip(sizes, needed, strict=True)):
            layers.append(layer)
    return tuple(layers)


def has_bfloat16() -> bool:
    """Whether this processor multiplies in bfloat16; where it only emulates that, float32 is faster."""
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())
