"""Guided Correspondence, Contextual and MRF losses: how well every patch of an image fits into a texture.

One distance and three reductions. Memory is that of some rows of the table of all pairs, never of the whole: a chunk's
gradient is taken while the chunk is there, so that nothing is kept and nothing computed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.losses.patch_context import ContextSearch, Fields
from raysys.losses.patch_guidance import Guidance, GuidanceDistance
from raysys.losses.patch_pairs import PatchPairs, PhasedPairs, SampledPairs
from raysys.losses.patch_tables import AllPairs, CandidatePairs, PatchTable
from raysys.losses.patch_use import PatchUse, places_of
from raysys.losses.patches import Grid

__all__ = ["Guidance", "GuidedCorrespondence", "PatchSettings"]

Reduce = Literal["target", "source", "mrf"]
Search = Literal["exact", "grid"]
ELEMENTS = 1 << 21  # pairs in a chunk: 8 MB a table, which a processor can keep at hand


@dataclass(frozen=True)
class PatchSettings:
    """How patches are cut, compared and reduced.

    Attributes
    ----------
    reduce
        "target": each target patch is to have one source patch much nearer than all others (Guided Correspondence).
        "source": each source patch is to be the one that some target patch is near to (Contextual). "mrf": the mean
        distance to the nearest source patch (CNNMRF).
    patch
        Cells of features a side.
    stride
        Cells between patches; and between a patch's taps where the search is "grid".
    search
        "exact": all patches of a stride. "grid": of each patch every `stride`-th tap, and of all patches those of one
        phase that is drawn anew each time; a fraction of the time, for the same minimum.
    most
        Patches of either side at most; of more, so many are drawn with replacement (100 x 100 as published). Where the
        search is "exact" only.
    h
        Bandwidth: how much nearer than all others the nearest is to be.
    eps
        Added to the least distance, which of an exact copy is 0 but for rounding.
    progression, orientation
        Weights of guidance maps.
    occurrence
        Weight of the use of a source's place; 1 is uniform use.
    memory
        Of the use, from step to step; 0 counts every image by itself, which takes a pass of its own.
    context
        Cells around where the matches of a patch and of its neighbours point, in which its own is looked for; 0 looks
        everywhere. The first search is everywhere.
    turned
        Whether such matches are taken from the copy that turns them to the direction asked for.
    """

    reduce: Reduce = "target"
    patch: int = 7
    stride: int = 3
    search: Search = "exact"
    most: int = 10_000
    h: float = 0.5
    eps: float = 1e-5
    progression: float = 0.0
    orientation: float = 0.0
    occurrence: float = 0.05
    memory: float = 0.0
    context: int = 0
    turned: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (("reduce", ("target", "source", "mrf")), ("search", ("exact", "grid"))):
            if getattr(self, name) not in allowed:
                raise RaysysError(f"{name} is {getattr(self, name)!r}; allowed: {', '.join(map(repr, allowed))}")
        for name, least in (("patch", 1), ("stride", 1), ("most", 1)):
            if getattr(self, name) < least:
                raise RaysysError(f"{name} is {getattr(self, name)}; allowed: whole numbers >= {least}")
        if self.h <= 0 or self.eps <= 0 or not 0 <= self.memory < 1:
            raise RaysysError(f"h {self.h}, eps {self.eps}, memory {self.memory}; allowed: > 0, > 0, 0 <= memory < 1")
        if self.context < 0 or (self.context and self.reduce == "source") or (self.turned and not self.context):
            raise RaysysError(
                f"context {self.context}, turned {self.turned}, reduce {self.reduce!r}; allowed: 0 and more cells, "
                "turned with 1 and more, and reduce 'target' or 'mrf', which look for the nearest of each target patch"
            )

    @property
    def offsets(self) -> tuple[int, ...]:
        """Of the taps from a patch's corner."""
        return tuple(range(0, self.patch, self.stride if self.search == "grid" else 1))

    @property
    def reach(self) -> int:
        """Cells from a patch's corner to its last tap."""
        return self.offsets[-1]


