"""What networks see in an image: VGG-19, a classifier of our own; where their weights come from."""

from raysys.features.pretrained import pretrained
from raysys.features.vgg import Vgg19

__all__ = ["Vgg19", "pretrained"]
