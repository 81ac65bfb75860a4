from .classes import CLASSES, COUNTS, KNOWN, MicroClass
from .generator import SIZE, VERSION, micro2d_like
from .loading import Micro2D
from .preview import write_sheet
from .selection import LabelledImages, View, select
from .settings import Micro2DSettings
from .splits import Split, class_weights, stratified_split
from .synthesis import one_by_one, synthesize

__all__ = [
    "CLASSES",
    "COUNTS",
    "KNOWN",
    "SIZE",
    "VERSION",
    "LabelledImages",
    "Micro2D",
    "Micro2DSettings",
    "MicroClass",
    "Split",
    "View",
    "class_weights",
    "micro2d_like",
    "one_by_one",
    "select",
    "stratified_split",
    "synthesize",
    "write_sheet",
]
