"""DTS: one network of many textures, each a unit of its input, taught by products of VGG-19's features."""
