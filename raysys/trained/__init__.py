"""Generators that come with raysys, a folder each; `trained:NAME` names one (`raysys.models.shipped`)."""
