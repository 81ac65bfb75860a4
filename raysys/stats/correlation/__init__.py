"""Probabilities that points, figures and lines lie in a phase, as functions of a distance."""
