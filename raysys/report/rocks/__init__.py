"""Volumes beside their rock: words, cubes, histograms and distances."""
