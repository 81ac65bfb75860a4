"""MICRO2D: reading it, and images that imitate its ten classes where the real ones are not at hand.

The imitation is ours, for research, and not made by the authors' method; `classes` says what it has of the original.
Image i of a class depends on seed, class, i and size alone. Only `farm` knows Ray.
"""

from typing import TYPE_CHECKING

from raysys.lazy import lazily

if TYPE_CHECKING:
    from raysys.data.micro2d.classes import CLASSES, COUNTS, KNOWN, MicroClass
    from raysys.data.micro2d.generator import SIZE, VERSION, micro2d_like
    from raysys.data.micro2d.loading import Micro2D
    from raysys.data.micro2d.preview import write_sheet
    from raysys.data.micro2d.selection import LabelledImages, View, select
    from raysys.data.micro2d.settings import Micro2DSettings
    from raysys.data.micro2d.splits import Split, class_weights, stratified_split
    from raysys.data.micro2d.synthesis import one_by_one, synthesize
else:
    __getattr__ = lazily(
        __name__,
        {
            "classes": (
                "CLASSES",
                "COUNTS",
                "KNOWN",
                "MicroClass",
            ),
            "generator": (
                "SIZE",
                "VERSION",
                "micro2d_like",
            ),
            "loading": ("Micro2D",),
            "preview": ("write_sheet",),
            "selection": (
                "LabelledImages",
                "View",
                "select",
            ),
            "settings": ("Micro2DSettings",),
            "splits": (
                "Split",
                "class_weights",
                "stratified_split",
            ),
            "synthesis": (
                "one_by_one",
                "synthesize",
            ),
        },
    )

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
