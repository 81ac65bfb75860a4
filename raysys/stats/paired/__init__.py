"""Errors of images against their originals, one by one: pixels, spatial statistics, sharpness, and one score of all.

Images are (N, H, W) in [0, 1] and periodic, originals of the same shape are binary. What an autoencoder leaves of an
image is judged so, and so may be whatever else is meant to equal an original.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
