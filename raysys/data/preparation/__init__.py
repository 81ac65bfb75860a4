"""The steps between a file and its tiles: grey values, denoising, segmentation, downscaling, cutting into tiles.

Each step is a pure function of arrays; `raysys.data.preparation.prepare` is the only place that puts them in a row.
"""

from raysys.data.preparation.bilateral import denoise
from raysys.data.preparation.grey import is_binary, to_grey
from raysys.data.preparation.resampling import block_mean, downscale
from raysys.data.preparation.segmentation import phase_of_value, remove_specks, segment
from raysys.data.preparation.tiling import Tiles, split_by_region, window_count, windows

__all__ = [
    "Tiles",
    "block_mean",
    "denoise",
    "downscale",
    "is_binary",
    "phase_of_value",
    "remove_specks",
    "segment",
    "split_by_region",
    "to_grey",
    "window_count",
    "windows",
]
