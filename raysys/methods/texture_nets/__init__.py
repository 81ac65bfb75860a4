"""Texture networks: one photograph becomes a network that makes more of it, as fast as it is drawn."""
