"""A synthetic rock with a generator and annealed images of it, and small blobs."""

from support.blobs import baseline, characterisations, images
from support.rock import rock, rock_farms, rock_model, rock_tiles

__all__ = ["baseline", "characterisations", "images", "rock", "rock_farms", "rock_model", "rock_tiles"]
