"""PSGAN: textures of global, local and periodic noise, without an encoder."""
