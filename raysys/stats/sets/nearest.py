"""The window of a training image that an image is most like: what a generator that memorises gives itself away by.

Images are compared with windows at all whole shifts, turned and mirrored too if asked for. For binary images the pixels
that differ are |a| + |b| - 2 a.b, so that one FFT correlation gives the distance to every window; for label images all
but the sum of a.b over the phases.
"""

from __future__ import annotations

import functools
import itertools
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import fft

from raysys.errors import RaysysError

BLOCK = 512  # pixels a side in which a training image is gone through: its transform stays in a processor's cache
AT_ONCE = 1 << 22  # numbers of a batch of correlations
# Of a correlation in single precision; distances are whole numbers, and an error below a quarter changes none.
ALLOWED_ERROR = 0.1

Symmetry = tuple[tuple[int, ...], tuple[int, ...]]  # axes as they are put in order, then axes that are mirrored
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Nearest:
    """Images beside the windows that they are most like.

    Attributes
    ----------
    images, windows
        (N, ...) uint8 {0, 1}, or labels; windows are turned and mirrored as their images are.
    distances
        (N,) float64, share of unlike pixels.
    relative
        (N,) float64, the same over the share that two images of these phase fractions have by chance
        (one less Cohen's kappa): 0 of a copy, near 1 of images that have nothing in common. An image of one phase has
        nothing that it could copy; its number is 1.
    places
        (N, 1 + axes) int64: which training image, and the window's first corner.
    """

    images: np.ndarray
    windows: np.ndarray
    distances: np.ndarray
    relative: np.ndarray
    places: np.ndarray

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.images)


