from .order import SynthesisOrder
from .presets import METHODS, PRESETS, Preset, Scale
from .quilting import Quilt, quilt
from .synthesis import Synthesis
from .synthesise import order_of, synthesise

__all__ = [
    "METHODS",
    "PRESETS",
    "Preset",
    "Quilt",
    "Scale",
    "Synthesis",
    "SynthesisOrder",
    "order_of",
    "quilt",
    "synthesise",
]
