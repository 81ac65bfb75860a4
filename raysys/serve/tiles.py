"""The endless image of a seed as a pyramid of square tiles, numbered as web maps number theirs."""

from dataclasses import dataclass

import numpy as np

from raysys.serve.problems import RefusedError

TILE = 256  # pixels per side of every tile
NATIVE_ZOOM = 3  # one tile pixel is one image pixel; each zoom below shows twice the length
FARTHEST = 2**20  # tiles; keeps every coordinate inside the 32 bits that the noise has


@dataclass(frozen=True)
class Window:
    """The pixels of the endless image that a tile shows."""

    origin: tuple[int, int]
    side: int
    factor: int


def tile_window(z: int, x: int, y: int) -> Window:
    """Return the window that tile `(z, x, y)` shows; `x` counts to the right and `y` down, both from the origin.

    Raises
    ------
    RefusedError
        If the zoom or a number is out of range.
    """
    if not 0 <= z <= NATIVE_ZOOM:
        raise RefusedError(
            f"zoom {z} was asked for; allowed: 0 to {NATIVE_ZOOM}, where {NATIVE_ZOOM} shows every pixel"
        )
    if max(abs(x), abs(y)) > FARTHEST:
        raise RefusedError(f"tile ({x}, {y}) was asked for; allowed: -{FARTHEST} to {FARTHEST}")
    factor = 2 ** (NATIVE_ZOOM - z)
    side = TILE * factor
    return Window(origin=(y * side, x * side), side=side, factor=factor)


def shrink(image: np.ndarray, factor: int) -> np.ndarray:
    """Average blocks of `factor` x `factor` pixels.

    Parameters
    ----------
    image : (H, W)
        uint8 in {0, 1} or float32 in [0, 1]; sides are multiples of `factor`.

    Returns
    -------
    ndarray, (H / factor, W / factor)
        float32 in [0, 1]; the image itself for factor 1.
    """
    if factor == 1:
        return image
    height, width = image.shape
    blocks = image.reshape(height // factor, factor, width // factor, factor)
    return blocks.mean(axis=(1, 3), dtype=np.float32)
