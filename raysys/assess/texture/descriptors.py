"""Binary pictures as microstructures: descriptors of their tiles, judged by how far real tiles are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raysys.assess.methods.verdicts import Verdict, judge, judge_difference
from raysys.errors import RaysysError
from raysys.stats import Baseline, Characterisation, characterise, compare, real_against_real
from raysys.stats.interval import phase_fraction

__all__ = ["DESCRIPTORS", "FRACTION", "TILE", "DescriptorScore", "SourceTiles", "tiles_of"]

DESCRIPTORS = ("S2", "L", "P4", "P6")
FRACTION = "phase_fraction"  # beside the names of descriptors, whose curves are scaled by it
TILE = 64  # pixels a side
FEWEST = 4  # tiles, as of every band


@dataclass(frozen=True)
class DescriptorScore:
    """One descriptor of a picture.

    Attributes
    ----------
    error
        Mean squared error between the mean curves of the picture's tiles and of the source's; of the phase fraction
        the squared difference.
    band
        The same between two disjoint sets of the source's tiles; None of the phase fraction.
    verdict
        Whether the error is inside the band; of the phase fraction whether the 95 % interval of the difference, from
        the spread over tiles, has zero in it.
    """

    error: float
    band: Baseline | None
    verdict: Verdict


class SourceTiles:
    """Disjoint tiles of a binary source, measured.

    Parameters
    ----------
    image
        (H, W) uint8 in {0, 1}.
    names
        Of descriptors, out of `raysys.stats.KNOWN`.
    side
        Of the tiles, in pixels; they share none.

    Raises
    ------
    RaysysError
        If the source has no tile, or a descriptor is unknown.
    """

    def __init__(self, image: np.ndarray, names: Sequence[str] = DESCRIPTORS, side: int = TILE) -> None:
        self.names, self.side = tuple(names), side
        self.measured = self._characterised(image, "the source")

    @property
    def tiles(self) -> int:
        """How many there are."""
        return self.measured.n

    def scores(self, picture: np.ndarray) -> dict[str, DescriptorScore]:
        """{phase fraction or descriptor: score} of a binary picture.

        Sets of the band are as large as the picture's where that can be.
        """
        made = self._characterised(picture, "the picture")
        size = min(made.n, self.tiles // 2)
        band = real_against_real(self.measured, size=size) if self.tiles >= FEWEST else {}
        errors = compare(self.measured, made)
        found = {name: DescriptorScore(one, band.get(name), judge(one, band.get(name))) for name, one in errors.items()}
        ours, theirs = phase_fraction(made), phase_fraction(self.measured)
        fraction = DescriptorScore((ours.mean - theirs.mean) ** 2, None, judge_difference(ours, theirs))
        return {FRACTION: fraction, **found}

    def _characterised(self, image: np.ndarray, what: str) -> Characterisation:
        if min(image.shape) < self.side:
            raise RaysysError(
                f"{what} has {image.shape[0]} x {image.shape[1]} pixels; allowed: {self.side} and more, a tile's"
            )
        return characterise(tiles_of(image, self.side), self.names)


def tiles_of(image: np.ndarray, side: int) -> np.ndarray:
    """All disjoint tiles (N, side, side) of an image (H, W), from its upper left corner on."""
    rows, columns = (length // side for length in image.shape)
    cut = image[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.swapaxes(1, 2).reshape(-1, side, side)
