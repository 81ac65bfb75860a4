"""SPADE: a network that makes one texture under a map that is drawn for it, in milliseconds."""
