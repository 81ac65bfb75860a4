"""Models that make images: of a seed, of any size where their network is convolutional."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from raysys.errors import RaysysError
from raysys.models.condition import asked_values
from raysys.models.model import Model
from raysys.models.sampling import Lattice, Window, draw


class GenerativeModel(Model):
    """A network from whose noise images of a seed are sampled; parameters as of `Model`."""

    purpose = "makes images"

    @property
    @abstractmethod
    def any_size(self) -> bool:
        """Whether other sizes, origins and periodic images can be asked for."""

    @property
    @abstractmethod
    def lattice(self) -> Lattice:
        """How noise lies under the images."""

    @abstractmethod
    def grey(self, noise: Tensor) -> Tensor:
        """Images (B, C, *block) in [0, 1] of standard normal noise (B, channels, *points).

        Those of a conditional model take the conditions in their own units as further channels.
        """

    @property
    def cell(self) -> int | None:
        """Pixels per lattice point, of which a periodic image's sides are multiples; None for one size only."""
        return self.lattice.cell if self.any_size else None

    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        size: int | Sequence[int] | None = None,
        origin: int | Sequence[int] | None = None,
        condition: object = None,
        periodic: bool = False,
        grey: bool = False,
        start: int = 0,
    ) -> np.ndarray:
        """Draw images.

        Image i has the seed `seed + start + i`, so that `sample(2, seed=5)[1]` is `sample(1, seed=6)[0]`. On a CPU this
        holds bit for bit, as it does for overlapping windows of one seed; on a GPU up to rounding.

        Parameters
        ----------
        n
            Number of images.
        seed
            Any integer; seeds are equal modulo 2**64.
        size
            Pixels along every axis, or per axis; the native size by default.
        origin
            First pixel of the window in the endless image of the seed (per axis, may be negative); zero by default.
        condition
            What to make, for conditional models: a number within the range on the model's card, or one per image;
            either may be named as in {"phase_fraction": 0.2}. Where nothing is asked, images have the training mean.
            What an image i is asked changes nothing else: the noise is that of its seed.
        periodic
            Make images whose opposite borders fit; `origin` then rolls them.
        grey
            Return values before the threshold. Models of grey images always do.
        start
            Number of the first image.

        Returns
        -------
        (n, *size) uint8 in {0, 1}, or float32 in [0, 1]

        Raises
        ------
        RaysysError
            If the model cannot grant the request; the sentence says what is allowed.
        """
        if n < 1:
            raise RaysysError(f"{n} images were asked of model {self.name!r}; allowed: 1 or more")
        asked = asked_values(condition, self.card.condition, n, model=self.name)
        window = self._window(size, origin, periodic)
        seeds = [seed + start + image for image in range(n)]
        binary = self.card.images.kind == "binary" and not grey
        still = Window((0,) * len(window.size), window.size, window.period) if periodic else window
        images = draw(self.grey, self.lattice, seeds, still, binary=binary, device=self.device, conditions=asked)
        if not periodic:
            return images
        # One period is always computed from its own origin and rolled: then every origin gives the same pixels.
        return np.roll(images, [-first for first in window.origin], axis=range(1, images.ndim))

    def _window(self, size: int | Sequence[int] | None, origin: int | Sequence[int] | None, periodic: bool) -> Window:
        native = self.native_size
        sides = native if size is None else _per_axis(size, len(native), "size")
        first = (0,) * len(native) if origin is None else _per_axis(origin, len(native), "origin")
        if min(sides) < 1:
            raise RaysysError(
                f"size {sides} was asked of model {self.name!r}; allowed: 1 pixel or more along every axis"
            )
        if not self.any_size and (sides != native or any(first) or periodic):
            raise RaysysError(
                f"model {self.name!r} makes images of its native size {native} only; "
                "leave out size, origin and periodic"
            )
        if periodic and any(side % self.lattice.cell for side in sides):
            raise RaysysError(
                f"size {sides} of a periodic image of model {self.name!r} is not allowed; "
                f"every side must be a multiple of its lattice cell of {self.lattice.cell} pixels"
            )
        return Window(first, sides, sides if periodic else None)


def _per_axis(value: int | Sequence[int], axes: int, what: str) -> tuple[int, ...]:
    numbers = (value,) * axes if isinstance(value, (int, np.integer)) else tuple(value)
    if len(numbers) != axes:
        raise RaysysError(f"{what} {numbers} has {len(numbers)} numbers; allowed: one, or {axes} of them")
    return tuple(int(number) for number in numbers)
