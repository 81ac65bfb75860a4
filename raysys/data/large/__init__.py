"""Images larger than memory: read, denoised, segmented, shrunk, cleaned, tiled and measured window by window.

Every step gives the pixels that it would give of the whole image at once, bit for bit; tests compare them.
"""

from typing import TYPE_CHECKING

from raysys.lazy import lazily

if TYPE_CHECKING:
    from raysys.data.large.image import LargeImage, bands
    from raysys.data.large.phases import Segmented, segment_large
    from raysys.data.large.prepared import cache_folder, is_large, prepare_large
    from raysys.data.large.representative_size import PhaseView, representative, representative_window
    from raysys.data.large.survey import surveyed
    from raysys.data.large.tiles import LazyTiles, split_large
    from raysys.data.large.writing import check_name, write_labels, write_tiles
else:
    __getattr__ = lazily(
        __name__,
        {
            "image": (
                "LargeImage",
                "bands",
            ),
            "phases": (
                "Segmented",
                "segment_large",
            ),
            "prepared": (
                "cache_folder",
                "is_large",
                "prepare_large",
            ),
            "representative_size": (
                "PhaseView",
                "representative",
                "representative_window",
            ),
            "survey": ("surveyed",),
            "tiles": (
                "LazyTiles",
                "split_large",
            ),
            "writing": (
                "check_name",
                "write_labels",
                "write_tiles",
            ),
        },
    )

__all__ = [
    "LargeImage",
    "LazyTiles",
    "PhaseView",
    "Segmented",
    "bands",
    "cache_folder",
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