class GuidedCorrespondence:
    """The loss of one layer's features against those of its sources.

    Parameters
    ----------
    sources
        Features (C, h, w) of one image, of its flipped and rotated copies, or of several images.
    settings
        See `PatchSettings`.
    guidance
        Maps of each source, where guidance has a weight.
    coordinates
        (2, h, w) of each source, where copies share the budget of the first; see `patch_use.places_of`.
    fields
        Angles of the picture's and of the first source's cells, where matches are turned.
    periodic
        Whether patches of the target go on from its last row and column to its first.

    Attributes
    ----------
    use
        Of the sources' places so far; its table is what a run that goes on later must keep.

    References
    ----------
    Zhou et al. 2023 (CVPR), "Neural Texture Synthesis with Guided Correspondence", and its supplement, appendix A;
    Mechrez et al. 2018 (ECCV), Eqs. 1-4 (Contextual); Li and Wand 2016 (CVPR) (MRF).
    """

    def __init__(
        self,
        sources: Sequence[Tensor],
        settings: PatchSettings = PatchSettings(),
        *,
        guidance: Sequence[Guidance] | None = None,
        coordinates: Sequence[Tensor] | None = None,
        fields: Fields | None = None,
        periodic: bool = False,
    ) -> None:
        self.sources = [_at_least_float32(source.detach()) for source in sources]
        self.settings, self.coordinates, self.periodic = settings, coordinates, periodic
        self.guidance = [Guidance() for _ in sources] if guidance is None else list(guidance)
        self.use = PatchUse(settings.memory)
        self.fields, self.context = fields, self._context()
        self._exact: PatchPairs | None = None  # kept where it is the same for every step

    def __call__(
        self, features: Tensor, guidance: Guidance = Guidance(), *, generator: torch.Generator | None = None
    ) -> Tensor:
        """The loss of features (1, C, H, W) with maps of their image; nothing else than the features has a gradient.

        Parameters
        ----------
        generator
            What phases and samples are drawn from; torch's own by default.
        """
        if features.ndim != 4 or len(features) != 1 or features.shape[1] != self.sources[0].shape[0]:
            raise RaysysError(
                f"features have shape {tuple(features.shape)}; allowed: (1, {self.sources[0].shape[0]}, H, W)"
            )
        with torch.autocast(features.device.type, enabled=False):
            target = _at_least_float32(features[0])
            wrap = self.settings.reach if self.periodic else 0
            if wrap:
                target = functional.pad(target[None], (0, wrap, 0, wrap), mode="circular")[0]
            pairs = self._pairs(target, generator)
            maps = self._guidance_distance(guidance, features.shape[2:], wrap)
            loss: Tensor = _Evaluated.apply(target, lambda values, wanted: self._evaluate(values, pairs, maps, wanted))  # type: ignore[no-untyped-call]
            return loss

    def _context(self) -> ContextSearch | None:
        if not self.settings.context:
            return None
        coordinates = self.coordinates
        if coordinates is None:
            shapes = [one.shape[1:] for one in self.sources]
            coordinates = [
                torch.stack(torch.meshgrid(*map(torch.arange, one), indexing="ij")).float() for one in shapes
            ]
        return ContextSearch(self.settings.context, coordinates, turned=self.settings.turned)

    def _guidance_distance(self, guidance: Guidance, size: torch.Size, wrap: int) -> GuidanceDistance:
        sizes = [(size[0], size[1]), *((one.shape[1], one.shape[2]) for one in self.sources)]
        weights = {"progression": self.settings.progression, "orientation": self.settings.orientation}
        for name, weight in weights.items():
            if weight and any(getattr(one, name) is None for one in (guidance, *self.guidance)):
                raise RaysysError(
                    f"{name} has weight {weight:g} but a map is missing; give one of each source and target"
                )
        return GuidanceDistance(guidance, self.guidance, sizes, wrap=wrap, **weights)

    def _pairs(self, target: Tensor, generator: torch.Generator | None) -> PatchPairs:
        with torch.no_grad():
            if self.settings.search == "grid":
                target_grid, *grids = (self._grid(one, generator, draw=True) for one in (target, *self.sources))
                return PhasedPairs(self.sources, target_grid, grids)
            target_grid, *grids = (self._grid(one) for one in (target, *self.sources))
            most, patches = self.settings.most, sum(grid.count for grid in grids)
            # A context knows the matches of a grid, not of patches drawn anew each time.
            if self.context is None and max(target_grid.count, patches) > most:
                ours = _drawn(target_grid.corners(), most, generator)
                theirs = [_drawn(grid.corners(), most * grid.count // patches, generator) for grid in grids]
                return SampledPairs(self.sources, ours, theirs, self.settings.offsets)
            if self._exact is None or self._exact.count != target_grid.count:
                self._exact = PhasedPairs(self.sources, target_grid, grids)
            return self._exact

    def _grid(self, values: Tensor, generator: torch.Generator | None = None, *, draw: bool = False) -> Grid:
        height, width = values.shape[1:]
        s = self.settings
        # The phases that leave a patch in the map.
        room = [max(1, min(s.stride, side - s.reach)) for side in (height, width)]
        origin = [int(torch.randint(one, (), generator=generator)) if draw else 0 for one in room]
        return Grid(height, width, s.stride, s.offsets, (origin[0], origin[1]))

    def _evaluate(
        self, target: Tensor, pairs: PatchPairs, maps: GuidanceDistance, wanted: bool
    ) -> tuple[Tensor, Tensor | None]:
        """The loss, and its gradient in the target's features if wanted."""
        # Of different images each has places of its own, numbered as in the largest of them.
        own = self.sources if self.coordinates is None else self.sources[:1]
        shape = (max(one.shape[1] for one in own), max(one.shape[2] for one in own))
        s = self.settings
        places = places_of(pairs.source_corners, self.coordinates, shape=shape, stride=s.stride, reach=s.patch - 1)
        nearest: list[Tensor] = []
        table = self._table(pairs, maps)
        penalty = self._penalty(target, table, places)

        def distances(band: Tensor, first: int, last: int, note: bool = False) -> Tensor:
            d = table.distances(band, first, last)
            if note and (s.memory or self.context):
                nearest.append(table.nearest(d, first, last))
            return d if penalty is None else d + table.of_columns(penalty, first, last)

        evaluate = _over_sources if s.reduce == "source" else _over_targets
        loss, gradient = evaluate(target, table, distances, s, wanted)
        if s.occurrence and s.memory:
            self.use.omega(places, torch.cat(nearest))
        if self.context is not None and isinstance(pairs, PhasedPairs):
            self.context.note(pairs.grid, pairs.grids, torch.cat(nearest))
        return loss, gradient

    def _table(self, pairs: PatchPairs, maps: GuidanceDistance) -> PatchTable:
        """All pairs, or the candidates that a context leaves."""
        if self.context is None or self.context.matches is None or not isinstance(pairs, PhasedPairs):
            return AllPairs(pairs, maps)
        found = self.context.candidates(pairs.grid, pairs.grids, fields=self.fields, periodic=self.periodic)
        return CandidatePairs(pairs, maps, self.sources, pairs.grids, found)

    @torch.no_grad()
    def _penalty(self, target: Tensor, table: PatchTable, places: Tensor) -> Tensor | None:
        """What each source patch costs for its use, (M,)."""
        if not self.settings.occurrence:
            return None
        if self.settings.memory:
            return self.settings.occurrence * self.use.so_far(places).to(target)
        nearest = [
            table.nearest(table.distances(target[:, table.band(*chunk)], *chunk), *chunk)
            for chunk in table.chunks(ELEMENTS)
        ]
        return self.settings.occurrence * self.use.omega(places, torch.cat(nearest)).to(target)


Distances = Callable[..., Tensor]


class _Evaluated(torch.autograd.Function):
    """A scalar whose gradient was computed together with it."""

    @staticmethod
    def forward(ctx: Any, target: Tensor, evaluate: Callable[[Tensor, bool], tuple[Tensor, Tensor | None]]) -> Tensor:
        loss, gradient = evaluate(target.detach(), ctx.needs_input_grad[0])
        ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return above * gradient, None


def _over_targets(
    target: Tensor, table: PatchTable, distances: Distances, settings: PatchSettings, wanted: bool
) -> tuple[Tensor, Tensor | None]:
    """Mean over target patches of -log of the largest share of a row, or of the least distance."""

    def part(band: Tensor, first: int, last: int) -> Tensor:
        d = distances(band, first, last, note=True)
        if settings.reduce == "mrf":
            return d.min(1).values.sum() / table.count
        each: Tensor = _Unlikeness.apply(d, settings.eps, settings.h)  # type: ignore[no-untyped-call]
        return each.sum() / table.count

    return _summed(target, table, part, wanted)


def _over_sources(
    target: Tensor, table: PatchTable, distances: Distances, settings: PatchSettings, wanted: bool
) -> tuple[Tensor, Tensor | None]:
    """-log of the mean over source patches of the largest share that a target patch has for it."""
    best: list[tuple[Tensor, Tensor]] = []
    with torch.no_grad():
        for first, last in table.chunks(ELEMENTS):
            d = distances(target[:, table.band(first, last)], first, last, note=True)
            largest = _log_shares(d, settings).max(0)
            best.append((largest.values, largest.indices + first))
    values = torch.stack([one for one, _ in best])
    chosen = torch.stack([rows for _, rows in best]).gather(0, values.argmax(0)[None])[0]
    mean = values.max(0).values.exp().mean()

    def part(band: Tensor, first: int, last: int) -> Tensor:
        columns = torch.nonzero((chosen >= first) & (chosen < last))[:, 0]
        shares = _log_shares(distances(band, first, last), settings)
        return -shares[chosen[columns] - first, columns].exp().sum() / (len(chosen) * mean)

    # The chunks' parts have the gradient of the whole's logarithm, since they are divided by its value.
    return -mean.log(), _summed(target, table, part, wanted)[1] if wanted else None


class _Unlikeness(torch.autograd.Function):
    """-log of the largest share of each row of distances: (n, M) -> (n,); see `_log_shares`.

    Written out since autograd keeps five tables where one does.
    """

    @staticmethod
    def forward(ctx: Any, d: Tensor, eps: float, h: float) -> Tensor:
        least, nearest = d.min(1)
        guarded = least + eps
        weights = (d - least[:, None]).mul_(-1 / (h * guarded[:, None])).exp_()
        sums = weights.sum(1)
        mean = torch.linalg.vecdot(weights, d) / sums
        # The least distance is in every exponent; its gradient goes to the column that has it.
        ctx.save_for_backward(weights, nearest, 1 / (h * guarded * sums), (mean + eps) / (h * guarded**2))
        return sums.log()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor, None, None]:
        weights, nearest, of_all, of_least = ctx.saved_tensors
        gradient = weights * (-above * of_all)[:, None]
        gradient[torch.arange(len(gradient)), nearest] += above * of_least
        return gradient, None, None


def _log_shares(d: Tensor, settings: PatchSettings) -> Tensor:
    """log A (n, M), where A are the weights exp((1 - d / d_min) / h) as shares of their row.

    The nearest column's exponent is taken off all others, which leaves the shares as they are: the largest is then
    exp(0), so that -log of its share is the logarithm of the row's sum.
    """
    least = d.min(1, keepdim=True).values
    z = (least - d) / (least + settings.eps) / settings.h
    return z - torch.logsumexp(z, dim=1, keepdim=True)


def _summed(
    target: Tensor, table: PatchTable, part: Callable[[Tensor, int, int], Tensor], wanted: bool
) -> tuple[Tensor, Tensor | None]:
    """The parts of all chunks, and the gradient of their sum; each chunk is forgotten before the next one begins."""
    loss, gradient = torch.zeros((), dtype=target.dtype, device=target.device), torch.zeros_like(target)
    for first, last in table.chunks(ELEMENTS):
        rows = table.band(first, last)
        band = target[:, rows].detach()
        with torch.set_grad_enabled(wanted):
            found = part(band.requires_grad_(wanted), first, last)
        if wanted:
            gradient[:, rows] += torch.autograd.grad(found, band)[0]
        loss += found.detach()
    return loss, gradient if wanted else None


def _drawn(corners: Tensor, count: int, generator: torch.Generator | None) -> Tensor:
    return corners[torch.randint(len(corners), (max(1, count),), generator=generator)]


def _at_least_float32(values: Tensor) -> Tensor:
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values
