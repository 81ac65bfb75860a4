"""Grey images with masks: reading pairs, splitting them by specimen, and how well labels agree with a mask.

A mask says of every pixel which class it is of; class numbers follow the order of the names in the settings.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
