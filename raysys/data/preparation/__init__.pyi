from .bilateral import denoise
from .cut_tiles import CutTiles
from .grey import is_binary, to_grey
from .resampling import block_mean, centre_mean, downscale, majority
from .segmentation import phase_of_value, remove_specks, segment
from .tiling import Tiles, split_by_region, window_count, windows

__all__ = [
    "CutTiles",
    "Tiles",
    "block_mean",
    "centre_mean",
    "denoise",
    "downscale",
    "is_binary",
    "majority",
    "phase_of_value",
    "remove_specks",
    "segment",
    "split_by_region",
    "to_grey",
    "window_count",
    "windows",
]
