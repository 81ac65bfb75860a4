"""The cells of an image: every 2 x 2 pixels, or 2 x 2 x 2 voxels, from which its geometry is counted."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.packed import ONE, WORD
from raysys.stats.phases import Phase

Edges = Literal["closed", "window"]
LAST = np.uint64(WORD - 1)


@dataclass(frozen=True)
class Cells:
    """Packed images, with what lies around them, and which words hold their cells.

    Attributes
    ----------
    words
        uint64: images one after the other, of `layers` slices (1 if flat) of `rows` rows of `across` words, and one
        word more, since a word is read together with the one that follows.
    layers, rows, across
        As said.
    solid
        1 if two slices make a cell, 0 for flat images.
    inside
        uint64 (K, (rows - 1) * across): the cells that begin in each word of a slice and count, of every slice that
        cells begin in; of one for all of them (K = 1), of one image's slices for all images, or of all images'.
    """

    words: np.ndarray
    layers: int
    rows: int
    across: int
    solid: int
    inside: np.ndarray

    def count(self, n: int) -> np.ndarray:
        """Cells (N,) of each of n images."""
        slices = n * (self.layers - self.solid)
        held = np.bitwise_count(self.inside).sum(axis=1, dtype=np.int64)
        return np.resize(held, slices).reshape(n, -1).sum(axis=1)

    @property
    def step(self) -> int:
        """Words of a slice."""
        return self.rows * self.across

    @classmethod
    def of(cls, phase: Phase, edges: Edges) -> Cells:
        """Cells of "closed" images, with background around them, of windows as they are, of periodic ones, which wrap.

        Of a mask, cells of windows and of periodic images lie in it as a whole; closed images end where it does.

        Raises
        ------
        RaysysError
            If the edges are unknown.
        """
        before, behind = around = _around(phase, edges)
        *lengths, width = (length + before + behind for length in phase.shape)
        across = -(-width // WORD)
        words = np.zeros(phase.n * math.prod(lengths) * across + 1, np.uint64)
        wide = words[:-1].reshape(phase.n, *lengths, across)
        within = slice(before, -behind or None)
        rows = phase.slices.words.reshape(phase.n, *phase.shape[:-1], -1)
        _move(rows, wide[(slice(None), *(within,) * len(lengths))], before)
        if behind > before:
            _begin_again(wide, width)
        inside = np.tile(_first_bits(width - 1, across), max(0, lengths[-1] - 1))
        layers = 1 if phase.dims == 2 else lengths[0]
        cells = cls(words, layers, lengths[-1], across, int(phase.dims == 3), inside[None])
        if phase.region is None or around == (1, 1):
            return cells
        return replace(cells, inside=cells.inside & cls.of(phase.region, edges)._whole())

    def _whole(self) -> np.ndarray:
        """The cells all of whose pixels are set, laid out as `inside`."""
        words = self.words[:-1].reshape(-1, self.layers, self.rows, self.across)
        beside = words >> ONE
        beside[..., :-1] |= words[..., 1:] << LAST
        beside &= words
        beside = beside[..., :-1, :] & beside[..., 1:, :]
        if self.solid:
            beside = beside[:, :-1] & beside[:, 1:]
        return beside.reshape(len(words) * (self.layers - self.solid), (self.rows - 1) * self.across)


def extent(phase: Phase, edges: Edges) -> np.ndarray:
    """Pixels (N,) of each image, or of its mask; of windows the cells."""
    # A closed image has one cell more along an axis than pixels, of which the outermost count by half.
    if _around(phase, edges) == (1, 1):
        return np.count_nonzero(phase.masks.reshape(phase.n, -1), axis=1)
    if phase.mask is None:
        return np.full(phase.n, math.prod(length - (phase.boundary == "open") for length in phase.shape))
    return Cells.of(phase, edges).count(phase.n)


def _around(phase: Phase, edges: str) -> tuple[int, int]:
    """Pixels put before and behind along every axis."""
    if edges not in ("closed", "window"):
        raise RaysysError(f"edges is {edges!r}; allowed: closed, window")
    if phase.boundary == "periodic":
        return 0, 1
    return (1, 1) if edges == "closed" else (0, 0)


def _move(rows: np.ndarray, wide: np.ndarray, by: int) -> None:
    """Copy rows of words to wider ones, later by no bit or by one."""
    held, bits = rows.shape[-1], np.uint64(by)
    for j in range(held):
        wide[..., j] = rows[..., j] << bits
    # Word by word, since rows are short.
    for j in range(1, min(held + 1, wide.shape[-1]) if by else 0):
        wide[..., j] |= rows[..., j - 1] >> LAST


def _begin_again(wide: np.ndarray, width: int) -> None:
    """Let the last pixel of every row, row of every slice, and slice be the first."""
    word, bit = divmod(width - 1, WORD)
    wide[..., word] |= (wide[..., 0] & ONE) << np.uint64(bit)
    for axis in range(1, wide.ndim - 1):
        ends = np.moveaxis(wide, axis, 0)
        ends[-1] = ends[0]


def _first_bits(count: int, words: int) -> np.ndarray:
    """Words whose first `count` bits are set."""
    octets = np.packbits(np.arange(words * WORD) < count, bitorder="little")
    return octets.view(np.dtype("<u8")).astype(np.uint64, copy=False)
