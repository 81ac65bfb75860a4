"""Whether a generator has copied its training image: are its images nearer to it than to the part that it never saw?

How near an image is to the nearest of many windows says as much about the image (a coarse one is matched easily) as
about copying. So each image's distance to the training images is divided by its distance to the part held out of the
training: about 1 of whatever is new, however coarse or dense, and far below of a copy. Tiles of the held-out part have
the same ratio, with what shares a pixel with them left out. If generated images are as new as these, the number of them
below the r-th smallest of M held-out ratios has a beta-binomial distribution: a rank test that assumes nothing about
distances. It is made at r = 1 and at the 5th percentile, and the smaller probability counts twice (Bonferroni).

Where the two parts of an image differ, so do the ratios of new images of the one part's kind and tiles of the other. So
whatever fails this test is also compared with windows of the training images, looked up among what shares no pixel with
them: an image is near only if its ratio and its distance alone are below the r-th smallest of theirs too, and the
largest of the probabilities counts. What is far coarser than both parts of such an image may still pass for copies: the
share of unlike pixels, which is small of copies only, tells.

The idea of three samples is that of Meehan, Chaudhuri and Dasgupta, "A three sample hypothesis test for evaluating
generative models", AISTATS 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.spacing import evenly
from raysys.stats.sets.nearest import Nearest, Progress, nearest_windows, values_of

LEVEL = 0.05  # of the held-out ratios: those below count as near
SIGNIFICANT = 0.01  # probability below which chance does not explain how many are near
MOSTLY = 0.5  # of the generated images
AMONG = "training windows among themselves"
REAL = 64  # held-out tiles that are looked up where there are so many, even for fewer generated images

RULE = (
    "Near is an image whose distance to the training image, divided by its distance to the part held out of the "
    "training, is smaller than that ratio is for all but 5 % of held-out tiles. If more are near than chance explains, "
    "the two parts of the image may only differ: then near takes a ratio and a distance smaller, too, than those of "
    "all but 5 % of training windows, which are looked up among what shares no pixel with them. Copies: more than half "
    "of the images are near. Some copies: more are near than chance explains. Either takes p < 0.01 in an exact rank "
    "test; few held-out tiles can show little, and nothing can be said where real windows recur exactly. Distances are "
    "shares of unlike pixels over those that chance gives."
)

Images = Sequence[Any] | np.ndarray
_Look = Callable[..., Nearest]
_Spread = Callable[..., tuple[np.ndarray, np.ndarray]]


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
    windows, windows_elsewhere
        The same of W training windows, where images are so near that the parts of the image may differ.
    """

    generated: Nearest
    held_out: Nearest
    elsewhere: np.ndarray | None = None
    held_out_elsewhere: np.ndarray | None = None
    of_training: bool = False
    windows: Nearest | None = None
    windows_elsewhere: np.ndarray | None = None

    @cached_property
    def ratios(self) -> np.ndarray:
        """(N,) distance to the training images over that to the held-out part."""
        return _ratios(self.generated, self.elsewhere)

    @cached_property
    def held_out_ratios(self) -> np.ndarray:
        """(M,) the same of the tiles."""
        return _ratios(self.held_out, self.held_out_elsewhere)

    @cached_property
    def windows_ratios(self) -> np.ndarray | None:
        """(W,) the same of the training windows; None where they were not looked up."""
        return None if self.windows is None else _ratios(self.windows, self.windows_elsewhere)

    @property
    def rank(self) -> int:
        """How many of the held-out ratios are at most their limit."""
        return _rank(self.held_out_ratios)

    @property
    def limit(self) -> float:
        """Ratio below which an image is near; where training windows were looked up, it has to be close as well."""
        pairs = self._pairs[:2]
        return min(_limit(reference, _rank(reference)) for _, reference in pairs)

    @property
    def near(self) -> int:
        """How many generated images are near."""
        return self._near([_rank(reference) for _, reference in self._pairs])

    @property
    def tellable(self) -> bool:
        """Whether an image could be near and could be not: real windows do not recur exactly."""
        return all(0 < _limit(reference, _rank(reference)) < np.inf for _, reference in self._pairs)

    @cached_property
    def p(self) -> float:
        """Probability that so many generated images are so near if they are as new as real ones."""
        if not self.tellable:
            return 1.0
        ranks = [_rank(reference) for _, reference in self._pairs]
        if max(ranks) == 1:
            return self._tail(ranks)
        return min(1.0, 2 * min(self._tail([1] * len(ranks)), self._tail(ranks)))

    @property
    def kind(self) -> Literal["copies", "some copies", "no copies"]:
        """What the images are, by `RULE`."""
        if self.p >= SIGNIFICANT:
            return "no copies"
        return "copies" if self.near > MOSTLY * len(self.generated) else "some copies"

    @property
    def verdict(self) -> str:
        """One sentence, made of the numbers alone."""
        if not self.tellable:
            return (
                "no sign of copies, but nothing can be said: real windows of this size recur exactly, so that copies "
                "cannot be told from new images"
            )
        found = {
            "copies": "made of copies of the training image",
            "some copies": "partly made of copies of the training image",
            "no copies": "no sign of copies",
        }[self.kind]
        least = self.generated.distances[self.ratios.argmin()]
        return f"{found}: {self._counted()}; the nearest differs in {least:.1%} of its pixels"

    def _counted(self) -> str:
        """How many are near, and how many would be by chance."""
        of = f"{len(self.held_out)} {AMONG if self.of_training else 'held-out tiles'}"
        expected = max(_rank(one) / (len(one) + 1) for _, one in self._pairs) * len(self.generated)
        chance = f"where chance gives about {expected:.2g} (p = {self.p:.2g})"
        total = len(self.generated)
        if self.windows is None:
            return f"{self.near} of {total} images are nearer to it than nearly all {of}, {chance}"
        windows = f"{len(self.windows)} {AMONG}"
        if self.kind != "no copies":
            return f"{self.near} of {total} images are nearer to it than nearly all {of} and {windows}, {chance}"
        first = int((self.ratios < _limit(self.held_out_ratios, self.rank)).sum())
        return (
            f"{first} of {total} images are nearer to it than nearly all {of}, but only {self.near} of them are also "
            f"nearer than nearly all {windows}, {chance}: the two parts of the image differ"
        )

    @property
    def _pairs(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """What is compared: numbers of the generated images, and of real ones."""
        pairs = [(self.ratios, self.held_out_ratios)]
        if self.windows is not None and self.windows_ratios is not None:
            pairs += [(self.ratios, self.windows_ratios), (self.generated.relative, self.windows.relative)]
        return pairs

    def _near(self, ranks: list[int]) -> int:
        """How many images are below the limits of all real ones at once."""
        below = [values < _limit(real, rank) for (values, real), rank in zip(self._pairs, ranks, strict=True)]
        return int(np.all(below, axis=0).sum())

    def _tail(self, ranks: list[int]) -> float:
        from scipy.stats import betabinom

        count, total = self._near(ranks), len(self.generated)
        sizes = [len(real) for _, real in self._pairs]
        # What is below all limits is below each, so that every tail is that of its own test or larger.
        return max(
            float(betabinom.sf(count - 1, total, rank, size + 1 - rank))
            for rank, size in zip(ranks, sizes, strict=True)
        )


def memorising(
    images: np.ndarray,
    training: Images,
    held_out: Images | None = None,
    *,
    side: int | None = None,
    symmetries: bool = True,
    labels: bool = False,
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
        Images of one size may be slices of one volume: of windows of theirs, what lies above and below is left out too.
    side
        Look at windows of that side, cut side by side from the images, instead of whole images: a generator may put its
        images together out of smaller copies.
    symmetries, labels
        As for `nearest_windows`.
    progress
        Is told (images looked up, all).

    Raises
    ------
    RaysysError
        If sizes do not fit, or the real images hold too few windows.
    """
    parts = side_by_side(np.asarray(images), side)
    aside: Images = () if held_out is None else held_out
    of_training = not len(aside)
    drawn, called = (training, "training images hold") if of_training else (aside, "held-out part holds")
    spread = partial(_spread, labels=labels)
    real, own = spread(drawn, parts.shape[1:], max(len(parts), REAL), called)
    counted = _Counted(progress, (len(parts) + len(real)) * (1 if of_training else 2))

    def look(stack: np.ndarray, where: Images, places: np.ndarray | None = None) -> Nearest:
        told = counted.part(len(stack))
        return nearest_windows(stack, where, symmetries=symmetries, own=places, labels=labels, progress=told)

    if of_training:
        return Memorising(look(parts, training), look(real, training, own), of_training=True)
    found, reference = look(parts, training), look(real, training)
    try:
        around = look(real, aside, own).relative
    except RaysysError:  # nothing but a tile itself in the held-out part
        return _confirmed(Memorising(found, reference), training, (), look, spread, counted)
    both = Memorising(found, reference, look(parts, aside).relative, around)
    return _confirmed(both, training, aside, look, spread, counted)


def _confirmed(
    found: Memorising, training: Images, aside: Images, look: _Look, spread: _Spread, counted: _Counted
) -> Memorising:
    """The finding with training windows beside it, where images are nearer than held-out tiles."""
    if found.p >= SIGNIFICANT:
        return found
    shape = found.generated.images.shape[1:]
    windows, own = spread(training, shape, max(len(found.generated), REAL), "training images hold")
    counted.total += len(windows) * (2 if len(aside) else 1)
    try:
        around = look(windows, training, own)
    except RaysysError:  # the training images hold one window only: held-out tiles alone decide
        return found
    elsewhere = look(windows, aside).relative if len(aside) else None
    return replace(found, windows=around, windows_elsewhere=elsewhere)


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


def _rank(real: np.ndarray) -> int:
    """How many of the real numbers may be at most the limit."""
    return max(1, int(LEVEL * (len(real) + 1)))


def _limit(real: np.ndarray, rank: int) -> float:
    return float(np.sort(real)[rank - 1])


def _ratios(found: Nearest, elsewhere: np.ndarray | None) -> np.ndarray:
    if elsewhere is None:
        return found.relative
    some = np.where(elsewhere > 0, elsewhere, 1)
    return np.where(elsewhere > 0, found.relative / some, np.where(found.relative > 0, np.inf, 1.0))


def side_by_side(images: np.ndarray, side: int | None) -> np.ndarray:
    """Cut images (N, H, W) or (N, D, H, W) into windows (N * windows, side, ...); without a side leave them whole.

    Raises
    ------
    RaysysError
        If the side is larger than the images.
    """
    if side is None or all(length == side for length in images.shape[1:]):
        return images
    if not 2 <= side <= min(images.shape[1:]):
        raise RaysysError(f"side is {side}; allowed: 2 to {min(images.shape[1:])}, the images' smallest")
    axes = images.ndim - 1
    whole = images[:, *(slice(0, length // side * side) for length in images.shape[1:])]
    split = [length for along in whole.shape[1:] for length in (along // side, side)]
    order = (0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2))
    return whole.reshape(len(images), *split).transpose(order).reshape(-1, *(side,) * axes)


def _spread(
    real: Images, window: tuple[int, ...], most: int, called: str, *, labels: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Windows of real images side by side, at most so many, evenly taken; and their places, for `nearest_windows`."""
    if any(len(one.shape) != len(window) for one in real):
        raise RaysysError(f"real images have shape {tuple(real[0].shape)}; allowed: as many axes as a window, {window}")
    places = [
        (number, *corner)
        for number, one in enumerate(real)
        for corner in np.ndindex(*(length // side for length, side in zip(one.shape, window, strict=True)))
    ]
    if not places:
        raise RaysysError(f"the {called} no window of {window} pixels, as the generated images have")
    chosen = np.array(places)[evenly(most, len(places))]
    chosen[:, 1:] *= window
    cut = [tuple(slice(at, at + length) for at, length in zip(one[1:], window, strict=True)) for one in chosen.tolist()]
    found = [np.asarray(real[number][where]) for number, where in zip(chosen[:, 0], cut, strict=True)]
    if _stacked(real, window):
        chosen[:, 0] = -1
    return values_of(np.stack(found), labels=labels), chosen


def _stacked(real: Images, window: tuple[int, ...]) -> bool:
    """Whether images may be slices of a volume, and hold windows beside one another: neighbours are nearly the same."""
    shapes = {tuple(one.shape) for one in real}
    return len(real) > 1 and len(shapes) == 1 and any(a >= 2 * b for a, b in zip(shapes.pop(), window, strict=True))
