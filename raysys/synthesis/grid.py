"""Windows that a large picture is made of: cores side by side, each seen with what lies around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from raysys.errors import RaysysError
from raysys.shapes import by

__all__ = ["CONTEXT", "Grid", "Window"]

CONTEXT = 48  # pixels around a core: what patches of the third block at its edge look at, and some more
ALIGNED = 8  # pixels, so that corners are whole at every scale of the presets


@dataclass(frozen=True)
class Window:
    """One window of a grid.

    Attributes
    ----------
    number
        In the order in which they are made, row by row.
    rows, columns
        Of the picture that the window shows, int64; of tileable pictures they go on beyond the edge.
    core
        The part of the window that is kept.
    """

    number: int
    rows: np.ndarray
    columns: np.ndarray
    core: tuple[slice, slice]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), len(self.columns)

    @property
    def at(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the window is, to index a picture by."""
        return self.rows[:, None], self.columns[None, :]

    @property
    def core_at(self) -> tuple[slice, slice]:
        """Where its core is; cores never go on beyond an edge."""
        rows, columns = self.rows[self.core[0]], self.columns[self.core[1]]
        return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


@dataclass(frozen=True)
class Grid:
    """A picture cut into windows.

    Attributes
    ----------
    size
        Of the picture.
    side
        Of a window with its context, at most, about.
    context
        Pixels around a core.
    periodic
        Whether windows at an edge see the opposite one.
    """

    size: tuple[int, int]
    side: int
    context: int
    periodic: bool = False

    @classmethod
    def of(cls, size: tuple[int, int], side: int, *, periodic: bool = False) -> Grid:
        """A grid of windows with the usual context, less of small windows.

        Raises
        ------
        RaysysError
            If windows are too small to have a core, or a tileable picture is so small that one would see itself.
        """
        context = min(CONTEXT, side // 4 // ALIGNED * ALIGNED)
        if not context:
            raise RaysysError(f"windows of {side} pixels; allowed: {4 * ALIGNED} and more")
        least = 4 * context + 2 * ALIGNED
        if periodic and min(size) < least:
            raise RaysysError(
                f"a tileable picture of {by(size)} pixels by windows of {side}; allowed: {least} a side and more, or "
                "one piece"
            )
        return cls(size, side, context, periodic)

    @property
    def edges(self) -> tuple[list[int], list[int]]:
        """Where cores begin and end along both axes."""
        rows, columns = (self._edges(side) for side in self.size)
        return rows, columns

    @property
    def count(self) -> int:
        """Number of windows."""
        rows, columns = self.edges
        return (len(rows) - 1) * (len(columns) - 1)

    def windows(self) -> Iterator[Window]:
        """All of them, in the order in which they are made."""
        rows, columns = self.edges
        for j in range(len(rows) - 1):
            for i in range(len(columns) - 1):
                down, core_down = self._extent(rows[j], rows[j + 1], self.size[0])
                across, core_across = self._extent(columns[i], columns[i + 1], self.size[1])
                yield Window(j * (len(columns) - 1) + i, down, across, (core_down, core_across))

    def made_before(self, window: Window) -> np.ndarray:
        """Which of a window's pixels belong to cores that were made before it, bool."""
        rows, columns = self.edges
        down = np.searchsorted(rows, window.rows, side="right") - 1
        across = np.searchsorted(columns, window.columns, side="right") - 1
        numbers: np.ndarray = down[:, None] * (len(columns) - 1) + across[None, :]
        return numbers < window.number

    def _edges(self, side: int) -> list[int]:
        core = self.side - 2 * self.context
        count = max(2 if self.periodic else 1, -(-side // core))
        inside = [round(place * side / count / ALIGNED) * ALIGNED for place in range(count)]
        return [*inside, side]

    def _extent(self, first: int, last: int, side: int) -> tuple[np.ndarray, slice]:
        """Pixels of a window along an axis, and its core among them."""
        before, after = first - self.context, last + self.context
        if not self.periodic:
            before, after = max(0, before), min(side, after)
        return np.arange(before, after) % side, slice(first - before, last - before)
