"""Evenly spaced choice: some of many, from the first to the last."""

import numpy as np


def evenly(count: int, of: int) -> np.ndarray:
    """Places of `count` things, evenly over a row of `of`; all of them where there are no more.

    Parameters
    ----------
    count
        How many are wanted, at least 0.
    of
        How many there are.

    Returns
    -------
    (min(count, of),) int64, ascending and all different; the first is 0 and, from two on, the last is `of` - 1
    """
    return np.linspace(0, of - 1, min(count, of)).round().astype(np.int64)
