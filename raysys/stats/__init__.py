"""What a microstructure is in numbers: descriptors, exact and bit-packed, and the distances between sets of images.

Arrays in, curves out; every curve knows its phase, boundary and protocol. `raysys.stats.differentiable` has the
correlations in torch, which is loaded when that is first asked for.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
