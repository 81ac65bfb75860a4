"""Grey images with masks: reading pairs, splitting them by specimen, and how well labels agree with a mask.

A mask says of every pixel which class it is of; class numbers follow the order of the names in the settings.
"""

from typing import TYPE_CHECKING

# These two have a function of their file's name, which would be hidden by the file if it were loaded later.
from raysys.data.pairs.agreement import Agreement, agreement, counted
from raysys.data.pairs.overlay import compared, overlay
from raysys.lazy import lazily

if TYPE_CHECKING:
    from raysys.data.pairs.comparison import Comparison, Judged
    from raysys.data.pairs.files import Pair, find_pairs, mask_of, split_specimens
    from raysys.data.pairs.reading import read_image, read_mask, read_pair
    from raysys.data.pairs.selection import PairedImages, pair
    from raysys.data.pairs.settings import UNLABELLED, Classes, PairsSettings
    from raysys.data.pairs.thresholds import Thresholded, grey_classes
    from raysys.data.pairs.tiles import TileView, tile_places
else:
    __getattr__ = lazily(
        __name__,
        {
            "comparison": (
                "Comparison",
                "Judged",
            ),
            "files": (
                "Pair",
                "find_pairs",
                "mask_of",
                "split_specimens",
            ),
            "reading": (
                "read_image",
                "read_mask",
                "read_pair",
            ),
            "selection": (
                "PairedImages",
                "pair",
            ),
            "settings": (
                "UNLABELLED",
                "Classes",
                "PairsSettings",
            ),
            "thresholds": (
                "Thresholded",
                "grey_classes",
            ),
            "tiles": (
                "TileView",
                "tile_places",
            ),
        },
    )

__all__ = [
    "UNLABELLED",
    "Agreement",
    "Classes",
    "Comparison",
    "Judged",
    "Pair",
    "PairedImages",
    "PairsSettings",
    "Thresholded",
    "TileView",
    "agreement",
    "compared",
    "counted",
    "find_pairs",
    "grey_classes",
    "mask_of",
    "overlay",
    "pair",
    "read_image",
    "read_mask",
    "read_pair",
    "split_specimens",
    "tile_places",
]
