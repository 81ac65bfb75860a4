from .perceptual import PatchDistance, linear_weights, perceptual_distance
from .recognition import Recogniser, recogniser
from .vgg import Vgg16, Vgg19
from .weights import pretrained

__all__ = [
    "PatchDistance",
    "Recogniser",
    "Vgg16",
    "Vgg19",
    "linear_weights",
    "perceptual_distance",
    "pretrained",
    "recogniser",
]
