"""Saved models: their cards and folders, noise with coordinates, sampling in windows, the registry; no network.

Noise has coordinates: the same seed gives the same image in any batch, and any window of an endless one, of any kind
(binary, grey, colour, labels) and of two or three axes.
Models are folders of safetensors and JSON in MLflow's format; importing this package needs neither MLflow nor Ray.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
