"""From files to tiles: reading, writing, segmenting, downscaling and cutting images, and synthetic microstructures.

Arrays in, arrays out; no function guesses which phase is asked for. Nothing here knows MLflow, Ray or a network, and
each name loads what it needs when it is first asked for.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
