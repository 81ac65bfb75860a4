"""What an edit is to change: labels before and after, and what of the image stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from raysys.data.textures.masks import checked_mask, nearest, transformed
from raysys.errors import RaysysError

__all__ = ["Change"]

HOLE_WEIGHT = 100.0  # of a patch's part in the hole: one cell of 49 costs more than any two patches differ
OBJECT_WEIGHT = 10.0  # of the mask, Zhou et al. 2023


@dataclass(frozen=True, eq=False)
class Change:
    """An edit of one image.

    Attributes
    ----------
    source, target
        bool (H, W): where the object is, and where it is wanted; of a hole the hole, and nothing.
    origin
        int (H, W, 2): which pixel of the image each one begins as; -1 of those that are to be found.
    hole
        Whether a hole is filled: all else then stays as it is.
    """

    source: np.ndarray
    target: np.ndarray
    origin: np.ndarray
    hole: bool = False

    @classmethod
    def of(
        cls,
        mask: np.ndarray,
        size: Sequence[int],
        *,
        target: np.ndarray | None = None,
        shift: tuple[float, float] | None = None,
        scale: float | None = None,
        copy: bool = False,
    ) -> Change:
        """What the arguments ask for; see `raysys.synthesis.edit`.

        Raises
        ------
        RaysysError
            If a mask cannot serve, or two ways of saying what is wanted stand beside each other.
        """
        moves = shift is not None or scale is not None
        if target is not None and moves:
            raise RaysysError(
                "a target mask beside a shift or a scale; allowed: one of them says where the object goes"
            )
        if copy and not moves:
            raise RaysysError("a copy without a shift or a scale; allowed: beside one that says where the copy goes")
        if target is None and not moves:
            hole = checked_mask("the hole", mask, size)
            return cls(hole, np.zeros_like(hole), np.where(hole[..., None], -1, _places(hole)), hole=True)
        source = checked_mask("the source mask", mask, size)
        if target is not None:
            wanted = checked_mask("the target mask", target, size)
            if (wanted == source).all():
                raise RaysysError("the target mask is the source mask, so that nothing changes; allowed: another one")
            return cls(source, wanted, np.where((wanted != source)[..., None], -1, _places(source)))
        return cls._moved(source, shift or (0.0, 0.0), 1.0 if scale is None else scale, copy)

    @classmethod
    def _moved(cls, source: np.ndarray, shift: tuple[float, float], scale: float, copy: bool) -> Change:
        found, before = transformed(source, shift, scale)
        stays = _places(source) if copy else np.where(source[..., None], -1, _places(source))
        target = found | source if copy else found
        return cls(source, target, np.where(found[..., None], before, stays))

    @property
    def changed(self) -> np.ndarray:
        """Where the picture begins as something else than the image, bool (H, W)."""
        found: np.ndarray = (self.origin != _places(self.source)).any(-1)
        return found

    def known(self, border: int | None) -> np.ndarray | None:
        """Pixels that stay as they are: farther than `border` from all that changes; outside a hole, all.

        Parameters
        ----------
        border
            None: anything may change.
        """
        if self.hole:
            return ~self.source
        if border is None:
            return None
        near = self.changed | (self.source != self.target)
        distance = ndimage.distance_transform_cdt(~near, metric="chessboard")
        found: np.ndarray = distance > border
        return found

    def annotation(self) -> tuple[np.ndarray, np.ndarray]:
        """Labels of the picture and of the image."""
        return self.target.astype(np.int64), self.source.astype(np.int64)

    @property
    def weight(self) -> float:
        """Of the labels, beside the distance of features."""
        return HOLE_WEIGHT if self.hole else OBJECT_WEIGHT

    def at(self, size: Sequence[int]) -> Change:
        """The same of another size, where no pixel begins as one of the image."""
        if self.source.shape == tuple(size):
            return self
        masks = [nearest(one, size) for one in (self.source, self.target)]
        return Change(masks[0], masks[1], np.full((*size, 2), -1), self.hole)


def _places(mask: np.ndarray) -> np.ndarray:
    return np.moveaxis(np.indices(mask.shape), 0, -1)
