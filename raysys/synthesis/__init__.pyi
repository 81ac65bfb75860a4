from .descriptor_order import DescriptorOrder
from .descriptor_target import DescriptorTarget
from .editing.edit import edit, edit_order
from .farming import farm
from .gallery import GalleryOrder
from .guidance import Guidance
from .order import SynthesisOrder
from .presets import METHODS, PRESETS, Preset, Scale
from .quilting import Guides, Quilt, quilt
from .sources import Copies
from .synthesis import Synthesis
from .synthesise import order_of, synthesise
from .windowed import LargePicture, by_windows

__all__ = [
    "METHODS",
    "PRESETS",
    "Copies",
    "DescriptorOrder",
    "DescriptorTarget",
    "GalleryOrder",
    "Guidance",
    "Guides",
    "LargePicture",
    "Preset",
    "Quilt",
    "Scale",
    "Synthesis",
    "SynthesisOrder",
    "by_windows",
    "edit",
    "edit_order",
    "farm",
    "order_of",
    "quilt",
    "synthesise",
]
