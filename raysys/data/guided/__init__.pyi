from .selection import GuidedTiles, guided_tiles
from .settings import GuidedSettings

__all__ = ["GuidedSettings", "GuidedTiles", "guided_tiles"]
