"""What images can be asked to have: cards that say it, requests that ask for it, and codes that are it at a place.

A condition is a number, a code, an index with names, or a map over space; the first three may vary over space too.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
