"""From files to tiles: reading, writing, segmenting, downscaling and cutting images, and synthetic microstructures.

Arrays in, arrays out; no function guesses which phase is asked for. Nothing here knows MLflow or a network, nor Ray,
but for one file of `raysys.data.micro2d` (MICRO2D and its imitation), which is imported on its own.
"""

from raysys.data.files.reading import read_images
from raysys.data.files.writing import encode_images, write_images
from raysys.data.large import LargeImage, segment_large
from raysys.data.preparation.bilateral import denoise
from raysys.data.preparation.grey import is_binary, to_grey
from raysys.data.preparation.prepare import prepare
from raysys.data.preparation.resampling import block_mean, downscale
from raysys.data.preparation.segmentation import phase_of_value, remove_specks, segment
from raysys.data.preparation.tiling import Tiles, split_by_region, window_count, windows
from raysys.data.settings import DataSettings
from raysys.data.synthetic import discs, gaussian_random_field

__all__ = [
    "DataSettings",
    "LargeImage",
    "Tiles",
    "block_mean",
    "denoise",
    "discs",
    "downscale",
    "encode_images",
    "gaussian_random_field",
    "is_binary",
    "phase_of_value",
    "prepare",
    "read_images",
    "remove_specks",
    "segment",
    "segment_large",
    "split_by_region",
    "to_grey",
    "window_count",
    "windows",
    "write_images",
]
