from .clamping import binary_well, range_clamp
from .divergence import normal_divergence
from .gradient_penalty import gradient_penalty
from .guided_correspondence import Guidance, GuidedCorrespondence, PatchSettings
from .pixels import summed_squared_error
from .segmentation import class_weights, dice_loss, weighted_cross_entropy
from .sliced_wasserstein import random_directions, sliced_wasserstein
from .statistics import cess, map_error
from .style import StyleLoss, gram_matrix
from .terms import gradient_norms
from .windows import GrowingRadius, box_window, gaussian_window

__all__ = [
    "GrowingRadius",
    "Guidance",
    "GuidedCorrespondence",
    "PatchSettings",
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
    "random_directions",
    "range_clamp",
    "sliced_wasserstein",
    "summed_squared_error",
    "weighted_cross_entropy",
]
