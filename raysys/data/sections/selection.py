"""Tiles of sections in three directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from raysys.data.preparation.prepare import prepare
from raysys.data.preparation.tiling import Tiles
from raysys.data.sections.settings import SectionsSettings
from raysys.errors import RaysysError
from raysys.sections import check_fractions, voxels_of
from raysys.spacing import told_spacing

__all__ = ["SectionTiles", "section_tiles"]


@dataclass(frozen=True)
class SectionTiles(Tiles):
    """Tiles of the section across axis 0, with those of the other two.

    Attributes
    ----------
    others : tiles of the sections across axis 1 and 2
    """

    others: tuple[Tiles, ...] = ()

    @property
    def directions(self) -> tuple[Tiles, ...]:
        """Tiles across axis 0, 1 and 2."""
        return (self, *self.others)

    def batch(self, places: np.ndarray, seeds: Sequence[tuple[int, int]]) -> dict[str, np.ndarray]:
        """Tiles (n, H, W) at those places, and as "others" (n, 2, H, W) of the other sections, each by its own seed."""
        chance = [np.random.default_rng(seed) for seed in seeds]
        drawn = [one.train[np.array([random.integers(len(one.train)) for random in chance])] for one in self.others]
        return {"images": self.train[places], "others": np.stack(drawn, 1)}


def section_tiles(settings: SectionsSettings) -> SectionTiles:
    """Read, prepare and cut three sections.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with a file, and if the sections are not of one material, or the pixels of
        two differ along the axis that they share.
    """
    found = [prepare(one) for one in settings.each]
    for one, path in zip(found, _paths(settings), strict=True):
        if np.ndim(one.image) != 2 + settings.colour:
            raise RaysysError(f"{path}: holds an array of shape {np.shape(one.image)}; a section is one flat image")
    if settings.form.kind in ("binary", "labels"):
        check_fractions(
            [list(one.phase_fractions.values()) or [1 - one.phase_fraction, one.phase_fraction] for one in found]
        )
    first = found[0]
    held = {one.name: getattr(first, one.name) for one in fields(Tiles)}
    tiles = SectionTiles(**held, others=tuple(found[1:]))
    return replace(tiles, provenance=_provenance(settings, found))


def _paths(settings: SectionsSettings) -> tuple[str, str, str]:
    return settings.images, settings.xz, settings.yz


def _provenance(settings: SectionsSettings, found: Sequence[Tiles]) -> dict[str, Any]:
    """Of the first section, with the others' beside it, and how far apart voxels are along three axes."""
    others = dict(zip(("xz", "yz"), (one.provenance for one in found[1:]), strict=True))
    whole = voxels_of(_paths(settings), [told_spacing(one.provenance.get("spacing")) for one in found])
    own = {name: value for name, value in found[0].provenance.items() if name != "spacing"}
    sized = {} if whole is None else {"spacing": asdict(whole)}
    return own | sized | {"sections": others}
