"""WGAN-GP reconstruction of microstructures: a Wasserstein critic with gradient penalty."""
