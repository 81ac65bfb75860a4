"""Images larger than memory: read, denoised, segmented, shrunk, cleaned, tiled and measured window by window.

Every step gives the pixels that it would give of the whole image at once, bit for bit; tests compare them.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
