"""The period of an exemplar that repeats itself, and sizes of tileable pictures that are whole numbers of it."""

from __future__ import annotations

import numpy as np
from scipy import fft

from raysys.synthesis.exemplar import POOLED

__all__ = ["period_along", "rounded_size"]

CLEAR = 0.6  # correlation at a lag that is a period
TROUGH = 0.5  # by how much it is lower somewhere before
SHORTEST = 4  # pixels
EXACT = 0.5  # pixels, by which a size may miss a whole number of periods


def period_along(image: np.ndarray, axis: int) -> float | None:
    """Pixels after which an image repeats itself along an axis, if it clearly does.

    Parameters
    ----------
    image
        (H, W) or (H, W, 3).
    """
    grey = np.asarray(image, np.float64)
    grey = grey.mean(-1) if grey.ndim == 3 else grey
    correlation = _correlation(np.moveaxis(grey, axis, -1))
    peaks = [
        k
        for k in range(SHORTEST, len(correlation) - 1)
        if correlation[k] >= max(CLEAR, correlation[k - 1], correlation[k + 1])
        and correlation[:k].min() < correlation[k] - TROUGH
    ]
    if not peaks:
        return None
    # The first peak that is about as high as any: before it there may be lower ones, of a part of the pattern.
    highest = max(correlation[k] for k in peaks)
    first = next(k for k in peaks if correlation[k] > 0.9 * highest)
    period = _vertex(correlation, first)
    # Multiples of it say more exactly what it is, each found from those before.
    for multiple in range(2, int((len(correlation) - 2) / period) + 1):
        near = round(multiple * period)
        window = range(max(1, near - 1), min(len(correlation) - 1, near + 2))
        if not window:
            break
        best = max(window, key=lambda k: correlation[k])
        if correlation[best] < CLEAR:
            break
        period = _vertex(correlation, best) / multiple
    return period


def rounded_size(
    size: tuple[int, int], image: np.ndarray, *, unit: int = POOLED
) -> tuple[tuple[int, int], tuple[float | None, float | None]]:
    """A size near the one asked for that is about a whole number of the exemplar's periods, and these periods.

    Sizes are multiples of `unit`, and change by a period at most; an axis without a clear period keeps its size.
    """
    periods = period_along(image, 0), period_along(image, 1)
    rows, columns = (
        side if period is None else _rounded(side, period, unit) for side, period in zip(size, periods, strict=True)
    )
    return (rows, columns), periods


def _rounded(side: int, period: float, unit: int) -> int:
    if _missed(side, period) <= EXACT:
        return side
    reach = max(unit, round(period))
    first = -(-max(unit, side - reach) // unit) * unit
    return min(
        range(first, side + reach + 1, unit), key=lambda one: (max(_missed(one, period), EXACT), abs(one - side))
    )


def _missed(side: int, period: float) -> float:
    """Pixels by which a side misses a whole number of periods; one at least."""
    return abs(side - max(1, round(side / period)) * period)


def _correlation(lines: np.ndarray) -> np.ndarray:
    """Of all lines (N, L) with themselves at lags 0 to L // 2, 1 at lag 0; each lag over its own pairs."""
    length = lines.shape[-1]
    centred = lines - lines.mean()
    power = np.abs(fft.rfft(centred, 2 * length)) ** 2
    sums = fft.irfft(power.sum(0), 2 * length)[: length // 2 + 1]
    found: np.ndarray = sums / (length - np.arange(len(sums)))
    return found / found[0] if found[0] > 0 else found


def _vertex(values: np.ndarray, k: int) -> float:
    """Where the parabola through a peak and its neighbours is highest."""
    before, at, after = values[k - 1 : k + 2]
    bend = before - 2 * at + after
    return float(k + 0.5 * (before - after) / bend) if bend < 0 else float(k)
