"""MICRO2D: reading it, and images that imitate its ten classes where the real ones are not at hand.

The imitation is ours, for research, and not made by the authors' method; `classes` says what it has of the original.
Image i of a class depends on seed, class, i and size alone.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
