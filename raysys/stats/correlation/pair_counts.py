"""Pairs of pixels counted at many lag vectors at once, by FFT; the counts are whole numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numba import njit
from scipy import fft

from raysys.stats.curve import Boundary
from raysys.stats.threads import over_threads

# Complex numbers worked on at once: 1 MB, which stays in a core's cache.
BLOCK = 2**16
# Complex numbers of the last axis' transforms held at once, 64 MB; beyond it they are taken in up to sixteen parts.
HELD = 2**22
PARTS = (1, 2, 4, 8, 16)


def lags_within(shape: tuple[int, ...], reach: float, boundary: Boundary) -> list[np.ndarray]:
    """Lags along each axis, none longer than `reach`, and each once.

    Open: -(length - 1) to length - 1; periodic: the shortest lag of every shift, -(length // 2) to (length - 1) // 2.
    """
    lags = []
    for length in shape:
        back, ahead = (length // 2, (length - 1) // 2) if boundary == "periodic" else (length - 1, length - 1)
        lags.append(np.arange(-min(int(reach), back), min(int(reach), ahead) + 1))
    return lags


def positions(shape: tuple[int, ...], lags: Sequence[np.ndarray], boundary: Boundary) -> np.ndarray:
    """Number of pairs there are at each lag: int64, of as many axes as there are lags."""
    rooms = [np.full(len(k), n) if boundary == "periodic" else n - np.abs(k) for n, k in zip(shape, lags, strict=True)]
    return np.asarray(math.prod(np.ix_(*rooms)))


def batches(inside: np.ndarray, boundary: Boundary) -> Iterator[slice]:
    """Images that are worth being transformed together: many small ones, or one."""
    padding = 1 if boundary == "periodic" else 2
    step = max(1, BLOCK // (math.prod(inside.shape[1:]) * padding))
    return _slabs(len(inside), step)


def count_pairs(
    first: np.ndarray, second: np.ndarray, lags: Sequence[np.ndarray], boundary: Boundary, *, whole: bool = True
) -> np.ndarray:
    """Number of pixels x with x in `first` and x + lag in `second`.

    Parameters
    ----------
    first, second
        bool (N, *spatial), or numbers, whose products are added up; the same array twice counts the pairs of one phase,
        for which the lags along the first axis must not be negative: the others are their mirror images.
    lags
        Along each axis, whole numbers.
    boundary
        "periodic": x + lag wraps around; "open": it must lie in the image.
    whole
        Whether the numbers are whole, so that the sums are rounded to whole ones.

    Returns
    -------
    np.ndarray
        float64 (N, *number of lags).

    Notes
    -----
    The last axis is transformed for all, the others for a few frequencies at a time and only as far as asked: twice as
    fast as the FFT of whole padded images, in a third of its memory. In float64 what is rounded away is below 1e-8 for
    4096^2 pixels; float32 is no option, since its bound passes half a pair at 128^2 already.
    """
    lengths = lengths_of(first.shape[1:], lags, boundary)
    parts = _parts(first, lengths[-1], boundary)
    if parts > 1:
        counts = _counted_in_parts(first, second, lags, lengths, parts, boundary)
        return np.rint(counts, out=counts) if whole else counts
    spectra = [_rows(image, lengths[-1]) for image in ((first,) if second is first else (first, second))]
    kept = np.empty((len(first), *map(len, lags[:-1]), spectra[0].shape[-1]), np.complex128)
    _fill_other_axes(kept, spectra, lags, lengths)
    counts = np.empty((len(first), *map(len, lags)))
    lines, found, columns = kept.reshape(-1, kept.shape[-1]), counts.reshape(-1, len(lags[-1])), lags[-1] % lengths[-1]

    def back(some: slice) -> None:
        found[some] = fft.irfft(lines[some], lengths[-1], overwrite_x=True)[:, columns]
        if whole:
            np.rint(found[some], out=found[some])

    _each(back, _slabs(len(lines), max(1, BLOCK // lengths[-1])), lines.size)
    return counts


def _parts(image: np.ndarray, length: int, boundary: Boundary) -> int:
    """In how many parts the transforms of the last axis are held; of periodic images the length must be divisible."""
    allowed = [one for one in PARTS if boundary == "open" or length % one == 0]
    held = image.size // image.shape[-1] * length // 2
    return next((one for one in allowed if held <= one * HELD), allowed[-1])


def _counted_in_parts(
    first: np.ndarray,
    second: np.ndarray,
    lags: Sequence[np.ndarray],
    lengths: list[int],
    parts: int,
    boundary: Boundary,
) -> np.ndarray:
    """`count_pairs` in less memory: every so many-th frequency of the last axis at a time, whose shares add up.

    Frequencies k = parts q + s are a transform of a short length: of the image folded over itself, turned by s. That of
    -s is its conjugate, since counts are real.
    """
    if boundary == "open":
        lengths = [*lengths[:-1], parts * int(fft.next_fast_len(-(-lengths[-1] // parts)))]
    short, counts = lengths[-1] // parts, np.zeros((len(first), *map(len, lags)))
    found, columns = counts.reshape(-1, len(lags[-1])), lags[-1] % short
    for s in range(parts // 2 + 1):
        spectra = [_folded(image, short, parts, s) for image in ((first,) if second is first else (first, second))]
        kept = np.empty((len(first), *map(len, lags[:-1]), short), np.complex128)
        _fill_other_axes(kept, spectra, lags, lengths)
        turns = (1 if s in (0, parts / 2) else 2) / parts * np.exp(2j * np.pi * s / lengths[-1] * lags[-1])
        lines = kept.reshape(-1, short)

        def back(some: slice, lines: np.ndarray = lines, turns: np.ndarray = turns) -> None:
            found[some] += (fft.ifft(lines[some], overwrite_x=True)[:, columns] * turns).real

        _each(back, _slabs(len(lines), max(1, BLOCK // lengths[-1])), lines.size)
    return counts


def _fill_other_axes(
    kept: np.ndarray, spectra: list[np.ndarray], lags: Sequence[np.ndarray], lengths: list[int]
) -> None:
    """Products (N, *lags, frequencies) from the spectra of the last axis, a few frequencies at a time."""

    def fill(some: slice) -> None:
        kept[..., some] = _other_axes([rows[..., some] for rows in spectra], lags[:-1], lengths[:-1])

    step = max(4, BLOCK // (len(kept) * math.prod(lengths[:-1])))
    _each(fill, _slabs(kept.shape[-1], step), spectra[0].size)


def _folded(inside: np.ndarray, short: int, parts: int, s: int) -> np.ndarray:
    """Spectra along the last axis, of frequencies s, parts + s, 2 parts + s, ...: complex128 (..., short)."""
    folds = -(-inside.shape[-1] // short)
    turns = np.exp(-2j * np.pi * s / parts * np.arange(folds))
    twist = np.exp(-2j * np.pi * s / (parts * short) * np.arange(short))
    lines, spectra = inside.reshape(-1, inside.shape[-1]), np.empty((*inside.shape[:-1], short), np.complex128)
    found = spectra.reshape(-1, short)

    def fold(some: slice) -> None:
        padded = np.zeros((len(lines[some]), folds * short))
        padded[:, : lines.shape[1]] = lines[some]
        found[some] = fft.fft((turns @ padded.reshape(-1, folds, short)) * twist, overwrite_x=True)

    _each(fold, _slabs(len(lines), max(1, BLOCK // (folds * short))), found.size)
    return spectra


def count_all_pairs(inside: np.ndarray, found: np.ndarray, room: int = 1) -> None:
    """Count the pairs of one phase of periodic images at every lag vector, by the room that they have.

    Parameters
    ----------
    inside
        bool (N, *spatial).
    found
        float64 (N, *spatial), to be filled; zero lag at half of each length rounded down.
    room
        What the numbers are divided by.

    Notes
    -----
    Where all lags are asked for, whole transforms are quickest. The power spectrum is real and the same for a frequency
    and its opposite, so only the lags that are not negative along the first axis are transformed back: half the work.
    """
    dims = inside.ndim - 1
    axes = tuple(range(1, dims + 1))
    spectrum = fft.rfftn(inside.astype(np.float64), axes=axes, overwrite_x=True)
    power = spectrum.real  # in place: what is not allocated is not cleared
    power *= power
    power += np.square(spectrum.imag, out=spectrum.imag)
    half = fft.rfft(power, axis=1)
    if dims == 3:
        half = fft.fft(half, axis=2, overwrite_x=True)
    # The transform forward of a real spectrum is the conjugate of that back.
    np.negative(half.imag, out=half.imag)
    counts = fft.irfft(half, inside.shape[-1], overwrite_x=True)
    flat, whole = (part.reshape(*part.shape[:2], -1, part.shape[-1]) for part in (counts, found))
    _lay_out(flat, whole, float(room))


@njit(cache=True, nogil=True)
def _lay_out(counts: np.ndarray, found: np.ndarray, room: float) -> None:
    """Whole maps (N, D, H, W) from those of lags 0 to D // 2 (N, D // 2 + 1, H, W), times D H: S(-r) = S(r)."""
    n, depth, height, width = found.shape
    middle, centre, scale = height // 2, width // 2, 1 / (depth * height)
    for image in range(n):
        for z in range(depth):
            lag = z - depth // 2
            for y in range(height):
                away = y - middle if lag >= 0 else middle - y
                here, row = counts[image, abs(lag), away % height], found[image, z, y]
                if lag >= 0:
                    for x in range(width - centre):
                        row[centre + x] = np.rint(here[x] * scale) / room
                    for x in range(centre):
                        row[x] = np.rint(here[width - centre + x] * scale) / room
                else:
                    for x in range(centre + 1):
                        row[x] = np.rint(here[centre - x] * scale) / room
                    for x in range(centre + 1, width):
                        row[x] = np.rint(here[width + centre - x] * scale) / room


def lengths_of(shape: tuple[int, ...], lags: Sequence[np.ndarray], boundary: Boundary) -> list[int]:
    """Lengths of the transforms: open images are padded by the longest lag, so that none wraps around."""
    if boundary == "periodic":
        return list(shape)
    reaches = [int(np.abs(k).max()) for k in lags]
    return [int(fft.next_fast_len(n + reach, real=True)) for n, reach in zip(shape, reaches, strict=True)]


def _rows(inside: np.ndarray, length: int) -> np.ndarray:
    """Spectra along the last axis."""
    spectra = np.empty((*inside.shape[:-1], length // 2 + 1), np.complex128)
    lines, found = inside.reshape(-1, inside.shape[-1]), spectra.reshape(-1, spectra.shape[-1])

    def forth(some: slice) -> None:
        found[some] = fft.rfft(lines[some].astype(np.float64), length, overwrite_x=True)

    _each(forth, _slabs(len(lines), max(1, BLOCK // length)), found.size)
    return spectra


def _other_axes(spectra: list[np.ndarray], lags: Sequence[np.ndarray], lengths: list[int]) -> np.ndarray:
    """Transform all axes but the last, multiply, and transform back to the lags that are asked for."""
    axes = list(range(1, len(lengths) + 1))
    whole = [fft.fftn(np.ascontiguousarray(rows), lengths, axes, overwrite_x=True) for rows in spectra]
    if len(whole) == 1:
        # Not multiplied by the conjugate, nor by magnitude: real, so that half of its transform says all.
        product = whole[0].real ** 2 + whole[0].imag ** 2
        back = fft.rfft(product, axis=1, overwrite_x=True)[:, lags[0]]
        axes = axes[1:]
    else:
        # The conjugate of what is sought, since the transform forward, below, is that of the conjugate back.
        back = whole[0] * whole[1].conj()
    for axis in axes:
        back = fft.fft(back, axis=axis, overwrite_x=True).take(lags[axis - 1] % lengths[axis - 1], axis)
    return np.asarray(back.conj() / math.prod(lengths))


def _each(work: Callable[[slice], None], slabs: Iterator[slice], numbers: int) -> None:
    """Transform slabs that do not depend on each other; a number takes about 10 steps."""
    every = list(slabs)

    def some(first: int, last: int) -> None:
        for slab in every[first:last]:
            work(slab)

    over_threads(some, len(every), 10 * numbers)


def _slabs(total: int, step: int) -> Iterator[slice]:
    return (slice(start, start + step) for start in range(0, total, step))
