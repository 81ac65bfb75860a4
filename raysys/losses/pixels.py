"""The pixel error of autoencodings."""

from __future__ import annotations

from torch import Tensor


def summed_squared_error(output: Tensor, target: Tensor) -> Tensor:
    """Squared error summed over the pixels of an image and averaged over the batch: (B, ...) twice -> scalar.

    Summed, because that is the one reduction under which the published weights of the combined losses make sense.
    """
    return ((output - target) ** 2).flatten(1).sum(dim=1).mean()
