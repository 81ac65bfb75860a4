"""Which file VGG-19's weights are read from, and what serves where there is none."""

from __future__ import annotations

from collections.abc import Sequence

from raysys.features.usual import VARIABLE, WeightsMissingError, usual_kernels
from raysys.features.vgg import Kernels

__all__ = ["VARIABLE", "WeightsMissingError", "extractor"]

OFFERED = (
    f"a file that {VARIABLE} or --weights names, --weights torchvision (a download of 548 MB), or the method quilting, "
    "which needs none"
)


def extractor(sources: str | Sequence[str] | None, deepest: str) -> Kernels:
    """VGG-19's weights up to a layer; sources and errors as of `raysys.features.usual.usual_kernels`."""
    return usual_kernels(sources, deepest, allowed=OFFERED)
