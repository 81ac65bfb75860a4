"""Pictures of textures, and maps of nearest sources: a colour for each place of the source."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from raysys.assess.texture.nearest import Map
from raysys.report.elements.gallery import DARK, LARGEST, LIGHT
from raysys.report.elements.notation import text

__all__ = ["key_picture", "map_picture", "place_colours", "texture_picture"]

# Of the source's corners: upper left and right, lower left and right. Their mixtures tell rows from columns.
CORNERS = np.array([[[0, 90, 181], [86, 180, 233]], [[213, 94, 0], [240, 228, 66]]], np.float64)
CRISP = 128  # pixels; larger pictures are reduced on the page, and smoothed by the browser
OUTLINE = (0, 0, 0)


def texture_picture(image: np.ndarray, label: str) -> str:
    """An image as HTML: binary ones with 1 dark, as on every page; grey ones and colours as they are."""
    if image.dtype == np.uint8:
        picture = Image.fromarray((image == 1).astype(np.uint8))
        picture.putpalette([*LIGHT, *DARK])
    else:
        picture = Image.fromarray(np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8))
    return _tag(picture, label)


def key_picture(rows: int, columns: int, label: str) -> str:
    """The colours of all places of a source, in place."""
    places = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), axis=-1)
    return _tag(Image.fromarray(place_colours(places, (rows, columns))), label)


def map_picture(found: Map, source: tuple[int, ...], label: str) -> str:
    """Where in the source each cell of a picture comes from, the largest piece with a black outline."""
    pixels = place_colours(found.source, source)
    pixels[_outline(found.piece == np.bincount(found.piece.ravel()).argmax())] = OUTLINE
    return _tag(Image.fromarray(pixels.repeat(found.stride, 0).repeat(found.stride, 1)), label)


def place_colours(places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Colours uint8 (..., 3) of rows and columns (..., 2) of an image of a shape."""
    down, right = (places[..., axis, None] / max(1, shape[axis] - 1) for axis in (0, 1))
    top = CORNERS[0, 0] * (1 - right) + CORNERS[0, 1] * right
    bottom = CORNERS[1, 0] * (1 - right) + CORNERS[1, 1] * right
    return np.rint(top * (1 - down) + bottom * down).astype(np.uint8)


def _outline(inside: np.ndarray) -> np.ndarray:
    """Cells of a region that have a neighbour outside."""
    padded = np.pad(inside, 1)
    core = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return inside & ~core


def _tag(picture: Image.Image, label: str) -> str:
    if max(picture.size) > LARGEST:
        picture = picture.convert("RGB" if picture.mode == "P" else picture.mode)
        picture.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    held = io.BytesIO()
    picture.save(held, format="PNG", optimize=True)
    source = base64.b64encode(held.getvalue()).decode("ascii")
    crisp = " crisp" if max(picture.size) <= CRISP else ""
    return f'<img class="sample{crisp}" alt="{text(label)}" title="{text(label)}" src="data:image/png;base64,{source}">'
