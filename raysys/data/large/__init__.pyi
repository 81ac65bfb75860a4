from .image import LargeImage, bands
from .phases import Segmented, segment_large
from .prepared import is_large, prepare_large
from .representative_size import PhaseView, representative, representative_window
from .survey import surveyed
from .tiles import LazyTiles, split_large
from .writing import check_name, write_labels, write_tiles

__all__ = [
    "LargeImage",
    "LazyTiles",
    "PhaseView",
    "Segmented",
    "bands",
    "check_name",
    "is_large",
    "prepare_large",
    "representative",
    "representative_window",
    "segment_large",
    "split_large",
    "surveyed",
    "write_labels",
    "write_tiles",
]
