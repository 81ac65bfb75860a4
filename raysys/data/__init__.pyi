from .files.reading import read_images
from .files.writing import encode_images, write_images
from .large.image import LargeImage
from .large.phases import segment_large
from .preparation.bilateral import denoise
from .preparation.grey import is_binary, to_grey
from .preparation.prepare import prepare
from .preparation.resampling import block_mean, centre_mean, downscale
from .preparation.segmentation import phase_of_value, remove_specks, segment
from .preparation.tiling import Tiles, split_by_region, window_count, windows
from .settings import DataSettings
from .synthetic import discs, gaussian_random_field

__all__ = [
    "DataSettings",
    "LargeImage",
    "Tiles",
    "block_mean",
    "centre_mean",
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
