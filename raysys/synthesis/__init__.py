"""Images optimised pixel by pixel until they look like a texture: larger, tileable, another one for every seed.

`synthesise` makes one; `quilt` needs no network.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
