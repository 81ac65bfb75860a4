from .comparison import Comparison, Judged
from .confusion import Agreement, agreement, counted
from .files import Pair, find_pairs, mask_of, split_specimens
from .painting import compared, overlay
from .reading import read_image, read_mask, read_pair
from .selection import PairedImages, pair
from .settings import UNLABELLED, Classes, PairsSettings
from .thresholds import Thresholded, grey_classes
from .tiles import TileView, tile_places

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
