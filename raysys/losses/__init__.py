"""Training losses as plain functions of tensors.

Batches are (B, C, *spatial); every loss is averaged over the batch, so that repeating it changes nothing.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
