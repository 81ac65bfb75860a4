"""A learnable filter of noise: the smallest method that there can be."""
