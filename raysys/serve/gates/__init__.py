"""Samples that pass: each image is drawn again, with a further seed, until it is as a request wants it.

Which seed an image has at which try is a function of the request's seed alone, and whether it passes one of the image;
so a gate gives the same images on every replica and in any batch.
"""
