"""A Bayesian search for the settings by which pictures of a texture are near to it without copying it."""
