"""From files to tiles: reading, writing, segmenting, downscaling and cutting images, and synthetic microstructures.

Arrays in, arrays out; no function guesses which phase is asked for. Nothing here knows MLflow, Ray or a network, and
each name loads what it needs when it is first asked for.
"""

from typing import TYPE_CHECKING

from raysys.lazy import lazily

if TYPE_CHECKING:
    from raysys.data.files.reading import read_images
    from raysys.data.files.writing import encode_images, write_images
    from raysys.data.large.image import LargeImage
    from raysys.data.large.phases import segment_large
    from raysys.data.preparation.bilateral import denoise
    from raysys.data.preparation.grey import is_binary, to_grey
    from raysys.data.preparation.prepare import prepare
    from raysys.data.preparation.resampling import block_mean, downscale
    from raysys.data.preparation.segmentation import phase_of_value, remove_specks, segment
    from raysys.data.preparation.tiling import Tiles, split_by_region, window_count, windows
    from raysys.data.settings import DataSettings
    from raysys.data.synthetic import discs, gaussian_random_field
else:
    __getattr__ = lazily(
        __name__,
        {
            "files.reading": ("read_images",),
            "files.writing": (
                "encode_images",
                "write_images",
            ),
            "large.image": ("LargeImage",),
            "large.phases": ("segment_large",),
            "preparation.bilateral": ("denoise",),
            "preparation.grey": (
                "is_binary",
                "to_grey",
            ),
            "preparation.prepare": ("prepare",),
            "preparation.resampling": (
                "block_mean",
                "downscale",
            ),
            "preparation.segmentation": (
                "phase_of_value",
                "remove_specks",
                "segment",
            ),
            "preparation.tiling": (
                "Tiles",
                "split_by_region",
                "window_count",
                "windows",
            ),
            "settings": ("DataSettings",),
            "synthetic": (
                "discs",
                "gaussian_random_field",
            ),
        },
    )

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
