"""Models that make images: of a seed, of any size where their network is convolutional."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from raysys.errors import RaysysError
from raysys.models.cleaning import Cleaning, parts_around
from raysys.models.condition import Asked, read_condition
from raysys.models.model import Model
from raysys.models.sampling import Lattice, draw
from raysys.models.window import Window


@dataclass(frozen=True)
class Request:
    """A request for images that a model has read, and grants.

    Attributes
    ----------
    seeds
        One per image.
    window
        Pixels of the endless image; those of a periodic one begin at the period's own origin.
    roll
        Pixels by which a periodic image is moved afterwards, so that it begins at the origin that was asked for.
    grey
        Whether binary and label images are wanted before the threshold.
    asked
        What each image is asked to have, and what is to be noticed about it; None where nothing can be asked.
    raw
        Whether small pieces are left in that the model's card says are removed.
    """

    seeds: tuple[int, ...]
    window: Window
    roll: tuple[int, ...]
    grey: bool
    asked: Asked | None = None
    raw: bool = False


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
        """Images (B, C, *block) in [0, 1] of noise (B, channels, *points), with as many channels as the card's kind.

        Binary images are what lies above one half, label images the channel with the largest value: how likely each
        phase is. The noise of a conditional model holds what is asked, in its own units, as the lattice's noise says.
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
        raw: bool = False,
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
            What to make, for conditional models: of the kind and within the range on the model's card, one for all
            images or one per image, or varying over space; see `raysys.models.condition.read_condition`. It may be
            named, as in {"phase_fraction": 0.2}. Where nothing is asked, numbers and maps are the training mean, and
            codes and indices are drawn by the image's seed. What an image is asked changes nothing else: the noise is
            that of its seed.
        periodic
            Make images whose opposite borders fit; `origin` then rolls them.
        grey
            Return values before the threshold: of binary images, and how likely each phase is of label images. Of grey
            and colour images, which have no threshold, it changes nothing.
        raw
            Leave in the small pieces of binary images that are removed where `images.cleaning` on the card says so, as
            they were from the training images. Whether a piece is small is decided in the endless image.
        start
            Number of the first image.

        Returns
        -------
        (n, *size) uint8 in {0, 1} for binary and 0 to phases - 1 for label images, float32 in [0, 1] for grey ones or
        where `grey` is asked of binary ones; (n, *size, 3) float32 in [0, 1] for colour; (n, *size, phases) float32
        where `grey` is asked of label images

        Raises
        ------
        RaysysError
            If the model cannot grant the request; the sentence says what is allowed.
        """
        return self.draw(
            self.request(
                n,
                seed=seed,
                size=size,
                origin=origin,
                condition=condition,
                periodic=periodic,
                grey=grey,
                raw=raw,
                start=start,
            )
        )

    def request(
        self,
        n: int,
        *,
        seed: int = 0,
        size: int | Sequence[int] | None = None,
        origin: int | Sequence[int] | None = None,
        condition: object = None,
        periodic: bool = False,
        grey: bool = False,
        raw: bool = False,
        start: int = 0,
    ) -> Request:
        """Read a request and check it, without drawing anything; arguments and errors as of `sample`."""
        if n < 1:
            raise RaysysError(f"{n} images were asked of model {self.name!r}; allowed: 1 or more")
        asked_for = self._window(size, origin, periodic)
        seeds = tuple(seed + start + image for image in range(n))
        zero = (0,) * len(asked_for.size)
        # One period is always computed from its own origin and rolled: then every origin gives the same pixels.
        window = Window(zero, asked_for.size, asked_for.size) if periodic else asked_for
        asked = read_condition(condition, self.card.condition, seeds, model=self.name, window=window)
        roll = asked_for.origin if periodic else zero
        before = grey and self.form.kind in ("binary", "labels")
        return Request(seeds, window, roll, before, asked, raw)

    def draw(
        self,
        request: Request,
        *,
        window: Window | None = None,
        images: slice = slice(None),
        show: Callable[[int], Any] | None = None,
    ) -> np.ndarray:
        """The images of a request, or a window of some of them.

        Parameters
        ----------
        request
            As `request` has read it.
        window
            Part of the request's window; all of it by default. A part is not rolled.
        images
            Which images.
        show
            Called with the number of blocks that have just been made.

        Returns
        -------
        As of `sample`.
        """
        part = window or request.window

        def uncleaned(wanted: Window) -> np.ndarray:
            return draw(
                self.grey,
                self.lattice,
                request.seeds[images],
                wanted,
                form=self.form,
                device=self.device,
                grey=request.grey,
                codes=None if request.asked is None else request.asked.codes[images],
                show=show,
            )

        drawn = self._cleaned(request, uncleaned, part)
        if window is not None or not any(request.roll):
            return drawn
        return np.roll(drawn, [-first for first in request.roll], axis=range(1, len(request.roll) + 1))

    def cleaning(self, request: Request) -> Cleaning | None:
        """What is removed from the samples of a request; None for nothing."""
        found = self.card.images.cleaning
        return None if request.raw or request.grey or found is None or not found.removes else found

    def blocks(self, request: Request, window: Window) -> int:
        """How many blocks are made for a window of one image, as `show` of `draw` is told of."""
        cleaning = self.cleaning(request)
        halo = 0 if cleaning is None or not self.any_size else cleaning.halo
        return sum(sum(1 for _ in part.blocks(self.lattice.block)) for part in parts_around(window, halo))

    def _cleaned(self, request: Request, draw: Callable[[Window], np.ndarray], window: Window) -> np.ndarray:
        cleaning = self.cleaning(request)
        if cleaning is None:
            return draw(window)
        if self.any_size:
            return cleaning.window(draw, window)
        return np.stack(
            [cleaning.cleaned(image) for image in draw(window)]
        )  # of one size only: there is nothing around it

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
