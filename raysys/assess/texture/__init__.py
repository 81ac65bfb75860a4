"""Pictures of a texture against the image that they continue: nearness, copying, coverage, seams, descriptors."""
