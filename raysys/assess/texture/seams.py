"""Whether opposite edges of a picture continue each other: the step across the seam beside steps inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Seam", "seam", "step_ratios"]

SHARE = 97.5  # per cent of the lines inside, below which a seam is one of them


@dataclass(frozen=True)
class Seam:
    """Steps across both seams of a picture that is laid beside itself.

    A step is the mean absolute difference of two neighbouring lines of pixels, over pixels and channels.

    Attributes
    ----------
    rows, columns
        The step from the last row (column) to the first, over the mean step between neighbouring rows (columns) inside;
        1 where the seam cannot be told from any other line.
    rows_high, columns_high
        The same ratio of lines inside: that which 97.5 % of them do not exceed.
    """

    rows: float
    columns: float
    rows_high: float
    columns_high: float

    @property
    def worst(self) -> float:
        """The larger of the two ratios."""
        return max(self.rows, self.columns)

    @property
    def tileable(self) -> bool:
        """Whether neither seam is further than the lines inside are."""
        return self.rows <= self.rows_high and self.columns <= self.columns_high


def seam(image: np.ndarray) -> Seam:
    """Measure the seams of a picture (H, W) or (H, W, 3)."""
    rows, inside_rows = step_ratios(image, 0)
    columns, inside_columns = step_ratios(image, 1)
    high = [float(np.percentile(inside, SHARE)) for inside in (inside_rows, inside_columns)]
    return Seam(rows, columns, *high)


def step_ratios(image: np.ndarray, axis: int) -> tuple[float, np.ndarray]:
    """The step across the seam, and those between all neighbouring lines (side - 1,), over the mean of the latter."""
    values = np.moveaxis(np.asarray(image, np.float64), axis, 0)
    inside = np.abs(np.diff(values, axis=0)).reshape(len(values) - 1, -1).mean(1)
    across = float(np.abs(values[0] - values[-1]).mean())
    mean = float(inside.mean())
    if mean == 0:  # lines are all the same
        return (1.0 if across == 0 else float("inf")), np.ones_like(inside)
    return across / mean, inside / mean
