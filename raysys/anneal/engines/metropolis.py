"""What every engine's loop does alike: the energy of a trial, whether it is taken, and the energy's moments.

Inlined where arrays are handed over and branches follow: a call would cost references counted at every trial.

Callers are cached on disk by their own file only: after a change here, delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raysys.anneal.engines.draws import HIGH, fraction, next_word

# Sums of floats are, here, sums of whole multiples of 2^-10 below 2^53: exact in whatever order they are added. So the
# compiler may reorder them into vectors, and the result is the same on every processor.
EXACT_SUMS = {"reassoc", "nsz", "contract"}

HOPELESS = 23.0  # exp(-23) is less than the smallest fraction drawn, 2^-33: no draw needed to refuse


@njit(cache=True, fastmath=EXACT_SUMS)
def energy_change(d: np.ndarray, twice_residual: np.ndarray, start: int, stop: int) -> float:
    """Sum of (C + d - t)^2 - (C - t)^2 = d (d + 2 (C - t)) over slots start to stop, in squared counts."""
    change = 0.0
    for k in range(np.uint64(start), np.uint64(stop)):  # unsigned: numba would test signed ones for being negative
        step = np.float64(np.int32(d[k]))
        change += step * (step + twice_residual[k])
    return change


@njit(cache=True, inline="always")
def is_taken(change: float, temperature: float, state: np.ndarray) -> bool:
    """Whether a trial is accepted (Metropolis); one that raises the energy, and is not hopeless, draws from `state`."""
    if change <= 0.0:
        return True
    if change > HOPELESS * temperature:
        return False
    return fraction(next_word(state) >> HIGH) < np.exp(-change / temperature)


@njit(cache=True)
def grown(total: float, squares: float, moves: int, above: float) -> tuple[float, float]:
    """Sums of an energy and of its square after so many moves at `above` the first energy, which keeps them small."""
    return total + moves * above, squares + moves * above**2


@njit(cache=True)
def moments(total: float, squares: float, moves: int, first: float) -> tuple[float, float]:
    """Mean and variance of an energy from the sums that `grown` has made."""
    mean = total / max(moves, 1)
    return first + mean, max(squares / max(moves, 1) - mean**2, 0.0)
