"""What one layer's features add to the loss: patches, products of channels, or sorted projections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor
from torch.nn import functional

from raysys.data.textures.orientation import angles_of
from raysys.losses.guided_correspondence import GuidedCorrespondence, PatchSettings
from raysys.losses.patch_context import Fields
from raysys.losses.patch_guidance import Guidance as LayerGuidance
from raysys.losses.sliced_wasserstein import random_directions, sliced_wasserstein
from raysys.losses.style import gram_matrix
from raysys.synthesis.guidance import FittedGuidance
from raysys.synthesis.maps import Maps

__all__ = ["LayerSource", "LayerTerm", "term_of"]

COPIES_STRIDE = 4  # of patches where the published code takes copies, of which it then draws none
JITTER = 1e-3  # breaks ties between cells of the same guidance, of which there are many


@dataclass(frozen=True, eq=False)
class LayerSource:
    """The exemplar, or a copy of it, as a layer sees it.

    Attributes
    ----------
    features
        (C, h, w).
    coordinates
        (2, h, w): row and column in the exemplar's cells.
    maps
        Guidance of these cells.
    exemplar
        Number of the exemplar, of several.
    """

    features: Tensor
    coordinates: Tensor
    maps: Maps
    exemplar: int = 0


class LayerTerm(Protocol):
    """The loss of one layer's features."""

    @property
    def memory(self) -> dict[str, Tensor]:
        """What a run that goes on later must keep, beside the pixels."""

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Go on from it."""

    def __call__(self, features: Tensor, generator: torch.Generator) -> Tensor:
        """Of features (1, C, H, W); what is drawn comes from the generator."""


def term_of(
    method: str,
    patches: PatchSettings,
    sources: Sequence[LayerSource],
    guidance: FittedGuidance | None,
    *,
    periodic: bool,
) -> LayerTerm:
    """The term by which a method compares a layer."""
    if method == "gram":
        return GramTerm(sources)
    if method == "sliced-wasserstein":
        return SlicedTerm(sources, guidance)
    return PatchTerm(sources, patches, guidance, periodic=periodic)


class Forgetful:
    """A term that keeps nothing from step to step."""

    @property
    def memory(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Nothing to go on from."""


class PatchTerm:
    """Patches of features, each with the one that it is nearest to."""

    def __init__(
        self, sources: Sequence[LayerSource], patches: PatchSettings, guidance: FittedGuidance | None, *, periodic: bool
    ) -> None:
        # A turned copy is smaller than the exemplar, and may have no patch left.
        held = [one for one in sources if min(one.features.shape[1:]) > patches.reach]
        # Different exemplars have places of their own, copies share those of the one.
        copied = len(held) > 1 and not any(one.exemplar for one in held)
        if copied and patches.search == "exact" and patches.reduce == "target":
            patches = replace(patches, stride=COPIES_STRIDE, most=1 << 62)
        self.guidance, self.maps = guidance, [_layer_guidance(one.maps, guidance) for one in held]
        if guidance is not None:
            first = self.maps[0]
            patches = replace(
                patches,
                progression=0.0 if first.progression is None else 1.0,  # the channels are weighed themselves
                orientation=0.0 if first.orientation is None else guidance.weights["orientation"],
            )
        self.loss = GuidedCorrespondence(
            [one.features for one in held],
            patches,
            guidance=self.maps,
            coordinates=[one.coordinates for one in held] if copied else None,
            periodic=periodic,
        )
        self.first = held[0].maps
        self._wanted: LayerGuidance | None = None

    @property
    def memory(self) -> dict[str, Tensor]:
        """Use of places, and the last matches."""
        found = {} if self.loss.use.table is None else {"use": self.loss.use.table}
        context = self.loss.context
        if context is not None and context.matches is not None:
            found |= {"matches": context.matches, "origin": torch.tensor(context.origin)}
        return found

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """As in `LayerTerm`."""
        self.loss.use.table = memory.get("use")
        if self.loss.context is not None and "matches" in memory:
            self.loss.context.matches = memory["matches"]
            self.loss.context.origin = (int(memory["origin"][0]), int(memory["origin"][1]))

    def __call__(self, features: Tensor, generator: torch.Generator) -> Tensor:
        """As in `LayerTerm`."""
        if self.guidance is None:
            return self.loss(features, generator=generator)
        if self._wanted is None:
            maps = self.guidance.target.resized(tuple(features.shape[2:]))
            self._wanted = _layer_guidance(maps, self.guidance)
            self.loss.fields = _fields(maps, self.first)
        return self.loss(features, self._wanted, generator=generator)


