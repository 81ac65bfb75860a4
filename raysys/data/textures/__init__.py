"""Textures and what guides them: maps of progression, orientation and labels, and copies of exemplars.

Maps are arrays: progressions (H, W) in [0, 1], orientations (H, W, 2) unit vectors of lines, labels (H, W) integers.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
