"""One generator of many textures or rocks that a code tells apart, with an encoder that finds the code of an image."""
