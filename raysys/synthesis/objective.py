"""What is minimised at one scale: features of the pixels against those of the exemplar, by one of the methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from raysys.features.vgg import Kernels, Vgg19
from raysys.synthesis.guidance import FittedGuidance
from raysys.synthesis.layer_terms import LayerSource, term_of
from raysys.synthesis.presets import Preset, Scale
from raysys.synthesis.sources import Source, coordinates_of

__all__ = ["Loss", "Objective", "fitting_layers"]


class Loss(Protocol):
    """What a descent minimises at one scale."""

    def __call__(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """The loss of pixels (1, C, H, W); what is drawn comes from the generator."""

    def memory(self) -> dict[str, Tensor]:
        """{layer/name: what its term goes on from, such as the use of the exemplar's places}, where there is any."""

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Go on from such a memory."""


class Objective:
    """The loss of pixels at a scale, a sum over layers.

    Parameters
    ----------
    sources
        The exemplar and its copies, at that scale.
    layers
        Those that have a patch in the exemplar and in the picture, see `fitting_layers`.
    guidance
        Maps of the picture at that scale; those of the sources are theirs.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        method: str,
        preset: Preset,
        layers: tuple[str, ...],
        kernels: Kernels,
        *,
        periodic: bool,
        guidance: FittedGuidance | None = None,
    ) -> None:
        self.half = preset.half and has_bfloat16()
        self.network = Vgg19(kernels, layers, padding="circular" if periodic else "reflect", tap="relu")
        seen = self.network if not periodic else Vgg19(kernels, layers, padding="reflect", tap="relu")
        with torch.no_grad():
            features = [self._features(one.pixels, seen) for one in sources]
        patches = preset.patches_of(method)
        self.terms = {
            layer: term_of(method, patches, _seen(layer, sources, features), guidance, periodic=periodic)
            for layer in layers
        }

    def __call__(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """The loss of pixels (1, C, H, W); what is drawn comes from the generator."""
        found = self._features(pixels, self.network)
        return torch.stack([self.terms[layer](values, generator) for layer, values in found.items()]).sum()

    def _features(self, pixels: Tensor, network: Vgg19) -> dict[str, Tensor]:
        with torch.autocast(pixels.device.type, dtype=torch.bfloat16, enabled=self.half):
            return network(pixels)

    def memory(self) -> dict[str, Tensor]:
        """{layer/name: what a run that goes on later must keep}."""
        return {f"{layer}/{name}": one for layer, term in self.terms.items() for name, one in term.memory.items()}

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Go on from it."""
        for layer, term in self.terms.items():
            start = f"{layer}/"
            term.remember({name.removeprefix(start): one for name, one in memory.items() if name.startswith(start)})


def _seen(layer: str, sources: Sequence[Source], features: Sequence[Mapping[str, Tensor]]) -> list[LayerSource]:
    """Sources as a layer sees them."""
    found = []
    for source, seen in zip(sources, features, strict=True):
        values = seen[layer].float()[0]
        size, shrunk = (values.shape[1], values.shape[2]), 2 ** (int(layer[4]) - 1)
        places = coordinates_of(source, size, shrunk)
        found.append(LayerSource(values, places, source.maps.resized(size), source.exemplar))
    return found


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
