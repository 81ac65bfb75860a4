"""Files in and out: formats, their decoding, and the arrays that they become."""
