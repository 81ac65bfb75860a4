"""How a texture is made: scales, steps and rates, and what each method compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from raysys.errors import RaysysError
from raysys.features.layers import LAYERS
from raysys.losses.guided_correspondence import PatchSettings

__all__ = ["METHODS", "PRESETS", "WITHOUT_NETWORK", "Method", "Preset", "Scale", "method_named", "preset_named"]

Method = Literal[
    "guided-correspondence", "contextual", "cnnmrf", "gram", "sliced-wasserstein", "quilting", "patch-match"
]
METHODS: tuple[str, ...] = get_args(Method)
WITHOUT_NETWORK = ("quilting", "patch-match")  # made of the exemplar's pixels, in one step
PATCH_LAYERS = ("conv2_1", "conv3_1", "conv4_1")  # after their ReLU: relu2_1, relu3_1, relu4_1
FIXED_LAYERS = {
    "cnnmrf": ("conv3_1", "conv4_1"),
    "gram": ("conv1_1", "conv2_1", "conv3_1", "conv4_1"),
    "sliced-wasserstein": LAYERS[:12],  # conv1_1 to conv4_4
}


@dataclass(frozen=True)
class Scale:
    """Steps of descent at one size.

    Attributes
    ----------
    factor
        Of the size asked for, and of the exemplar's.
    steps
        Of Adam, which begins anew at each factor.
    rate
        Learning rate of pixels in [0, 1].
    layers
        Whose patches are compared.
    """

    factor: float
    steps: int
    rate: float
    layers: tuple[str, ...] = PATCH_LAYERS


@dataclass(frozen=True)
class Preset:
    """Everything but the exemplar, the size and the seed.

    Attributes
    ----------
    scales
        From coarse to fine.
    patches
        How patches are compared by the methods that compare any.
    start
        "quilting" or "noise", at the first scale.
    block
        Side of the quilt's windows, in pixels of the first scale.
    falling
        Whether the rate falls to a tenth within a scale, as a cosine does; else it stays.
    half
        Whether features are computed in bfloat16 where the processor has it.
    """

    name: str
    scales: tuple[Scale, ...]
    patches: PatchSettings
    start: Literal["quilting", "noise"] = "quilting"
    block: int = 48
    falling: bool = True
    half: bool = True

    def layers(self, method: str, scale: Scale) -> tuple[str, ...]:
        """Whose features a method compares at a scale."""
        return FIXED_LAYERS.get(method, scale.layers)

    def patches_of(self, method: str) -> PatchSettings:
        """How a method compares patches; Contextual and MRF know no use of places."""
        if method == "contextual":
            return replace(self.patches, reduce="source", occurrence=0.0)
        if method == "cnnmrf":
            # Patches of 3x3 are dense; where a thinned grid serves, every second tap of them.
            stride = 2 if self.patches.search == "grid" else 1
            return replace(self.patches, reduce="mrf", occurrence=0.0, patch=3, stride=stride)
        return self.patches


PRESETS = {
    "fast": Preset(
        "fast",
        # The fourth block adds nothing at full size that the smaller ones have not settled.
        (Scale(0.5, 60, 0.03), Scale(0.75, 20, 0.02), Scale(1.0, 20, 0.015, PATCH_LAYERS[:2])),
        PatchSettings(search="grid", stride=2, eps=1e-3, memory=0.9),
    ),
    "published": Preset(
        "published",
        tuple(Scale(factor, 500, 0.01) for factor in (0.25, 0.5, 0.75, 1.0)),
        PatchSettings(),
        start="noise",
        falling=False,
        half=False,
    ),
}


def preset_named(name: str | Preset, presets: Mapping[str, Preset] = PRESETS) -> Preset:
    """One of the presets by its name, or itself; RaysysError for any other name."""
    if isinstance(name, Preset):
        return name
    if name not in presets:
        raise RaysysError(f"preset is {name!r}; allowed: {', '.join(map(repr, presets))}")
    return presets[name]


def method_named(name: str) -> str:
    """The same name; RaysysError if there is no such method."""
    if name not in METHODS:
        raise RaysysError(f"method is {name!r}; allowed: {', '.join(METHODS)}")
    return name
