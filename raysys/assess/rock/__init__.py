"""Volumes of rock against the rock: distributions over samples, and statistics over depth from the border."""
