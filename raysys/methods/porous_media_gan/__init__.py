"""Porous Media GAN: volumes of one rock, by the networks of the multi-texture GAN without a code."""
