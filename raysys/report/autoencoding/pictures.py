"""Pictures of autoencodings, small enough that hundreds fit on a page: grey values, errors, differences of S2."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from raysys.report.elements.gallery import DARK, LIGHT
from raysys.report.elements.notation import text

LEVELS = 32  # of grey: finer steps are not seen, and triple the page
SIGNED_LEVELS = 31  # odd, so that zero has a colour of its own
ERROR_SIDE = 128  # pixels that an error map keeps; its pattern counts, not its pixels
# Too little of the phase, none, too much of it: Okabe and Ito's blue and vermilion.
LITTLE, NOTHING, MUCH = (0, 114, 178), (255, 255, 255), (213, 94, 0)
CRISP = 128  # pixels; larger images are reduced on the page, and smoothed by the browser


def grey_picture(image: np.ndarray, label: str) -> str:
    """An image (H, W) in [0, 1] as HTML, 1 dark, in 32 levels of grey and not thresholded."""
    return _tag(_quantised(np.clip(image, 0, 1), LEVELS), _ramp([LIGHT, DARK], LEVELS), label)


def error_picture(difference: np.ndarray, label: str, *, full: float = 1.0) -> str:
    """A difference (H, W) as HTML: vermilion where there is too much, blue where too little, full colour at `full`."""
    scaled = np.clip(_reduced(difference) / (full or 1.0), -1, 1)
    return _tag(_quantised((scaled + 1) / 2, SIGNED_LEVELS), _ramp([LITTLE, NOTHING, MUCH], SIGNED_LEVELS), label)


def scale_bar(full: str) -> str:
    """The colours of error maps with the values at their ends, as HTML."""
    colours = ", ".join(f"rgb{colour}" for colour in (LITTLE, NOTHING, MUCH))
    bar = f'<i class="ramp" style="background:linear-gradient(90deg, {colours})"></i>'
    return f'<span class="scale">−{full}{bar}+{full}</span>'


def _quantised(unit: np.ndarray, levels: int) -> np.ndarray:
    return np.nan_to_num(np.rint(unit * (levels - 1))).astype(np.uint8)


def _ramp(stops: list[tuple[int, int, int]], levels: int) -> list[int]:
    """Palette of `levels` colours (red, green, blue one after the other) from the first stop to the last."""
    places = np.linspace(0, len(stops) - 1, levels)
    channels = [np.interp(places, range(len(stops)), [stop[k] for stop in stops]) for k in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(int).ravel().tolist()


def _reduced(image: np.ndarray) -> np.ndarray:
    """Means over blocks, so that no side is longer than is kept."""
    step = -(-max(image.shape) // ERROR_SIDE)
    height, width = (side - side % step for side in image.shape)
    blocks = image[:height, :width].reshape(height // step, step, width // step, step)
    mean: np.ndarray = blocks.mean(axis=(1, 3))
    return mean


def _tag(levels: np.ndarray, palette: list[int], label: str) -> str:
    picture = Image.fromarray(levels)
    picture.putpalette(palette)
    held = io.BytesIO()
    picture.save(held, format="PNG", optimize=True)
    source = base64.b64encode(held.getvalue()).decode("ascii")
    crisp = " crisp" if max(levels.shape) <= CRISP else ""
    return f'<img class="sample{crisp}" alt="{text(label)}" title="{text(label)}" src="data:image/png;base64,{source}">'
