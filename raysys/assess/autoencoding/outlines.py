"""Outlines of labelled parts: corners, vertices, edges along the axes, how convex, how square, how elliptical they are.

Each part is laid out whole, beyond periodic edges, smoothed a little, and its contour followed between the pixels.
Functions that call each other stand in one file, since numba's cache on disk only notices changes of the caller's file.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# As the note on MICRO2D measured corners: a mask smoothed by 0.7 px, its contour at one half in steps of 1 px, turns
# between the 4 px before and behind a point.
SMOOTHING, LEVEL, ARM = 0.7, 0.5, 4
REACH = 3  # of the smoothing, beyond which its weight is below 1e-4
TAPS = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / SMOOTHING) ** 2)
TAPS /= TAPS.sum()
# Room around a part: what smoothing reaches, and a rim that is below the level for sure.
RIM = REACH + 1
# Distance in pixels within which a polygon follows the contour.
TOLERANCE = 1.0
# An edge is aligned if its direction, over a chord of 4 px, is within 15 degrees of an axis; a circle's are to a third.
ALIGNED = math.tan(math.radians(15))

COLUMNS = ("extent", "solidity", "corner_index", "vertices", "aligned", "misfit")


def outlines(labels: np.ndarray, shaped: np.ndarray) -> dict[str, np.ndarray]:
    """Shapes of the outlines of one image's parts.

    Parameters
    ----------
    labels
        int32 (H, W) of `labelled` with connectivity "all" and a periodic boundary: P parts, 0 around them.
    shaped
        (P,) bool: those to be looked at; none of them endless.

    Returns
    -------
    {name: (P,) float64}
        "extent": area over that of the box along the axes. "solidity": area over the number of pixels whose centres lie
        in the convex hull of the part's. "corner_index": largest convex turn of the contour over 8 px, by that of a
        circle as long as the contour. "vertices": corners of the polygon that follows the contour within 1 px.
        "aligned": share of the contour within 15 degrees of the axes. "misfit": pixels in which the part differs from
        the ellipse of its own area, centre and second moments, by its area. NaN for parts that are not to be looked at,
        or too thin to have a contour.

    References
    ----------
    Pick's theorem gives the pixels in a hull; Douglas & Peucker, Cartographica 10 (1973) 112: the polygon.
    """
    found = np.full((len(shaped), len(COLUMNS)), np.nan)
    _measure(labels, np.asarray(shaped, np.bool_), TAPS, found)
    return dict(zip(COLUMNS, found.T.copy(), strict=True))


@njit(cache=True, nogil=True)
def _measure(labels: np.ndarray, shaped: np.ndarray, taps: np.ndarray, found: np.ndarray) -> None:
    seen = np.zeros(labels.shape, np.bool_)
    stack = np.empty((labels.size, 2), np.int32)
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            label = labels[y, x]
            if label == 0 or seen[y, x]:
                continue
            pixels = _pixels(labels, seen, stack, y, x)
            if not shaped[label - 1]:
                continue
            mask = _laid_out(pixels)
            box = (mask.shape[0] - 2 * RIM) * (mask.shape[1] - 2 * RIM)
            found[label - 1, 0] = len(pixels) / box
            found[label - 1, 1] = len(pixels) / _hull(mask)
            found[label - 1, 5] = _misfit(mask) / len(pixels)
            contour = _contour(_smoothed(mask, taps))
            if len(contour) > 2:
                found[label - 1, 2], found[label - 1, 4] = _turns(contour)
                found[label - 1, 3] = _vertices(contour)


@njit(cache=True, nogil=True)
def _pixels(labels: np.ndarray, seen: np.ndarray, stack: np.ndarray, y: int, x: int) -> np.ndarray:
    """Coordinates of the part that holds this pixel (n, 2), going on beyond the edges; `stack` ends up holding them."""
    height, width = labels.shape
    label, done, n = labels[y, x], 0, 1
    stack[0, 0], stack[0, 1] = y, x
    seen[y, x] = True
    while done < n:
        v, u = stack[done, 0], stack[done, 1]
        done += 1
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                i, j = (v + dy) % height, (u + dx) % width
                if labels[i, j] == label and not seen[i, j]:
                    seen[i, j] = True
                    stack[n, 0], stack[n, 1] = v + dy, u + dx
                    n += 1
    return stack[:n]


@njit(cache=True, nogil=True)
def _laid_out(pixels: np.ndarray) -> np.ndarray:
    """A part as a mask of zeros and ones, with a rim around it."""
    top, left = pixels[:, 0].min(), pixels[:, 1].min()
    bottom, right = pixels[:, 0].max(), pixels[:, 1].max()
    mask = np.zeros((bottom - top + 1 + 2 * RIM, right - left + 1 + 2 * RIM))
    for k in range(len(pixels)):
        mask[pixels[k, 0] - top + RIM, pixels[k, 1] - left + RIM] = 1
    return mask


@njit(cache=True, nogil=True)
def _misfit(mask: np.ndarray) -> int:
    """Pixels of the mask outside the ellipse of its area and moments, and those of the ellipse outside the mask."""
    area, row, column = mask.sum(), 0.0, 0.0
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            row, column = row + mask[y, x] * y / area, column + mask[y, x] * x / area
    yy, xx, xy = 1 / 12, 1 / 12, 0.0  # of a pixel itself, which is no point
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            weight, v, u = mask[y, x] / area, y - row, x - column
            yy, xx, xy = yy + weight * v * v, xx + weight * u * u, xy + weight * v * u
    spread, differing = yy * xx - xy * xy, 0
    # Of the moments alone the ellipse would be larger than a part with corners; it has the part's area here.
    limit = area / math.pi * math.sqrt(spread)
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            v, u = y - row, x - column
            inside = xx * v * v - 2 * xy * v * u + yy * u * u <= limit
            differing += inside != (mask[y, x] > 0)
    return differing


@njit(cache=True, nogil=True)
def _smoothed(mask: np.ndarray, taps: np.ndarray) -> np.ndarray:
    height, width = mask.shape
    down, both = np.zeros_like(mask), np.zeros_like(mask)
    for y in range(REACH, height - REACH):
        for x in range(width):
            for k in range(len(taps)):
                down[y, x] += taps[k] * mask[y + k - REACH, x]
    for y in range(REACH, height - REACH):
        for x in range(REACH, width - REACH):
            for k in range(len(taps)):
                both[y, x] += taps[k] * down[y, x + k - REACH]
    return both


@njit(cache=True, nogil=True)
def _hull(mask: np.ndarray) -> float:
    """Number of pixels whose centres lie in or on the convex hull of the mask's, by Pick's theorem."""
    rows = mask.shape[0] - 2 * RIM
    ends = np.empty((rows, 2), np.int64)
    for k in range(rows):
        held = np.flatnonzero(mask[k + RIM])
        ends[k, 0], ends[k, 1] = held[0], held[-1]
    area, on_edge = 0.0, float(ends[0, 1] - ends[0, 0] + ends[-1, 1] - ends[-1, 0])
    chain = np.empty(rows, np.int64)
    for side in range(2):
        sign, n = 1 - 2 * side, 0
        for k in range(rows):
            while n > 1:
                a, b = chain[n - 2], chain[n - 1]
                ahead = (b - a) * (ends[k, side] - ends[a, side]) - (k - a) * (ends[b, side] - ends[a, side])
                if sign * ahead > 0:
                    break
                n -= 1
            chain[n] = k
            n += 1
        for k in range(n - 1):
            a, b = chain[k], chain[k + 1]
            area -= sign * (b - a) * (ends[a, side] + ends[b, side]) / 2
            on_edge += math.gcd(b - a, abs(ends[b, side] - ends[a, side]))
    # A hull without an area has its pixels on both of its sides.
    return area + on_edge / 2 + 1


@njit(cache=True, nogil=True)
def _contour(field: np.ndarray) -> np.ndarray:
    """The longest contour at the level: points (n, 2) between pixels, what is above on the right-hand side."""
    points = np.empty((8 * field.size, 2))
    started = np.zeros(field.shape, np.bool_)
    longest = points[:0].copy()
    for y in range(1, field.shape[0] - 1):
        for x in range(1, field.shape[1] - 1):
            if field[y, x] >= LEVEL and field[y - 1, x] < LEVEL and not started[y, x]:
                n = _follow(field, started, y, x, points)
                if n > len(longest):
                    longest = points[:n].copy()
    return longest


@njit(cache=True, nogil=True)
def _follow(field: np.ndarray, started: np.ndarray, y: int, x: int, points: np.ndarray) -> int:
    """Walk around from the upper side of a pixel that is above; pixels that meet by a corner stay apart."""
    dy, dx, n = 0, 1, 0
    v, u = y, x  # above the level, on the right; the one on the left is below it
    while True:
        left, right = v - dx, u + dy
        if dx == 1:
            if started[v, u]:
                return n
            started[v, u] = True
        share = (LEVEL - field[left, right]) / (field[v, u] - field[left, right])
        points[n, 0], points[n, 1] = left + share * (v - left), right + share * (u - right)
        n += 1
        if field[v + dy, u + dx] < LEVEL:
            dy, dx = dx, -dy
        elif field[left + dy, right + dx] < LEVEL:
            v, u = v + dy, u + dx
        else:
            v, u = left + dy, right + dx
            dy, dx = -dx, dy


@njit(cache=True, nogil=True)
def _resampled(contour: np.ndarray) -> tuple[np.ndarray, float]:
    """Points at equal steps of about 1 px along the closed contour, and its length."""
    count = len(contour)
    along = np.zeros(count + 1)
    for k in range(count):
        ahead = (k + 1) % count
        along[k + 1] = along[k] + math.hypot(contour[ahead, 0] - contour[k, 0], contour[ahead, 1] - contour[k, 1])
    length = along[count]
    points, k = np.empty((max(round(length), 1), 2)), 0
    for i in range(len(points)):
        at = i * length / len(points)
        while along[k + 1] < at:
            k += 1
        share, ahead = (at - along[k]) / max(along[k + 1] - along[k], 1e-300), (k + 1) % count
        for axis in range(2):
            points[i, axis] = contour[k, axis] + share * (contour[ahead, axis] - contour[k, axis])
    return points, length


@njit(cache=True, nogil=True)
def _turns(contour: np.ndarray) -> tuple[float, float]:
    """Largest convex turn by that of a circle as long, and the share of the contour along the axes."""
    points, length = _resampled(contour)
    n, most, aligned = len(points), 0.0, 0
    for i in range(n):
        y, x = _chord(points, i - ARM, i)
        v, u = _chord(points, i, i + ARM)
        most = max(most, math.atan2(x * v - y * u, y * v + x * u))
        y, x = _chord(points, i - ARM // 2, i + ARM // 2)
        aligned += min(abs(y), abs(x)) <= ALIGNED * max(abs(y), abs(x))
    return most / (2 * math.pi * ARM / length), aligned / n


@njit(cache=True, nogil=True)
def _chord(points: np.ndarray, start: int, end: int) -> tuple[float, float]:
    """The way from one point to another of a closed curve, whose indices go on beyond its ends."""
    a, b = start % len(points), end % len(points)
    return points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]


@njit(cache=True, nogil=True)
def _vertices(contour: np.ndarray) -> int:
    """Vertices of the polygon by Douglas and Peucker; it begins at the point that is farthest from the middle."""
    n, first = len(contour), _farthest_out(contour)
    spans = np.empty((n + 1, 2), np.int64)
    spans[0, 0], spans[0, 1], open_spans, count = first, first + n, 1, 0
    while open_spans:
        open_spans -= 1
        a, b = spans[open_spans, 0], spans[open_spans, 1]
        y, x = _chord(contour, a, b)
        length, split, farthest = math.hypot(y, x), a, TOLERANCE
        for k in range(a + 1, b):
            v, u = _chord(contour, a, k)
            distance = abs(y * u - x * v) / length if length > 0 else math.hypot(v, u)
            if distance > farthest:
                split, farthest = k, distance
        if split == a:
            count += 1
            continue
        spans[open_spans, 0], spans[open_spans, 1] = a, split
        spans[open_spans + 1, 0], spans[open_spans + 1, 1] = split, b
        open_spans += 2
    return count


@njit(cache=True, nogil=True)
def _farthest_out(contour: np.ndarray) -> int:
    """Index of the point that is farthest from the middle of all."""
    n, y, x, farthest, first = len(contour), 0.0, 0.0, -1.0, 0
    for k in range(n):
        y, x = y + contour[k, 0] / n, x + contour[k, 1] / n
    for k in range(n):
        distance = math.hypot(contour[k, 0] - y, contour[k, 1] - x)
        if distance > farthest:
            first, farthest = k, distance
    return first
