"""Pages that a scientist would show: images, descriptors with their bands, errors with their verdicts, sweeps.

Self-contained HTML; numbers in, one file out, no Ray and no network.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
