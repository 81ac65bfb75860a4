"""Probabilities that points, figures and lines lie in a phase, as functions of a distance."""

from raysys.public import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
