"""What keeps pixels where probabilities live: a clamp to [0, 1], and a well that draws them to 0 and 1.

Spatial statistics alone do not: a ReLU is bounded below only, and many grey images share the statistics of a binary
one. The published text names a "clamp loss" and a "binary constraint" without their equations or weights; both forms
are our reading, the clamp is the default.
"""

from __future__ import annotations

from torch import Tensor


def range_clamp(output: Tensor) -> Tensor:
    """Mean of relu(-x)^2 + relu(x - 1)^2: zero on [0, 1], quadratic outside.

    Parameters
    ----------
    output
        (B, C, *spatial), float.

    Returns
    -------
    Tensor
        Scalar, the mean over pixels and batch.
    """
    return ((-output).relu().square() + (output - 1).relu().square()).mean()


def binary_well(output: Tensor) -> Tensor:
    """Mean of x^2 (1 - x)^2: zero at 0 and 1 only, 1/16 at one half.

    Parameters
    ----------
    output
        (B, C, *spatial), float.

    Returns
    -------
    Tensor
        Scalar, the mean over pixels and batch.
    """
    return (output.square() * (1 - output).square()).mean()
