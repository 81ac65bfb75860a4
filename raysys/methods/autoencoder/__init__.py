"""Convolutional autoencoders trained in pixel space, in spatial-statistics space (CESS), or by style."""
