"""Autoencodings against their originals, in numbers: the errors, and what the eye would say.

Every qualitative statement of the published assessment (sharp, merged, hallucinated, rounded, ...) has its measure in
`MEASURES`, and `verdict` says them in words again; `raysys.assess.autoencoders` does all of it for several models.
Images are periodic, as MICRO2D's are.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
