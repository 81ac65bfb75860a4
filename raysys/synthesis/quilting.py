"""Image quilting: windows of a source laid over each other, cut where they differ least.

The start of every synthesis, and a method of its own that needs no network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import fft

from raysys.errors import RaysysError

__all__ = ["Guides", "Quilt", "cheapest_path", "quilt", "quilt_in_bands"]

TOLERANCE = 0.1  # windows whose error is within this share of the least are drawn from (Efros and Freeman 2001)
ROUNDING = 1e-9  # of sums of squares by transforms, as a share of the whole: what is as good as no error
BAND = 256  # rows of a quilt that are taken from a file at once
SLACK = 0.01  # of guided windows, of which the best may have no error at all: where 0.5 is a random pair's


@dataclass(frozen=True)
class Quilt:
    """A quilt, and where each of its pixels comes from.

    Attributes
    ----------
    image
        As the source, of the size asked for.
    origin
        Row and column in the source of every pixel, int32 (H, W, 2): image[y, x] = source[origin[y, x]].
    copy
        Of several sources the number of the pixel's, int32 (H, W); else 0.
    """

    image: np.ndarray
    origin: np.ndarray
    copy: np.ndarray


@dataclass(frozen=True)
class Guides:
    """Channels whose squared differences are added to those of the images, pixel by pixel.

    Attributes
    ----------
    target
        (H, W, G) of the quilt.
    sources
        (h, w, G) of each source.
    """

    target: np.ndarray
    sources: tuple[np.ndarray, ...]


def quilt(
    source: np.ndarray | Sequence[np.ndarray],
    size: tuple[int, int],
    *,
    seed: int | tuple[int, ...] = 0,
    block: int = 48,
    overlap: int | None = None,
    periodic: bool = False,
    guides: Guides | None = None,
    held: np.ndarray | None = None,
) -> Quilt:
    """A larger image of windows of a source.

    Parameters
    ----------
    source
        (H, W) or (H, W, 3), of any number type; or several such, copies of one image, that windows are taken from.
    size
        Rows and columns wanted.
    seed
        Everything that is drawn is a function of it.
    block
        Side of the windows, in pixels; at most the source's and the wanted image's shorter side.
    overlap
        Pixels that neighbouring windows share at least; a sixth of a window by default.
    periodic
        Whether opposite edges are to meet as neighbouring windows do.
    guides
        What the windows are to follow beside their neighbours.
    held
        Row and column in the source, (H, W, 2), of pixels that are known already and stay; -1 of those that are to be
        filled. Windows are laid only over the latter.

    Raises
    ------
    RaysysError
        If a side is less than 2 pixels.

    References
    ----------
    Efros and Freeman 2001 (SIGGRAPH), sections 2.1-2.2.
    """
    sources = [source] if isinstance(source, np.ndarray) else list(source)
    if sources[0].ndim not in (2, 3) or min(*size, *(side for one in sources for side in one.shape[:2])) < 2:
        raise RaysysError(
            f"quilting {sources[0].shape} pixels to {tuple(size)}; allowed: two axes of at least 2 pixels"
        )
    block = min(block, *size, *(side for one in sources for side in one.shape[:2]))
    overlap = max(1, block // 6) if overlap is None else overlap
    if not 0 < overlap < block:
        raise RaysysError(f"windows of {block} pixels share {overlap}; allowed: 1 to {block - 1}")
    work = _Quilting(sources, size, block, overlap, periodic, guides)
    if held is not None:
        work.hold(held)
    work.fill(np.random.default_rng(seed))
    copy, row, column = np.moveaxis(work.origin[: size[0], : size[1]], -1, 0)
    flat = np.concatenate([one.reshape(-1, *one.shape[2:]) for one in sources])
    return Quilt(flat[work.places(copy, row, column)], np.stack([row, column], axis=-1), copy)


def quilt_in_bands(
    sources: Sequence[np.ndarray],
    size: tuple[int, int],
    canvas: Path,
    *,
    seed: int | tuple[int, ...],
    block: int,
    periodic: bool = False,
    guides: Guides | None = None,
) -> Iterator[np.ndarray]:
    """The image of `quilt` some rows at a time, of any size; where its pixels come from lies in a file, 12 bytes each.

    Parameters
    ----------
    canvas
        The file (.npy), which may be deleted afterwards. The others: see `quilt`.
    """
    block = min(block, *size, *(side for one in sources for side in one.shape[:2]))
    work = _Quilting(sources, size, block, max(1, block // 6), periodic, guides, canvas)
    work.fill(np.random.default_rng(seed))
    flat = np.concatenate([one.reshape(-1, *one.shape[2:]) for one in sources])
    for first in range(0, size[0], BAND):
        held = np.array(work.origin[first : min(first + BAND, size[0]), : size[1]])
        yield flat[work.places(*np.moveaxis(held, -1, 0))]


class _Quilting:
    """A quilt on its way: which source and which of its pixels each pixel has, -1 where there is none yet."""

    def __init__(
        self,
        sources: Sequence[np.ndarray],
        size: tuple[int, int],
        block: int,
        overlap: int,
        periodic: bool,
        guides: Guides | None,
        file: Path | None = None,
    ) -> None:
        self.block, self.periodic = block, periodic
        self.rows, self.columns = (_corners(side, block, overlap, periodic) for side in size)
        canvas = size if periodic else (self.rows[-1] + block, self.columns[-1] + block)
        self.origin = _unknown((*canvas, 3), file)
        self.fixed, self.wanted = np.zeros(canvas, bool), np.ones(canvas, bool)
        values = [one.reshape(*one.shape[:2], -1).astype(np.float64) for one in sources]
        self.flat = np.concatenate([one.reshape(-1, one.shape[-1]) for one in values])
        self.widths = np.array([one.shape[1] for one in sources])
        self.firsts = np.cumsum([0, *(one.shape[0] * one.shape[1] for one in sources)])
        self.windows = [_Windows(one, block) for one in values]
        self.guides: list[_Windows] = []
        if guides is not None:
            beyond = [(0, max(0, side - length)) for side, length in zip(canvas, size, strict=True)]
            self.target = np.pad(guides.target.astype(np.float64), (*beyond, (0, 0)), mode="edge")
            self.guides = [_Windows(one.astype(np.float64), block) for one in guides.sources]

    def hold(self, held: np.ndarray) -> None:
        """Pixels that are known already; the rest is to be filled, up to the picture's edges and not beyond."""
        inside = np.s_[: held.shape[0], : held.shape[1]]
        known = np.asarray((held >= 0).all(-1))
        self.fixed[inside] = known
        self.wanted[:] = False
        self.wanted[inside] = ~known
        self.origin[inside] = np.where(known[..., None], np.insert(held, 0, 0, axis=-1), -1)

    def fill(self, random: np.random.Generator) -> None:
        """Lay all windows that are wanted, row by row."""
        for row in self.rows:
            for column in self.columns:
                at = np.ix_(*(np.arange(first, first + self.block) % side for first, side in self._sides(row, column)))
                if not self.wanted[at].any():
                    continue
                held = self.origin[at]
                corner = self._guided(held, at, random) if self.guides else self._chosen(held, random)
                inside = np.indices((1, self.block, self.block))[:, 0]  # which adds nothing to the source's number
                new = (np.moveaxis(inside, 0, -1) + corner).astype(np.int32)
                keep = self._kept(held, new, row, column) | self.fixed[at]
                self.origin[at] = np.where(keep[..., None], held, new)

    def places(self, copy: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        """Numbers of pixels in the list of all sources' pixels."""
        found: np.ndarray = self.firsts[copy] + row * self.widths[copy] + column
        return found

    def _sides(self, row: int, column: int) -> tuple[tuple[int, int], tuple[int, int]]:
        return (row, self.origin.shape[0]), (column, self.origin.shape[1])

    def _chosen(self, held: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Source and corner of a window that agrees with what is held."""
        known = held[..., 0] >= 0
        if not known.any():
            copy = int(random.integers(len(self.windows))) if len(self.windows) > 1 else 0
            return np.array([copy, *(random.integers(side) for side in self.windows[copy].shape)])
        errors = [one.errors(np.where(known[..., None], self._of(held), 0), known) for one in self.windows]
        rounding = ROUNDING * max(one.scale for one in self.windows)
        return self._drawn(errors, rounding, random)

    def _guided(self, held: np.ndarray, at: tuple[np.ndarray, ...], random: np.random.Generator) -> np.ndarray:
        """The same of one that agrees with the guides too; each counts by its mean over the pixels that are known."""
        # Pixels that stay take nothing of the window.
        known, taken = held[..., 0] >= 0, ~self.fixed[at]
        wanted = self.target[at]
        errors = [one.errors(wanted, taken) / taken.sum() for one in self.guides]
        if known.any():
            values = np.where(known[..., None], self._of(held), 0)
            # Of a random pair of pixels it is then 0.5, as the distance of a random pair of features.
            scale = 4 * self.flat.var(0).sum() * known.sum()
            errors = [
                error + one.errors(values, known) / scale for error, one in zip(errors, self.windows, strict=True)
            ]
        return self._drawn(errors, SLACK, random)

    def _drawn(self, errors: Sequence[np.ndarray], slack: float, random: np.random.Generator) -> np.ndarray:
        """Source and corner of one of the windows whose error is near the least."""
        flat = np.concatenate([one.reshape(-1) for one in errors])
        chosen = random.choice(np.flatnonzero(flat <= flat.min() * (1 + TOLERANCE) + slack))
        ends = np.cumsum([one.size for one in errors])
        copy = int(np.searchsorted(ends, chosen, side="right"))
        return np.array([copy, *np.unravel_index(chosen - (ends[copy] - errors[copy].size), errors[copy].shape)])

    def _of(self, origin: np.ndarray) -> np.ndarray:
        """Values of the sources' pixels; of -1 those of another, which nobody looks at."""
        return self.flat[self.places(*np.moveaxis(origin, -1, 0))]

    def _kept(self, held: np.ndarray, new: np.ndarray, row: int, column: int) -> np.ndarray:
        """Where the held pixels stay, bool (block, block): on their side of the cut through each overlap."""
        known = held[..., 0] >= 0
        cost = np.where(known, ((self._of(held) - self._of(new)) ** 2).sum(-1), 0)
        left, top = (_shared(all_, one, self.block) for all_, one in ((self.columns, column), (self.rows, row)))
        keep = np.zeros_like(known)
        keep[:, :left] |= _before(cost[:, :left])
        keep[:top] |= _before(cost[:top].T).T
        if self.periodic:
            right = _wrapped(self.columns, column, self.block, self.origin.shape[1])
            bottom = _wrapped(self.rows, row, self.block, self.origin.shape[0])
            keep[:, self.block - right :] |= _before(cost[:, ::-1][:, :right])[:, ::-1]
            keep[self.block - bottom :] |= _before(cost[::-1][:bottom].T).T[::-1]
        return keep & known


def _unknown(shape: tuple[int, ...], file: Path | None) -> np.ndarray:
    """int32, -1 everywhere; in a file where one is named."""
    if file is None:
        return np.full(shape, -1, np.int32)
    held = np.lib.format.open_memmap(file, "w+", np.int32, shape)
    for first in range(0, shape[0], BAND):
        held[first : first + BAND] = -1
    return held


class _Windows:
    """All windows of a source, compared with a part of one by transforms."""

    def __init__(self, values: np.ndarray, block: int) -> None:
        self.side = values.shape[:2]
        self.shape = (self.side[0] - block + 1, self.side[1] - block + 1)
        self.centre = values.mean((0, 1))
        centred = values - self.centre
        self.spectrum = fft.rfft2(centred, axes=(0, 1))
        self.squares = fft.rfft2((centred**2).sum(-1))
        self.scale = float((centred**2).sum())
        self._energies: dict[bytes, np.ndarray] = {}

    def errors(self, wanted: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Sums of squared differences over the known pixels, of every window: (rows, columns)."""
        values = np.where(known[..., None], wanted - self.centre, 0)
        spectrum = fft.rfft2(values, s=self.side, axes=(0, 1))
        products = self._valid((self.spectrum * spectrum.conj()).sum(-1))
        return np.maximum(self._energy(known) - 2 * products + (values**2).sum(), 0)

    def _energy(self, known: np.ndarray) -> np.ndarray:
        """Sums of squares over the known pixels of every window; few patterns of them occur."""
        key = known.tobytes()
        if key not in self._energies:
            mask = fft.rfft2(known.astype(np.float64), s=self.side)
            self._energies[key] = self._valid(self.squares * mask.conj())
        return self._energies[key]

    def _valid(self, spectrum: np.ndarray) -> np.ndarray:
        return fft.irfft2(spectrum, s=self.side)[: self.shape[0], : self.shape[1]]


def cheapest_path(cost: np.ndarray) -> np.ndarray:
    """Columns (H,) of the path from top to bottom whose summed cost is least; it moves by one a row at most."""
    total = np.empty(cost.shape)
    total[0] = cost[0]
    for row in range(1, len(cost)):
        padded = np.pad(total[row - 1], 1, constant_values=np.inf)
        total[row] = cost[row] + np.minimum(np.minimum(padded[:-2], padded[1:-1]), padded[2:])
    path = np.empty(len(cost), np.int64)
    path[-1] = total[-1].argmin()
    for row in range(len(cost) - 2, -1, -1):
        first = max(path[row + 1] - 1, 0)
        path[row] = first + total[row, first : path[row + 1] + 2].argmin()
    return path


def _before(cost: np.ndarray) -> np.ndarray:
    """Pixels left of the cheapest path through an overlap, bool (H, W)."""
    if not cost.shape[1]:
        return np.zeros(cost.shape, bool)
    return np.arange(cost.shape[1]) < cheapest_path(cost)[:, None]


def _corners(side: int, block: int, overlap: int, periodic: bool) -> list[int]:
    """Where windows begin along an axis."""
    step = block - overlap
    if not periodic:
        return list(range(0, max(side - overlap, 1), step))
    count = max(2, -(-side // step))
    return [place * side // count for place in range(count)]


def _shared(corners: list[int], corner: int, block: int) -> int:
    """Pixels that the window at a corner shares with the one before it."""
    place = corners.index(corner)
    return corners[place - 1] + block - corner if place else 0


def _wrapped(corners: list[int], corner: int, block: int, side: int) -> int:
    """Pixels that the last window shares with the first one, on the other side of the edge."""
    return max(0, corner + block - side) if corner == corners[-1] else 0
