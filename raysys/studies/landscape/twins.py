"""Different binary images with the same spatial statistics (CESS supplement, Figure 3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from raysys.errors import RaysysError
from raysys.losses import binary_well, cess
from raysys.stats import autocorrelation
from raysys.studies.landscape.circles import TRIES


@dataclass(frozen=True)
class Twins:
    """Two binary images and how alike they are.

    Attributes
    ----------
    first, second
        uint8 (H, W) in {0, 1}.
    made
        How, in words.
    largest_difference
        Of their S2 maps, over all lags.
    relative_error
        Sum of (S2(x) - S2(y))^2 over that of (S2(x) - phi^2)^2: 1 is what a flat grey image has.
    pixel_error
        Share of pixels that differ.
    aligned_error
        The same after the shift, and the point reflection, that make it least: what S2 is blind to is taken out.
    """

    first: np.ndarray
    second: np.ndarray
    made: str
    largest_difference: float
    relative_error: float
    pixel_error: float
    aligned_error: float

    @classmethod
    def of(cls, first: np.ndarray, second: np.ndarray, made: str) -> Twins:
        """Measure a pair."""
        maps = autocorrelation(np.stack([first, second]))
        difference, spread = maps[1] - maps[0], maps[0] - first.mean() ** 2
        relative = float(np.square(difference).sum() / np.square(spread).sum())
        pixels = float(np.mean(first != second))
        return cls(first, second, made, float(np.abs(difference).max()), relative, pixels, aligned_error(first, second))


def aligned_error(first: np.ndarray, second: np.ndarray) -> float:
    """Share of pixels that differ, at the best of all periodic shifts of the second or of its point reflection."""
    spectra = [np.fft.rfft2(one) for one in (first, second)]
    products = (spectra[0] * spectra[1].conj(), spectra[0] * spectra[1])
    common = max(np.fft.irfft2(one, s=first.shape).max() for one in products)
    return float(round(first.sum() + second.sum() - 2 * common)) / first.size


def reflected_twins(image: np.ndarray, shift: tuple[int, int]) -> Twins:
    """An image and its point reflection, shifted: to S2 they are one, for every image."""
    return Twins.of(image, np.roll(image[::-1, ::-1], shift, (0, 1)), "point reflection and shift")


def homometric_twins(seed: int, *, size: int = 256, radius: float = 12, gap: float = 2) -> Twins:
    """Nine circles twice, neither shifted nor reflected into each other, with the same S2 to the last pair of pixels.

    Centres are all sums a + b of three points a and three points b, and all differences a - b: the power spectra of
    both are |A|^2 |B|^2 times that of a circle.

    Parameters
    ----------
    seed
        Of the six points, on whole pixels.
    size, radius, gap
        Side, radius and least space between circles, pixels.

    Raises
    ------
    RaysysError
        If the circles find no place.

    References
    ----------
    Patterson 1944, Phys. Rev. 65, 195: homometric structures; Rosenblatt and Seymour 1982, SIAM J. Alg. Disc. Meth. 3.
    """
    rng = np.random.default_rng(seed)
    for _ in range(TRIES // 10):
        a, b = rng.integers(0, size, (2, 3, 2))
        sums, differences = ((a[:, None] + sign * b[None]).reshape(-1, 2) % size for sign in (1, -1))
        if all(_apart(centres, size) >= 2 * radius + gap for centres in (sums, differences)):
            images = [_discs(centres, size, radius) for centres in (sums, differences)]
            return Twins.of(images[0], images[1], "circles at all sums, and at all differences, of the same points")
    raise RaysysError(
        f"nine circles of radius {radius:g} find no place in {size} x {size} pixels; allowed: smaller ones"
    )


def descended_twins(image: np.ndarray, *, seed: int, steps: int = 1500, rate: float = 0.1, well: float = 0.3) -> Twins:
    """An image, and what descent on CESS with the binary well makes of noise; thresholded at one half.

    Pixels are sigmoids, so that they stay in [0, 1]; the well's weight grows from 0 to `well` times that of the
    relative error, along a straight line over the second half of the way. Descent may also find the image itself,
    shifted or reflected: `aligned_error` tells.

    Parameters
    ----------
    image
        uint8 (H, W) whose statistics are wanted.
    seed
        Of the noise.
    steps, rate
        Of Adam.
    well
        Weight of the binary well in the end.
    """
    target = torch.from_numpy(image.astype(np.float32))[None, None]
    spread = cess(torch.full_like(target, float(image.mean())), target).item()
    noise = torch.randn(target.shape, generator=torch.Generator().manual_seed(seed))
    phi = float(image.mean())
    logits = (noise + math.log(phi / (1 - phi))).requires_grad_()
    adam = torch.optim.Adam([logits], rate)
    for step in range(steps):
        adam.zero_grad()
        output = logits.sigmoid()
        share = max(0.0, 2 * step / steps - 1)
        (cess(output, target) / spread + well * share * binary_well(output)).backward()  # type: ignore[no-untyped-call]
        adam.step()
    found = (logits.detach()[0, 0] > 0).numpy().astype(np.uint8)
    return Twins.of(image, found, f"descent from noise, {steps} steps")


def _apart(centres: np.ndarray, size: int) -> float:
    """Least periodic distance between two of some centres (n, 2)."""
    apart = np.abs(centres[:, None] - centres[None])
    squares = np.square(np.minimum(apart, size - apart)).sum(-1)
    return float(np.sqrt(squares[~np.eye(len(centres), dtype=bool)].min()))


def _discs(centres: np.ndarray, size: int, radius: float) -> np.ndarray:
    """Periodic image, uint8, of circles whose centres are whole pixels: all have the same pixels."""
    apart = [np.abs(np.arange(size)[None] - centres[:, axis, None]) for axis in range(2)]
    y2, x2 = (np.square(np.minimum(one, size - one)) for one in apart)
    covered: np.ndarray = (y2[:, :, None] + x2[:, None, :] <= radius**2).any(0)
    return covered.astype(np.uint8)
