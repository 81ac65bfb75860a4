"""Local thickness: the diameter of the largest ball inside the phase that covers a point.

Every pixel of the phase is the centre of the largest ball that fits there. Nearly all of these lie within a neighbour's
ball, which a table of squared radii tells exactly; the few that remain are laid into the image row by row. Functions
that call each other stand in this one file, since numba's cache on disk only notices changes of the caller's file.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numba import njit

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary, Curve
from raysys.stats.geometry.distance import UNREACHED, shares_within
from raysys.stats.geometry.openings import largest_openings
from raysys.stats.geometry.pore_size import border_protocol, squared_distances_of
from raysys.stats.packed import pack, trailing_zeros
from raysys.stats.phases import Phase, largest_lag

Radii = Literal["all", "whole"]
LARGEST_OPENINGS = {2: 64, 3: 32}  # by axes: radii up to which to unite rows is faster than to lay balls one by one


def local_thickness(
    images: np.ndarray,
    *,
    phase: int = 1,
    boundary: Boundary = "open",
    radii: Radii = "all",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Diameter of the largest ball inside the phase that covers each pixel.

    The radius of a ball is the distance from its centre, a pixel's, to that of the nearest pixel of the other phase,
    and it covers the pixels that are nearer: a slit of width w has the thickness 2 ceil(w / 2).

    Parameters
    ----------
    images, phase, boundary, mask
        As for `pore_size`; centres of balls lie in the mask.
    radii
        "all": as said. "whole": rounded down to a whole number of pixels, which is what PoreSpy's default method "bf"
        gives (as radii); several times as fast.

    Returns
    -------
    np.ndarray
        float32 (N, *spatial), pixels; 0 outside the phase, NaN where an image has no other phase.

    Raises
    ------
    RaysysError
        If the images or the radii are not as said.

    References
    ----------
    Hildebrand & Ruegsegger, J. Microscopy 185 (1997) 67; covered balls as Remy & Thiel, Image Vis. Comput. 23 (2005)
    167.
    """
    found = Phase.of(images, phase, boundary, mask=mask)
    squared = _squared_radii(found, radii)
    thickness = 2 * np.sqrt(squared, dtype=np.float32)
    thickness[squared >= UNREACHED] = np.nan
    if found.absent:
        thickness[:] = np.nan
    return np.asarray(thickness)


def local_thickness_distribution(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    radii: Radii = "all",
    mask: np.ndarray | None = None,
) -> Curve:
    """Density of the local thickness over the volume of the phase.

    Parameters
    ----------
    images, phase, boundary, radii, mask
        As for `local_thickness`.
    r_max
        Largest diameter listed, pixels; half the shortest axis less one by default.

    Returns
    -------
    Curve
        "local_thickness": r = 1, 2, ..., r_max and the share of the phase of diameter in (r - 1, r], 1/pixel. Over all
        diameters, also those beyond r_max, the sum is 1; NaN for an image without the phase, or without another.

    Raises
    ------
    RaysysError
        If the images, the radii or r_max are not as said.
    """
    return local_thickness_of(Phase.of(images, phase, boundary, mask=mask), r_max, radii)


