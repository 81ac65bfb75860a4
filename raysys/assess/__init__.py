"""Judging: generators, annealing and autoencoders against real images, with verdicts in numbers and words.

One call each: `autoencoders(data, models)`. What it returns has tables (`to_frame()`), scores and verdicts.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
