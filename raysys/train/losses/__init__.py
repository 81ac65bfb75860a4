"""Training losses as plain functions of tensors.

Batches are (B, C, *spatial); every loss is averaged over the batch, so that repeating it changes nothing.
"""

from raysys.train.losses.clamping import binary_well, range_clamp
from raysys.train.losses.divergence import normal_divergence
from raysys.train.losses.gradient_penalty import gradient_penalty
from raysys.train.losses.pixels import summed_squared_error
from raysys.train.losses.pretrained import pretrained
from raysys.train.losses.segmentation import class_weights, dice_loss, weighted_cross_entropy
from raysys.train.losses.spatial_statistics import cess, map_error
from raysys.train.losses.style import STYLE_LAYERS, StyleLoss, gram_matrix
from raysys.train.losses.terms import gradient_norms
from raysys.train.losses.vgg import Vgg19
from raysys.train.losses.windows import GrowingRadius, box_window, gaussian_window

__all__ = [
    "STYLE_LAYERS",
    "GrowingRadius",
    "StyleLoss",
    "Vgg19",
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
    "pretrained",
    "range_clamp",
    "summed_squared_error",
    "weighted_cross_entropy",
]
