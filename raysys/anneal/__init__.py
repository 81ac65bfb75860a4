"""Yeong-Torquato annealing: images whose descriptors equal given ones, reproducible from a seed.

`anneal` makes one reconstruction here; `reconstruct` makes many on Ray. Energies are kept as integer counts.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