class GramTerm(Forgetful):
    """Products of channels, of several copies their mean; scaled so that the exemplar's own are 1 in the square."""

    def __init__(self, sources: Sequence[LayerSource]) -> None:
        self.wanted = torch.stack([gram_matrix(one.features[None]) for one in sources]).mean(0)

    def __call__(self, features: Tensor, generator: torch.Generator) -> Tensor:
        """As in `LayerTerm`."""
        return (gram_matrix(features) - self.wanted).square().mean() / self.wanted.square().mean()


class SlicedTerm(Forgetful):
    """Sorted projections in random directions, with guidance as further channels of either side.

    The sources' cells are first drawn so that there are as many of each guidance as the picture asks for: lists of
    other guidance would pull features towards what differs between the maps.

    References
    ----------
    Heitz et al. 2021 (CVPR), section 4.3: spatial constraints as a further dimension, in every direction.
    """

    def __init__(self, sources: Sequence[LayerSource], guidance: FittedGuidance | None) -> None:
        self.features = torch.cat([one.features.flatten(1) for one in sources], dim=1)[None, :, :, None]
        self.guidance = guidance
        self._channels: Tensor | None = None
        if guidance is not None:
            channels = [one.maps.all_channels(guidance.weights, guidance.labels) for one in sources]
            self._held = np.concatenate([one.reshape(-1, one.shape[-1]) for one in channels])
            # Twice the deviation of a projection: a random pair of features is then as far apart as in `PatchTerm`.
            flat = self.features[0, :, :, 0]
            self._scale = 2 * float((flat.var(1).sum() / len(flat)).sqrt())

    def __call__(self, features: Tensor, generator: torch.Generator) -> Tensor:
        """As in `LayerTerm`."""
        directions = random_directions(features.shape[1], generator=generator)
        if self.guidance is None:
            return sliced_wasserstein(features.float(), self.features, directions)
        if self._channels is None:
            self._match(tuple(features.shape[2:]))
        assert self._channels is not None
        ours, theirs = (
            torch.cat([one.float(), self._channels], dim=1) for one in (features.flatten(2)[..., None], self.features)
        )
        across = torch.ones(len(directions), 1)  # as published
        if self._channels.shape[1] > 1:
            across = functional.normalize(
                torch.randn(len(directions), self._channels.shape[1], generator=generator), dim=1
            )
        return sliced_wasserstein(ours, theirs, torch.cat([directions, across], dim=1))

    def _match(self, size: tuple[int, ...]) -> None:
        """Take as many cells of the sources as the picture has, each of the guidance nearest to a cell's of it."""
        assert self.guidance is not None
        random = np.random.default_rng(0)
        wanted = self.guidance.target.resized(size).all_channels(self.guidance.weights, self.guidance.labels)
        wanted = wanted.reshape(-1, wanted.shape[-1])
        jitter = [JITTER * random.standard_normal(one.shape) for one in (self._held, wanted)]
        nearest = KDTree(self._held + jitter[0]).query(wanted + jitter[1])[1]
        self.features = self.features[:, :, torch.from_numpy(nearest)]
        self._channels = self._scale * torch.from_numpy(np.ascontiguousarray(wanted.T))[None, :, :, None]


def _fields(target: Maps, source: Maps) -> Fields | None:
    """Angles of both, where both have an orientation."""
    if target.orientation is None or source.orientation is None:
        return None
    return Fields(*(torch.from_numpy(angles_of(one)) for one in (target.orientation, source.orientation)))


def _layer_guidance(maps: Maps, guidance: FittedGuidance | None) -> LayerGuidance:
    """Maps as the loss takes them: the channels' mean of squares is their weighted distance."""
    if guidance is None:
        return LayerGuidance()
    channels = maps.channels(guidance.weights, guidance.labels)
    progression = orientation = None
    if channels is not None:
        progression = torch.from_numpy(np.moveaxis(channels, -1, 0).copy()) * channels.shape[-1] ** 0.5
    if maps.orientation is not None:
        orientation = torch.from_numpy(np.moveaxis(maps.orientation, -1, 0).copy())
    return LayerGuidance(progression, orientation)
