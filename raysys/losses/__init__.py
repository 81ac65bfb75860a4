"""Training losses as plain functions of tensors.

Batches are (B, C, *spatial); every loss is averaged over the batch, so that repeating it changes nothing.
"""

from raysys.features.layers import STYLE_LAYERS
from raysys.losses.clamping import binary_well, range_clamp
from raysys.losses.divergence import normal_divergence
from raysys.losses.gradient_penalty import gradient_penalty
from raysys.losses.pixels import summed_squared_error
from raysys.losses.segmentation import class_weights, dice_loss, weighted_cross_entropy
from raysys.losses.statistics import cess, map_error
from raysys.losses.style import StyleLoss, gram_matrix
from raysys.losses.terms import gradient_norms
from raysys.losses.windows import GrowingRadius, box_window, gaussian_window

__all__ = [
    "STYLE_LAYERS",
    "GrowingRadius",
    "StyleLoss",
    "binary_well",
    "box_window",
    "cess",
    "class_weights",
    "dice_loss",
    "gaussian_window",
    "gradient_norms",
    "gradient_penalty",
    "gram_matrix",
    "map_error",
    "normal_divergence",
    "range_clamp",
    "summed_squared_error",
    "weighted_cross_entropy",
]