def nearest_windows(
    images: np.ndarray,
    training: Sequence[Any] | np.ndarray,
    *,
    symmetries: bool = False,
    own: np.ndarray | None = None,
    labels: bool = False,
    progress: Progress | None = None,
) -> Nearest:
    """Find the nearest window of the training images for every image, at all whole shifts. Exact.

    Parameters
    ----------
    images
        (N, H, W) or (N, D, H, W), 1 (or anything but 0) is the phase of interest; or labels.
    training
        Images of as many axes, of any size that holds one of `images`: an array (T, ...), or a sequence of arrays or of
        images that are read in windows (`raysys.data.LargeImage`).
    symmetries
        Whether windows are turned by quarters and mirrored as well: 8 ways in two dimensions, 48 in three.
    own
        (N, 1 + axes) places of images that are windows of the training images themselves; what shares a pixel with an
        image is then no window of it. Training image -1: of whichever, as for neighbouring slices of one volume.
    labels
        Whether values are the numbers of phases, 0 to 255, so that pixels are unlike where these differ.
    progress
        Is told (images done, images).

    Raises
    ------
    RaysysError
        If axes do not fit, or no training image is as large as an image.
    """
    stack = values_of(np.asarray(images), labels=labels)
    held = _checked(stack, training)
    phases = np.unique(stack).tolist() if labels else None
    ways = _symmetries(stack.shape[1:]) if symmetries else [_symmetries(stack.shape[1:])[0]]
    rows = AT_ONCE // math.prod(_block(stack.shape[1:], one) for one in range(stack.ndim - 1)) // len(ways)
    rows = max(1, rows // len(phases or [1]))
    best = []
    for start in range(0, len(stack), rows):
        part = stack[start : start + rows]
        best.append(_searched(part, held, ways, None if own is None else own[start : start + rows], phases))
        if progress is not None:
            progress(start + len(part), len(stack))
    places, turns = (np.concatenate(each) for each in zip(*best, strict=True))
    return _described(stack, held, places, [ways[turn] for turn in turns], phases)


def values_of(images: np.ndarray, *, labels: bool) -> np.ndarray:
    """Images as they are compared: labels as they are, others as uint8 {0, 1}."""
    return images.astype(np.uint8, copy=False) if labels else (images != 0).view(np.uint8)


def _checked(stack: np.ndarray, training: Sequence[Any] | np.ndarray) -> list[Any]:
    held = list(training)
    axes = stack.ndim - 1
    if axes not in (2, 3) or not stack.size or any(len(one.shape) != axes for one in held):
        found = ", ".join(str(tuple(one.shape)) for one in held[:3])
        raise RaysysError(
            f"images have shape {stack.shape}, and training images {found or 'none'}; allowed: (N, H, W) with training "
            "images (H, W), or (N, D, H, W) with (D, H, W)"
        )
    if not any(_positions(stack.shape[1:], one.shape) for one in held):
        raise RaysysError(f"no training image holds a window of {stack.shape[1:]} pixels")
    return held


def _positions(window: Sequence[int], shape: Sequence[int]) -> int:
    return math.prod(max(0, length - side + 1) for side, length in zip(window, shape, strict=True))


def _symmetries(shape: Sequence[int]) -> list[Symmetry]:
    """The identity, then all turns and mirrorings that leave an image its shape."""
    axes = range(len(shape))
    orders = [order for order in itertools.permutations(axes) if all(shape[a] == shape[b] for a, b in enumerate(order))]
    mirrored = [
        tuple(axis for axis in axes if one[axis]) for one in itertools.product((False, True), repeat=len(shape))
    ]
    return list(itertools.product(orders, mirrored))


def _turned(image: np.ndarray, way: Symmetry) -> np.ndarray:
    return np.flip(image.transpose(way[0]), way[1])


def _turned_back(image: np.ndarray, way: Symmetry) -> np.ndarray:
    return np.flip(image, way[1]).transpose(np.argsort(way[0]))


def _block(window: Sequence[int], axis: int) -> int:
    return max(BLOCK if len(window) == 2 else BLOCK // 4, 2 * window[axis])


def _blocks(
    held: list[Any], window: tuple[int, ...], *, labels: bool
) -> Iterator[tuple[int, tuple[int, ...], np.ndarray]]:
    """Number of the training image, first corner, and pixels of blocks that together hold every window once."""
    for number, one in enumerate(held):
        if not _positions(window, one.shape):
            continue
        sides = [min(_block(window, axis), length) for axis, length in enumerate(one.shape)]
        starts = [
            range(0, length - side + 1, block - side + 1)
            for length, side, block in zip(one.shape, window, sides, strict=True)
        ]
        for corner in itertools.product(*starts):
            cut = tuple(slice(first, first + block) for first, block in zip(corner, sides, strict=True))
            yield number, corner, values_of(np.asarray(one[cut]), labels=labels)


def _searched(
    stack: np.ndarray, held: list[Any], ways: list[Symmetry], own: np.ndarray | None, phases: list[int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, 1 + axes) and numbers of symmetries (n,) of the nearest windows."""
    window = stack.shape[1:]
    turned = np.stack([_turned(one, way) for one in stack for way in ways])
    least = np.full(len(turned), np.inf)
    places = np.zeros((len(turned), 1 + len(window)), np.int64)
    transforms: dict[Any, np.ndarray] = {}
    for number, corner, block in _blocks(held, window, labels=phases is not None):
        scores = _scores(turned, block, phases, transforms)
        if own is not None:
            _leave_out(scores, np.repeat(own, len(ways), axis=0), number, corner, window)
        flat = scores.reshape(len(turned), -1)
        place = flat.argmin(axis=1)
        found = flat[np.arange(len(turned)), place]
        # Scores are halves of whole numbers, or whole numbers, so that less than a quarter is rounding.
        better = found < least - 0.25
        least[better] = found[better]
        shifts = np.stack(np.unravel_index(place, scores.shape[1:]), axis=1) + np.array(corner)
        places[better] = np.concatenate([np.full((len(turned), 1), number), shifts], axis=1)[better]
    by_image = least.reshape(len(stack), len(ways))
    if np.isinf(by_image.min(axis=1)).any():
        raise RaysysError("a training image is too small to hold a second window that shares no pixel with the first")
    turns = by_image.argmin(axis=1)
    return places[np.arange(len(stack)) * len(ways) + turns], turns


def _scores(
    turned: np.ndarray, block: np.ndarray, phases: list[int] | None, transforms: dict[Any, np.ndarray]
) -> np.ndarray:
    """(rows, positions...) unlike pixels of each image and window less what is the same for all windows.

    Of binary images they are halved.
    """
    if phases is None:
        return _window_sums(block, turned.shape[1:]) / 2 - _correlations(turned, block, transforms, ALLOWED_ERROR)
    allowed = 2 * ALLOWED_ERROR / len(phases)  # errors add up, and whole numbers bear twice as much as halves do
    alike = (
        _correlations(
            (turned == phase).view(np.uint8), (block == phase).view(np.uint8), transforms, allowed, phase=phase
        )
        for phase in phases
    )
    return -functools.reduce(np.add, alike)


def _correlations(
    turned: np.ndarray, block: np.ndarray, transforms: dict[Any, np.ndarray], allowed: float, *, phase: int = 1
) -> np.ndarray:
    """(rows, positions...) pixels of a phase that each image has in common with each window of a block."""
    window, axes = turned.shape[1:], tuple(range(1, turned.ndim))
    size = tuple(fft.next_fast_len(length, real=True) for length in block.shape)
    ones = int(turned.sum(axis=axes).max(initial=0)) * int(block.sum())
    error = 3 * float(np.finfo(np.float32).eps) * math.log2(math.prod(size)) * math.sqrt(ones)
    precision = np.float32 if error < allowed else np.float64
    workers = os.cpu_count() or 1
    key = (phase, size, precision)
    if key not in transforms:
        transforms[key] = np.conj(fft.rfftn(turned.astype(precision), size, axes=axes, workers=workers))
    product = transforms[key] * fft.rfftn(block.astype(precision), size)
    valid = tuple(slice(0, length - side + 1) for length, side in zip(block.shape, window, strict=True))
    return np.asarray(fft.irfftn(product, size, axes=axes, workers=workers, overwrite_x=True))[:, *valid]


def _window_sums(block: np.ndarray, window: tuple[int, ...]) -> np.ndarray:
    """Pixels of the phase in every window of a block, (positions...) float32, exact below 2^24."""
    sums = block.astype(np.int64)
    for axis, side in enumerate(window):
        grown = np.insert(sums.cumsum(axis=axis), 0, 0, axis=axis)
        length = grown.shape[axis]
        sums = grown.take(range(side, length), axis) - grown.take(range(length - side), axis)
    return sums.astype(np.float32 if math.prod(window) < 1 << 24 else np.float64)


def _leave_out(
    scores: np.ndarray, own: np.ndarray, number: int, corner: tuple[int, ...], window: tuple[int, ...]
) -> None:
    for row, (which, *place) in zip(scores, own.tolist(), strict=True):
        if which in (number, -1):
            near = zip(place, corner, window, strict=True)
            row[tuple(slice(max(0, at - c - side + 1), max(0, at - c + side)) for at, c, side in near)] = np.inf


def _described(
    stack: np.ndarray, held: list[Any], places: np.ndarray, ways: list[Symmetry], phases: list[int] | None
) -> Nearest:
    """Count unlike pixels of the windows that were found, whatever a transform has rounded."""
    windows = np.empty_like(stack)
    for window, (number, *corner), way in zip(windows, places.tolist(), ways, strict=True):
        sides = _turned(window, way).shape
        cut = tuple(slice(first, first + side) for first, side in zip(corner, sides, strict=True))
        window[:] = _turned_back(values_of(np.asarray(held[number][cut]), labels=phases is not None), way)
    axes = tuple(range(1, stack.ndim))
    distances = (stack != windows).mean(axis=axes)
    chance, mixed = _by_chance(stack, windows, phases, axes)
    relative = np.where(mixed, distances / np.where(chance > 0, chance, 1), 1.0)
    return Nearest(stack, windows, distances, relative, places)


def _by_chance(
    stack: np.ndarray, windows: np.ndarray, phases: list[int] | None, axes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """(N,) share of unlike pixels of images with these phase fractions, and whether an image has several phases."""
    if phases is None:
        p, q = stack.mean(axis=axes), windows.mean(axis=axes)
        return p * (1 - q) + q * (1 - p), (p > 0) & (p < 1)
    fractions = [((stack == phase).mean(axis=axes), (windows == phase).mean(axis=axes)) for phase in phases]
    alike = functools.reduce(np.add, (p * q for p, q in fractions))
    return 1 - alike, np.max([p for p, _ in fractions], axis=0) < 1
