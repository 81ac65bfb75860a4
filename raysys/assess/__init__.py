"""Judging: generators, annealing, autoencoders, textures and volumes against real ones, with verdicts and words.

One call each: `compare_methods(real, sets)`, `autoencoders(data, models)`, `textures(source, made)`,
`rocks(real, made)`. What a call returns has tables (`to_frame()`), scores, verdicts and sentences.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
