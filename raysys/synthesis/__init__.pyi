from .farming import farm
from .gallery import GalleryOrder
from .guidance import Guidance
from .order import SynthesisOrder
from .presets import METHODS, PRESETS, Preset, Scale
from .quilting import Guides, Quilt, quilt
from .sources import Copies
from .synthesis import Synthesis
from .synthesise import order_of, synthesise

__all__ = [
    "METHODS",
    "PRESETS",
    "Copies",
    "GalleryOrder",
    "Guidance",
    "Guides",
    "Preset",
    "Quilt",
    "Scale",
    "Synthesis",
    "SynthesisOrder",
    "farm",
    "order_of",
    "quilt",
    "synthesise",
]
