"""What one image is asked to have, as a function of the place: the same everywhere, or interpolated from a map."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from raysys.models.window import Points

Values = NDArray[np.float32]


class Code(ABC):
    """Values that can be asked for at every place of an endless image."""

    @abstractmethod
    def at(self, points: Points, cell: int) -> Values:
        """Values at the middles of lattice cells of `cell` pixels.

        Returns
        -------
        float32 (values, *points), with length 1 along axes on which they do not depend
        """


@dataclass(frozen=True)
class Constant(Code):
    """The same values float32 (values,) at every place."""

    values: Values

    def at(self, points: Points, cell: int) -> Values:
        """Do what `Code` says."""
        return self.values.reshape(-1, *(1,) * len(points.shape))


@dataclass(frozen=True)
class CodeMap(Code):
    """A grid of values spread over a part of the endless image; beyond it the values of its border go on.

    On an image that repeats, the map repeats with it.

    Attributes
    ----------
    values
        float32 (values, *grid); each stands for an equal part of the extent, and is exact in that part's middle.
    origin, extent
        Pixels [origin, origin + extent) over which the grid is spread.
    smooth
        Interpolate linearly between the middles; otherwise take the nearest.
    """

    values: Values
    origin: tuple[int, ...]
    extent: tuple[int, ...]
    smooth: bool = True

    def at(self, points: Points, cell: int) -> Values:
        """Do what `Code` says; a function of the absolute coordinate alone, in float64, whatever the window."""
        places = [self._place(axis, line, cell, points.period is not None) for axis, line in enumerate(points.axes())]
        result = np.zeros((len(self.values), *points.shape), np.float64)
        for corner in product((0, 1), repeat=len(places)):
            weight = np.ones((1,) * len(places))
            for axis, (_, share) in enumerate(places):
                along = [1] * len(places)
                along[axis] = -1
                weight = weight * (share if corner[axis] else 1 - share).reshape(along)
            near = self.values
            for axis, (ends, _) in enumerate(places):
                near = near.take(ends[corner[axis]], axis=axis + 1)
            result += weight * near
        return result.astype(np.float32)

    def _place(
        self, axis: int, line: NDArray[np.int64], cell: int, wrapped: bool
    ) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]:
        """The two grid points about each coordinate, and how much the second counts."""
        count = self.values.shape[axis + 1]
        where = ((line + 0.5) * cell - self.origin[axis]) / self.extent[axis] * count - 0.5
        if not self.smooth:
            where = np.floor(where + 0.5)
        before = np.floor(where).astype(np.int64)
        both = (before, before + 1)
        ends = [end % count if wrapped else np.clip(end, 0, count - 1) for end in both]
        return (ends[0], ends[1]), where - before
