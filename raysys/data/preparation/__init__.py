"""The steps between a file and its tiles: grey values, denoising, segmentation, downscaling, cutting into tiles.

Each step is a pure function of arrays; `raysys.data.preparation.prepare` is the only place that puts them in a row.
"""

from typing import TYPE_CHECKING

from raysys.lazy import lazily

if TYPE_CHECKING:
    from raysys.data.preparation.bilateral import denoise
    from raysys.data.preparation.cut_tiles import CutTiles
    from raysys.data.preparation.grey import is_binary, to_grey
    from raysys.data.preparation.resampling import block_mean, downscale, majority
    from raysys.data.preparation.segmentation import phase_of_value, remove_specks, segment
    from raysys.data.preparation.tiling import Tiles, split_by_region, window_count, windows
else:
    __getattr__ = lazily(
        __name__,
        {
            "bilateral": ("denoise",),
            "cut_tiles": ("CutTiles",),
            "grey": (
                "is_binary",
                "to_grey",
            ),
            "resampling": (
                "block_mean",
                "downscale",
                "majority",
            ),
            "segmentation": (
                "phase_of_value",
                "remove_specks",
                "segment",
            ),
            "tiling": (
                "Tiles",
                "split_by_region",
                "window_count",
                "windows",
            ),
        },
    )

__all__ = [
    "CutTiles",
    "Tiles",
    "block_mean",
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
