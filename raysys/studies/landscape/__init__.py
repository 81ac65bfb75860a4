"""The loss-landscape experiment of the CESS supplement, section 1.4: losses on the way between arrangements of circles.

Numerical only; `raysys landscape` runs it and writes the page.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
