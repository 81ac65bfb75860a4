"""What networks see in an image: VGG-19 and VGG-16, LPIPS, a classifier of our own; where their weights come from."""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