def local_thickness_of(phase: Phase, r_max: int | None, radii: Radii = "all") -> Curve:
    """`local_thickness_distribution` of images that are checked."""
    lags = np.arange(largest_lag(phase.shape, r_max) + 1)
    # A diameter is at most r where four times its squared radius is at most r^2.
    within = shares_within(_squared_radii(phase, radii), lags**2 // 4)
    protocol = border_protocol(phase) | ({} if radii == "all" else {"radii": radii})
    return phase.curve("local_thickness", lags[1:], np.diff(within, axis=1), protocol)


def _squared_radii(phase: Phase, radii: Radii) -> np.ndarray:
    """Squared radius int32 (N, *spatial) of the largest ball covering each pixel; UNREACHED without another phase."""
    if radii not in ("all", "whole"):
        raise RaysysError(f"radii is {radii!r}; allowed: all, whole")
    if radii == "whole":
        opened = _opened(phase, LARGEST_OPENINGS[phase.dims])
        if opened is not None:
            return opened
    squared = squared_distances_of(phase)
    if radii == "whole":
        rounded = np.square(np.sqrt(squared).astype(np.int32))
        squared = np.where(squared < UNREACHED, rounded, squared)
    covered = np.zeros_like(squared)
    volumes = (phase.n, *(1,) * (3 - phase.dims), *phase.shape)
    words = phase.slices.words.reshape(*volumes[:-1], -1)
    for distances, bare, found in zip(squared.reshape(volumes), words, covered.reshape(volumes), strict=True):
        largest = int(distances.max())
        if largest >= UNREACHED:
            found[:] = distances
        elif largest > 0:
            balls = _balls(distances, largest, phase.dims, phase.boundary)
            roots = np.sqrt(np.arange(largest)).astype(np.int64)
            columns = np.array(np.moveaxis(bare, -1, 0), order="C")  # a copy, of which bits are taken
            _lay(balls, distances, roots, phase.boundary == "periodic", columns, found)
    return covered


def _opened(phase: Phase, most: int) -> np.ndarray | None:
    """Squared whole radii as `_squared_radii` has them; None if there are balls much larger than the most."""
    found = np.empty(phase.images.shape, np.int32)
    slices = (phase.n, *(1,) * (3 - phase.dims), *phase.shape[:-1], -1)
    # What a mask leaves out is neither: balls may reach there.
    outside = ~phase.inside if phase.mask is None else phase.mask & ~phase.inside
    others = pack(outside.reshape(-1, *phase.shape[-2:])).words.reshape(slices)
    for i, (inside, other) in enumerate(zip(phase.slices.words.reshape(slices), others, strict=True)):
        if not other.any():
            found[i] = np.where(phase.inside[i], UNREACHED, 0)
            continue
        own, theirs = (np.array(np.moveaxis(one, -1, 0), order="C") for one in (inside, other))
        radius = largest_openings(own, theirs, phase.shape[-1], phase.boundary == "periodic", most)
        if radius is None:
            return None
        np.multiply(radius, radius, out=found[i].reshape(radius.shape), dtype=np.int32)
    return found


def _balls(distances: np.ndarray, largest: int, dims: int, boundary: Boundary) -> np.ndarray:
    """Pixels (B,) of a volume, by their place in it, whose ball is in no neighbour's; the largest balls first."""
    pads = [(int(axis > 0 or dims == 3),) * 2 for axis in range(3)]
    padded = np.pad(distances, pads, mode="wrap") if boundary == "periodic" else np.pad(distances, pads)
    steps = np.array(list(np.ndindex(2 * pads[0][0] + 1, 3, 3))) - [pads[0][0], 1, 1]
    steps = steps[np.abs(steps).sum(axis=1) > 0]
    offsets = steps @ [padded.shape[1] * padded.shape[2], padded.shape[2], 1]
    kept = distances > 0
    _keep_largest(padded, _within_neighbour(largest, dims), offsets, np.abs(steps).sum(axis=1) - 1, kept)
    return _by_size(distances.reshape(-1), np.flatnonzero(kept), largest)


@njit(cache=True, nogil=True)
def _within_neighbour(largest: int, dims: int) -> np.ndarray:
    """Smallest squared radius with which a neighbour's ball holds one of squared radius R2: [kind of neighbour, R2].

    Neighbours are of kind 0, 1 or 2: across a face, an edge or a corner.
    """
    within = np.zeros((3, largest + 1), np.int32)
    reach = int(np.sqrt(largest))
    for x in range(reach + 1):
        for y in range(reach + 1):
            for z in range((reach if dims == 3 else 0) + 1):
                # The pixel as seen from a neighbour on the other side, one more step away along one, two, three axes.
                own = x * x + y * y + z * z
                if own < largest:
                    seen = own + 2 * x + 1
                    within[0, own + 1] = max(within[0, own + 1], seen + 1)
                    seen += 2 * y + 1
                    within[1, own + 1] = max(within[1, own + 1], seen + 1)
                    seen += 2 * z + 1
                    within[2, own + 1] = max(within[2, own + 1], seen + 1)
    for kind in range(3):
        for radius in range(1, largest + 1):
            within[kind, radius] = max(within[kind, radius], within[kind, radius - 1])
    return within


@njit(cache=True, nogil=True)
def _keep_largest(
    padded: np.ndarray, within: np.ndarray, offsets: np.ndarray, kinds: np.ndarray, kept: np.ndarray
) -> None:
    """Keep the pixels (D, H, W) whose ball is in none of the balls beside it."""
    depth, height, width = kept.shape
    margin, flat = (padded.shape[0] - depth) // 2, padded.reshape(-1)
    needed = np.empty((3, width), np.int32)
    for z in range(depth):
        for y in range(height):
            base = ((z + margin) * padded.shape[1] + y + 1) * padded.shape[2] + 1
            row = kept[z, y]
            for kind in range(3):
                for x in range(width):
                    needed[kind, x] = within[kind, flat[base + x]]
            for k in range(len(offsets)):
                beside, enough = np.uint64(base + offsets[k]), needed[kinds[k]]
                for x in range(np.uint64(width)):
                    row[x] &= flat[beside + x] < enough[x]


@njit(cache=True, nogil=True)
def _by_size(distances: np.ndarray, places: np.ndarray, largest: int) -> np.ndarray:
    """Places (B,) by their distances, the largest first, those that are alike in their order."""
    starts = np.zeros(largest + 2, np.int64)
    for place in places:
        starts[largest - distances[place] + 1] += 1
    starts = starts.cumsum()
    found = np.empty_like(places)
    for place in places:
        kind = largest - distances[place]
        found[starts[kind]] = place
        starts[kind] += 1
    return found


@njit(cache=True, nogil=True)
def _span(words: np.ndarray, half: int, step: int, first: int, last: int) -> None:
    """Set the bits of a row, whose words lie a step apart from `half` on, from the first to the last."""
    begin, end = first // 64, last // 64
    head, tail = ~np.uint64(0) << np.uint64(first % 64), ~np.uint64(0) >> np.uint64(63 - last % 64)
    if begin == end:
        words[half + begin * step] |= head & tail
        return
    words[half + begin * step] |= head
    for word in range(begin + 1, end):
        words[half + word * step] = ~np.uint64(0)
    words[half + end * step] |= tail


@njit(cache=True, nogil=True)
def _widen(x: int, width: int, periodic: bool, reach: int, wider: np.ndarray) -> None:
    """Add the pixels within 0, 1, ..., `reach` of one to rows of words; what is beyond a periodic border comes in."""
    step = reach + 1
    for half in range(step):
        _span(wider, half, step, max(x - half, 0), min(x + half, width - 1))
        if periodic and x - half < 0:
            _span(wider, half, step, max(x - half + width, 0), width - 1)
        if periodic and x + half >= width:
            _span(wider, half, step, 0, min(x + half - width, width - 1))


@njit(cache=True, nogil=True)
def _lay(
    balls: np.ndarray, distances: np.ndarray, roots: np.ndarray, periodic: bool, bare: np.ndarray, covered: np.ndarray
) -> None:
    """Lay balls, the largest first, on the pixels that are still bare: set bits of words (words, D, H).

    Balls of one size are laid together: those of one row as one row, widened by every half width that the ball has. The
    rows that a ball reaches in a slice lie side by side in memory, and take one OR each. What balls of a size cover is
    looked at when all of them are laid.
    """
    depth, height, width = distances.shape
    flat, laid = distances.reshape(-1), np.zeros(bare.size, np.uint64)
    lowest, highest = np.full(depth, height), np.full(depth, -1)  # rows of each slice that are laid upon
    most = roots[-1] + 1
    wider, halves = np.zeros(most * len(bare), np.uint64), np.empty(2 * most * most, np.uint64)
    first = 0
    while first < len(balls):
        own, last = flat[balls[first]], first
        reach = roots[own - 1]
        for k in range(reach + 1):
            for j in range(roots[own - 1 - k * k] + 1):
                halves[k * (2 * reach + 1) + j] = roots[own - 1 - k * k - j * j]
        while last < len(balls) and flat[balls[last]] == own:
            row, low, high = balls[last] // width, len(bare), -1
            wider[: (reach + 1) * len(bare)] = 0
            while last < len(balls) and flat[balls[last]] == own and balls[last] // width == row:
                x = balls[last] % width
                _widen(x, width, periodic, reach, wider)
                low, high = min(low, (x - reach) // 64), max(high, (x + reach) // 64)
                last += 1
            if periodic and (low < 0 or high >= width // 64):
                low, high = 0, len(bare) - 1
            for word in range(max(low, 0), min(high, len(bare) - 1) + 1):
                _lay_rows(row, wider, word, reach, halves, periodic, height, laid, lowest, highest)
        for z in range(depth):
            for word in range(len(bare) if highest[z] >= 0 else 0):
                start = (word * depth + z) * height
                _uncover(bare.reshape(-1), laid, start, lowest[z], highest[z], covered[z], 64 * word, own)
            lowest[z], highest[z] = height, -1
        first = last


@njit(cache=True, nogil=True)
def _lay_rows(
    row: int,
    wider: np.ndarray,
    word: int,
    reach: int,
    halves: np.ndarray,
    periodic: bool,
    height: int,
    laid: np.ndarray,
    lowest: np.ndarray,
    highest: np.ndarray,
) -> None:
    """Lay the balls of one row, widened, on all rows that they reach, in one column of words of `laid` (words D H)."""
    depth = len(lowest)
    z, y, base = row // height, row % height, word * (reach + 1)
    for k in range(-reach if depth > 1 else 0, reach + 1 if depth > 1 else 1):
        c = z + k
        if periodic:
            c %= depth
        elif not 0 <= c < depth:
            continue
        first = abs(k) * (2 * reach + 1)
        half = np.int64(halves[first])  # of the disc that the ball is in this slice, which is as wide as it is high
        here = (word * depth + c) * height
        if periodic and (y < half or y + half >= height):
            for j in range(2 * half + 1):
                laid[here + (y - half + j) % height] |= wider[base + halves[first + abs(j - half)]]
            lowest[c], highest[c] = 0, height - 1
            continue
        start, stop = max(y - half, 0), min(y + half, height - 1)
        middle, centre, shown = np.uint64(here + y), np.uint64(first), np.uint64(base)
        laid[middle] |= wider[shown + halves[centre]]
        for j in range(np.uint64(1), np.uint64(half + 1)):
            line = wider[shown + halves[centre + j]]
            if y - np.int64(j) >= 0:
                laid[middle - j] |= line
            if y + np.int64(j) < height:
                laid[middle + j] |= line
        lowest[c], highest[c] = min(lowest[c], start), max(highest[c], stop)


@njit(cache=True, nogil=True)
def _uncover(
    bare: np.ndarray,
    laid: np.ndarray,
    start: int,
    first: int,
    last: int,
    covered: np.ndarray,
    left: int,
    value: np.int32,
) -> None:
    """Give the bare pixels of rows that are laid upon a value, in one column of words that begins at `left`."""
    for y in range(first, last + 1):
        place = np.uint64(start + y)
        hits = bare[place] & laid[place]
        laid[place] = 0
        if hits:
            bare[place] ^= hits
            while hits:
                covered[y, left + trailing_zeros(hits)] = value
                hits &= hits - np.uint64(1)
