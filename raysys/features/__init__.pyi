from .vgg import Vgg19
from .weights import pretrained

__all__ = ["Vgg19", "pretrained"]
