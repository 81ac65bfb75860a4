"""Sets of images: all their descriptors together, how far two sets are apart, and how large an image must be."""
