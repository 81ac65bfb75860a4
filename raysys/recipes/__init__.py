"""Recipes that come with raysys: one YAML file per trained system and data set, with its sweep space."""
