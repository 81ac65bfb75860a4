"""Guidance maps of one image: at any size, and as channels that distances are taken of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from raysys.data.textures.orientation import doubled, halved

__all__ = ["Maps"]


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of an image, all of its size or of a size of their own.

    Attributes
    ----------
    progression
        float32 (H, W) in [0, 1].
    orientation
        float32 (H, W, 2), unit vectors of lines.
    annotation
        int64 (H, W) labels.
    """

    progression: np.ndarray | None = None
    orientation: np.ndarray | None = None
    annotation: np.ndarray | None = None

    def arrays(self) -> list[np.ndarray]:
        """Those that are given."""
        return [one for one in (self.progression, self.orientation, self.annotation) if one is not None]

    def part(self, at: tuple[np.ndarray, np.ndarray]) -> Maps:
        """The maps of a part of the image, by the numbers (h, 1) and (1, w) of its rows and columns."""
        progression, orientation, annotation = (
            None if one is None else one[at] for one in (self.progression, self.orientation, self.annotation)
        )
        return Maps(progression, orientation, annotation)

    def resized(self, size: tuple[int, ...]) -> Maps:
        """The same maps of another size: means over areas, of orientations of doubled angles; the nearest label."""
        progression, orientation, annotation = self.progression, self.orientation, self.annotation
        if progression is not None:
            progression = _resized(progression[..., None], size)[..., 0]
        if orientation is not None and orientation.shape[:2] != tuple(size):
            orientation = halved(_resized(doubled(orientation), size))
        if annotation is not None:
            rows, columns = (
                (np.arange(new) + 0.5) * old / new for old, new in zip(annotation.shape, size, strict=True)
            )
            annotation = annotation[np.ix_(rows.astype(np.int64), columns.astype(np.int64))]
        return Maps(progression, orientation, annotation)

    def channels(self, weights: Mapping[str, float], labels: tuple[int, ...]) -> np.ndarray | None:
        """Progression and labels as channels (H, W, C) whose squared differences add up to the weighted distances.

        Labels have no order: any two of them are as far from each other as 0 and 1 of a progression.
        """
        parts = []
        if self.progression is not None:
            parts.append(weights["progression"] ** 0.5 * self.progression[..., None])
        if self.annotation is not None:
            parts.append((weights["annotation"] / 2) ** 0.5 * (self.annotation[..., None] == np.array(labels)))
        return np.concatenate(parts, axis=-1).astype(np.float32) if parts else None

    def all_channels(self, weights: Mapping[str, float], labels: tuple[int, ...]) -> np.ndarray:
        """The same, and orientations as doubled angles, of which lines at right angles are as far apart as 0 and 1."""
        parts = [] if (found := self.channels(weights, labels)) is None else [found]
        if self.orientation is not None:
            parts.append((weights["orientation"] ** 0.5 / 2) * doubled(self.orientation))
        return np.concatenate(parts, axis=-1).astype(np.float32)


def _resized(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """(H, W, C) at another size: means over areas where it shrinks, linear where it grows."""
    if values.shape[:2] == tuple(size):
        return values
    tensor = torch.from_numpy(np.ascontiguousarray(values, np.float32)).permute(2, 0, 1)[None]
    shrinks = size[0] <= values.shape[0] and size[1] <= values.shape[1]
    found: Tensor = (
        functional.adaptive_avg_pool2d(tensor, (size[0], size[1]))
        if shrinks
        else functional.interpolate(tensor, size=(size[0], size[1]), mode="bilinear", align_corners=False)
    )
    return found[0].permute(1, 2, 0).contiguous().numpy()
