"""What guidance maps add to the distance of two patches: progression or annotation, and orientation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from raysys.losses.patches import gathered

__all__ = ["Guidance", "GuidanceDistance", "orientation_distance", "progression_distance"]


@dataclass(frozen=True)
class Guidance:
    """Maps of one image, of any size: they are resized to each layer by the nearest pixel.

    Attributes
    ----------
    progression
        (C, H, W): a progression, or the values of an annotation.
    orientation
        (2, H, W): unit vectors of a field of lines, so that v and -v are one.
    """

    progression: Tensor | None = None
    orientation: Tensor | None = None


def progression_distance(target: Tensor, source: Tensor) -> Tensor:
    """Mean squared difference of patches (n, taps, C) and (m, taps, C): (n, m)."""
    return torch.cdist(target.flatten(1), source.flatten(1)).square() / target[0].numel()


def orientation_distance(target: Tensor, source: Tensor) -> Tensor:
    """Mean over taps of min(|u - v|^2, |u + v|^2) / 2 of patches (n, taps, 2) and (m, taps, 2): (n, m)."""
    total = (target.square().sum((1, 2))[:, None] + source.square().sum((1, 2))) / 2
    for u, v in zip(target.unbind(1), source.unbind(1), strict=True):
        total -= (u @ v.T).abs_()
    return total.div_(target.shape[1]).clamp_(min=0)


class GuidanceDistance:
    """Weighted guidance terms between the patches of a target and of its sources; no gradient is known of them.

    Parameters
    ----------
    target, sources
        Their maps.
    sizes
        Features' sizes (H, W) of the target and of each source.
    progression, orientation
        Weights; a term of weight 0 is left out.
    wrap
        Cells that the target's maps are continued by periodically.
    """

    def __init__(
        self,
        target: Guidance,
        sources: Sequence[Guidance],
        sizes: Sequence[tuple[int, int]],
        *,
        progression: float,
        orientation: float,
        wrap: int = 0,
    ) -> None:
        self.terms = []
        self._theirs: list[Tensor] | None = None  # patches of the sources' maps, the same for all chunks
        for name, weight, distance in (
            ("progression", progression, progression_distance),
            ("orientation", orientation, orientation_distance),
        ):
            if weight:
                maps = [_resized(getattr(one, name), size) for one, size in zip((target, *sources), sizes, strict=True)]
                if wrap:
                    maps[0] = functional.pad(maps[0][None], (0, wrap, 0, wrap), mode="circular")[0]
                self.terms.append((weight, distance, maps))

    def __bool__(self) -> bool:
        return bool(self.terms)

    @torch.no_grad()
    def __call__(self, target: Tensor, sources: Sequence[Tensor], offsets: tuple[int, ...]) -> Tensor:
        """(n, M) between patches at corners (n, 2) and those at all sources' corners (M_k, 2), always the same."""
        each = zip(self.terms, self._sources(sources, offsets), strict=True)
        parts = [
            weight * distance(gathered(maps[0], target, offsets), theirs) for (weight, distance, maps), theirs in each
        ]
        return parts[0] if len(parts) == 1 else torch.stack(parts).sum(0)

    @torch.no_grad()
    def among(self, target: Tensor, columns: Tensor, sources: Sequence[Tensor], offsets: tuple[int, ...]) -> Tensor:
        """(n, K) between patches at corners (n, 2) and the source patches of columns (n, K) of all of them."""
        totals = torch.zeros(columns.shape, device=columns.device)
        for (weight, distance, maps), theirs in zip(self.terms, self._sources(sources, offsets), strict=True):
            ours, others = gathered(maps[0], target, offsets)[:, None], theirs[columns]
            if distance is progression_distance:
                totals = totals + weight * (ours - others).square().mean((2, 3))
            else:
                squares = (ours.square().sum(3) + others.square().sum(3)) / 2
                totals = totals + weight * (squares - (ours * others).sum(3).abs()).mean(2).clamp(min=0)
        return totals

    def _sources(self, corners: Sequence[Tensor], offsets: tuple[int, ...]) -> list[Tensor]:
        """Patches (M, taps, C) of the sources' maps, term by term."""
        if self._theirs is None:
            self._theirs = [
                torch.cat([gathered(one, at, offsets) for one, at in zip(maps[1:], corners, strict=True)])
                for _, _, maps in self.terms
            ]
        return self._theirs


def _resized(values: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(values[None], size=size, mode="nearest")[0]
