"""The steps between a file and its tiles: grey values, denoising, segmentation, downscaling, cutting into tiles.

Each step is a pure function of arrays; `raysys.data.preparation.prepare` is the only place that puts them in a row.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
