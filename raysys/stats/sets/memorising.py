"""Whether a generator has copied its training image: are its images nearer to it than to the part that it never saw?

How near an image is to the nearest of many windows says as much about the image (a coarse one is matched easily) as
about copying. So each image's distance to the training images is divided by its distance to the part held out of the
training: about 1 of whatever is new, however coarse or dense, and far below of a copy. Tiles of the held-out part have
the same ratio, with what shares a pixel with them left out. If generated images are as new as these, the number of them
below the r-th smallest of M held-out ratios has a beta-binomial distribution: a rank test that assumes nothing about
distances. It is made at r = 1 and at the 5th percentile, and the smaller probability counts twice (Bonferroni).

The idea of three samples is that of Meehan, Chaudhuri and Dasgupta, "A three sample hypothesis test for evaluating
generative models", AISTATS 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.sets.nearest import Nearest, Progress, nearest_windows

LEVEL = 0.05  # of the held-out ratios: those below count as near
SIGNIFICANT = 0.01  # probability below which chance does not explain how many are near
MOSTLY = 0.5  # of the generated images
REAL = 64  # held-out tiles that are looked up where there are so many, even for fewer generated images

RULE = (
    "Near is an image whose distance to the training image, divided by its distance to the part held out of the "
    "training, is smaller than that ratio is for all but 5 % of held-out tiles. Copies: more than half of the images "
    "are near. Some copies: more are near than chance explains. Either takes p < 0.01 in an exact rank test; few "
    "held-out tiles can show little. Distances are shares of unlike pixels over those that chance gives."
)

Images = Sequence[Any] | np.ndarray


@dataclass(frozen=True)
class Memorising:
    """Generated images and held-out tiles beside their nearest training windows.

    Attributes
    ----------
    generated, held_out
        What was found of N and of M.
    elsewhere, held_out_elsewhere
        (N,) and (M,) relative distance to the nearest window of the held-out part; None where there is no such part, or
        it holds one tile only.
    of_training
        Whether nothing was held out, and windows of the training images stand for the tiles, compared with what shares
        no pixel with them.
    """

    generated: Nearest
    held_out: Nearest
    elsewhere: np.ndarray | None = None
    held_out_elsewhere: np.ndarray | None = None
    of_training: bool = False

    @cached_property
    def ratios(self) -> np.ndarray:
        """(N,) distance to the training images over that to the held-out part."""
        return _ratios(self.generated, self.elsewhere)

    @cached_property
    def held_out_ratios(self) -> np.ndarray:
        """(M,) the same of the tiles."""
        return _ratios(self.held_out, self.held_out_elsewhere)

    @property
    def rank(self) -> int:
        """How many of the held-out ratios are at most the limit."""
        return max(1, int(LEVEL * (len(self.held_out) + 1)))

    @property
    def limit(self) -> float:
        """Ratio below which an image is near."""
        return float(np.sort(self.held_out_ratios)[self.rank - 1])

    @property
    def near(self) -> int:
        """How many generated images are near."""
        return int((self.ratios < self.limit).sum())

    @cached_property
    def p(self) -> float:
        """Probability that so many generated images are so near if they are as new as the held-out tiles."""
        if self.rank == 1:
            return self._tail(self.near, 1)
        nearest = int((self.ratios < self.held_out_ratios.min()).sum())
        return min(1.0, 2 * min(self._tail(nearest, 1), self._tail(self.near, self.rank)))

    @property
    def kind(self) -> Literal["copies", "some copies", "no copies"]:
        """By `RULE`."""
        if self.p >= SIGNIFICANT:
            return "no copies"
        return "copies" if self.near > MOSTLY * len(self.generated) else "some copies"

    @property
    def verdict(self) -> str:
        """One sentence, made of the numbers alone."""
        real = len(self.held_out)
        of = f"{real} {'training windows among themselves' if self.of_training else 'held-out tiles'}"
        expected = len(self.generated) * self.rank / (real + 1)
        found = {
            "copies": "made of copies of the training image",
            "some copies": "partly made of copies of the training image",
            "no copies": "no sign of copies",
        }[self.kind]
        least = self.generated.distances[self.ratios.argmin()]
        return (
            f"{found}: {self.near} of {len(self.generated)} images are nearer to it than nearly all {of}, where chance "
            f"gives about {expected:.2g} (p = {self.p:.2g}); the nearest differs in {least:.1%} of its pixels"
        )

    def _tail(self, count: int, rank: int) -> float:
        from scipy.stats import betabinom

        return float(betabinom.sf(count - 1, len(self.generated), rank, len(self.held_out) + 1 - rank))


def memorising(
    images: np.ndarray,
    training: Images,
    held_out: Images | None = None,
    *,
    side: int | None = None,
    symmetries: bool = True,
    progress: Progress | None = None,
) -> Memorising:
    """Compare how near generated images and real ones are to the training images.

    Parameters
    ----------
    images
        (N, H, W) or (N, D, H, W), generated ones.
    training
        As for `nearest_windows`.
    held_out
        Real images of the same kind that share no pixel with `training`, such as the other part of one image; tiles as
        large as `images` are cut from them side by side. Where there are none, windows of the training images stand for
        them, and ratios are distances alone: images that are coarser than real ones then seem nearer than they are.
    side
        Look at windows of that side, cut side by side from the images, instead of whole images: a generator may put its
        images together out of smaller copies.
    symmetries
        As for `nearest_windows`.
    progress
        Is told (images looked up, all).

    Raises
    ------
    RaysysError
        If sizes do not fit, or the real images hold too few windows.
    """
    parts = _cut(np.asarray(images), side)
    aside: Images = () if held_out is None else held_out
    of_training = not len(aside)
    drawn, called = (training, "training images hold") if of_training else (aside, "held-out part holds")
    real, own = _spread(drawn, parts.shape[1:], max(len(parts), REAL), called)
    counted = _Counted(progress, (len(parts) + len(real)) * (1 if of_training else 2))

    def look(stack: np.ndarray, where: Images, places: np.ndarray | None = None) -> Nearest:
        return nearest_windows(stack, where, symmetries=symmetries, own=places, progress=counted.part(len(stack)))

    if of_training:
        return Memorising(look(parts, training), look(real, training, own), of_training=True)
    found, reference = look(parts, training), look(real, training)
    try:
        around = look(real, aside, own).relative
    except RaysysError:  # nothing but a tile itself in the held-out part
        return Memorising(found, reference)
    return Memorising(found, reference, look(parts, aside).relative, around)


@dataclass
class _Counted:
    """Progress over several look-ups."""

    progress: Progress | None
    total: int
    before: int = 0

    def part(self, count: int) -> Progress | None:
        if self.progress is None:
            return None
        progress, start = self.progress, self.before
        self.before += count
        return lambda done, _: progress(start + done, self.total)


def _ratios(found: Nearest, elsewhere: np.ndarray | None) -> np.ndarray:
    if elsewhere is None:
        return found.relative
    some = np.where(elsewhere > 0, elsewhere, 1)
    return np.where(elsewhere > 0, found.relative / some, np.where(found.relative > 0, np.inf, 1.0))


def _cut(images: np.ndarray, side: int | None) -> np.ndarray:
    """Windows side by side, (N * windows, side, ...); whole images without a side."""
    if side is None or all(length == side for length in images.shape[1:]):
        return images
    if not 2 <= side <= min(images.shape[1:]):
        raise RaysysError(f"side is {side}; allowed: 2 to {min(images.shape[1:])}, the images' smallest")
    axes = images.ndim - 1
    whole = images[:, *(slice(0, length // side * side) for length in images.shape[1:])]
    split = [length for along in whole.shape[1:] for length in (along // side, side)]
    order = (0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2))
    return whole.reshape(len(images), *split).transpose(order).reshape(-1, *(side,) * axes)


def _spread(real: Images, window: tuple[int, ...], most: int, called: str) -> tuple[np.ndarray, np.ndarray]:
    """Windows of real images side by side, at most so many, evenly taken; and their places."""
    if any(len(one.shape) != len(window) for one in real):
        raise RaysysError(f"real images have shape {tuple(real[0].shape)}; allowed: as many axes as a window, {window}")
    places = [
        (number, *corner)
        for number, one in enumerate(real)
        for corner in np.ndindex(*(length // side for length, side in zip(one.shape, window, strict=True)))
    ]
    if not places:
        raise RaysysError(f"the {called} no window of {window} pixels, as the generated images have")
    chosen = np.array(places)[np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).round().astype(int))]
    chosen[:, 1:] *= window
    cut = [tuple(slice(at, at + length) for at, length in zip(one[1:], window, strict=True)) for one in chosen.tolist()]
    found = [np.asarray(real[number][where]) != 0 for number, where in zip(chosen[:, 0], cut, strict=True)]
    return np.stack(found).view(np.uint8), chosen
