"""The endless image of a seed as a pyramid of square tiles, numbered as web maps number theirs."""

from dataclasses import dataclass

import numpy as np

from raysys.form import Form
from raysys.serve.refused import RefusedError

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


def shrink(image: np.ndarray, form: Form, factor: int) -> np.ndarray:
    """Make one pixel of every block of `factor` x `factor`: its mean, or the most frequent phase of label images.

    Parameters
    ----------
    image : (H, W), or (H, W, 3) for colour
        As `form` says; sides are multiples of `factor`.

    Returns
    -------
    ndarray, (H / factor, W / factor), with a last axis of three for colour
        float32 in [0, 1], or uint8 numbers of phases; the image itself for factor 1.
    """
    if factor == 1:
        return image
    if form.kind == "labels":
        # Numbers of phases have no mean. Where two are equally frequent the first is taken, whatever the block's order.
        votes = [_blocks(image == phase, factor).sum(axis=(1, 3)) for phase in range(len(form.phases))]
        return np.argmax(votes, axis=0).astype(np.uint8)
    return _blocks(image, factor).mean(axis=(1, 3), dtype=np.float32)


def _blocks(image: np.ndarray, factor: int) -> np.ndarray:
    height, width, *colours = image.shape
    return image.reshape(height // factor, factor, width // factor, factor, *colours)
