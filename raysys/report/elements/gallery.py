"""Rows of images as self-contained HTML: the phase of interest is drawn dark on light, labels in their colours."""

import base64
import io
import math

import numpy as np
from PIL import Image

from raysys.errors import RaysysError
from raysys.report.elements.notation import text
from raysys.spacing import Spacing, evenly

DARK = (28, 39, 51)
LIGHT = (243, 239, 230)
STEPS = (1.0, 2.0, 5.0)  # what lengths of bars begin with
SHARE = 0.25  # of the picture's width, that a bar is not longer than
LARGEST = 512  # pixels a side kept in the page; a row shows each image at about a quarter of that


def gallery(
    images: np.ndarray,
    *,
    count: int = 8,
    phase: int = 1,
    colours: np.ndarray | None = None,
    name: str = "",
    spacing: Spacing | None = None,
) -> str:
    """Draw some images of a set, evenly spread over it, as one row of HTML.

    Parameters
    ----------
    images
        (N, H, W) or (N, D, H, W); uint8 {0, 1} or float [0, 1], or labels. Volumes show their middle slice across each
        axis.
    count
        How many pictures at most, but one image or volume at least.
    phase
        The value that is drawn dark in binary images.
    colours
        Of labels 0, 1, ...: uint8 (phases, 3).
    name
        Of the set, for readers of the page that cannot see the images.
    spacing
        How far apart pixels are: pictures can be enlarged then, and have a scale bar.

    Raises
    ------
    RaysysError
        When `images` is no array of images.
    """
    checked = _checked(images, name)
    pictures = 1 if checked.ndim == 3 else 3
    shown = min(max(1, count // pictures), len(checked))
    chosen = evenly(shown, len(checked))
    tags = [
        _with_bar(_tag(_picture(one, phase, colours), max(one.shape), label), label, one.shape[1], across, spacing)
        for index in chosen
        for told, one, across in _slices(checked[index])
        for label in [f"{name} {index}{told}"]
    ]
    return f'<div class="gallery">{"".join(tags)}</div>'


def picture_tag(image: np.ndarray, label: str) -> str:
    """One image (H, W), uint8 {0, 1} with 1 dark or float [0, 1], as HTML."""
    return _tag(_picture(image, 1, None), max(image.shape), label)


def _checked(images: np.ndarray, name: str) -> np.ndarray:
    array = np.asarray(images)
    if array.ndim not in (3, 4) or array.size == 0:
        raise RaysysError(
            f"The images of {name!r} have shape {array.shape}; a report draws (N, H, W) or (N, D, H, W) with N >= 1."
        )
    if array.dtype.kind not in "biuf":
        raise RaysysError(f"The images of {name!r} hold {array.dtype}; a report draws numbers only.")
    return array


def _slices(image: np.ndarray) -> list[tuple[str, np.ndarray, int]]:
    """What is seen of an image, and which of its axes runs to the right: itself, or the middle slices of a volume."""
    if image.ndim == 2:
        return [("", image, 1)]
    return [
        (f", across axis {axis}", image.take(image.shape[axis] // 2, axis), 1 if axis == 2 else 2) for axis in range(3)
    ]


def _with_bar(tag: str, label: str, width: int, across: int, spacing: Spacing | None) -> str:
    """A picture that a click enlarges, with a bar of a round length below it; as it is where no size is known."""
    if spacing is None or not spacing.unit:
        return tag
    return framed_picture(
        tag, label, scale_bar(width, spacing.sizes[min(across, len(spacing.sizes) - 1)], spacing.unit)
    )


def framed_picture(tag: str, label: str, bar: str = "") -> str:
    """A picture that a click enlarges."""
    switch = f'<label class="enlarge"><input type="checkbox" aria-label="enlarge {text(label)}">'
    return f"<figure>{switch}{tag}</label>{bar}</figure>"


def scale_bar(width: int, size: float, unit: str) -> str:
    """A bar of a round length below a picture of so many pixels in width."""
    whole = width * size
    decade = 10.0 ** math.floor(math.log10(whole * SHARE))
    length = max(step * decade for step in STEPS if step * decade <= whole * SHARE)
    return (
        f'<figcaption class="scale"><i style="width: {100 * length / whole:.3f}%"></i>{length:g} {text(unit)}'
        "</figcaption>"
    )


def _tag(picture: Image.Image, longest: int, label: str) -> str:
    # Enlarged pixels stay squares; reduced images are smoothed by the browser.
    crisp = " crisp" if longest <= 128 else ""
    held = io.BytesIO()
    picture.save(held, format="PNG", optimize=True)
    source = base64.b64encode(held.getvalue()).decode("ascii")
    return f'<img class="sample{crisp}" alt="{text(label)}" title="{text(label)}" src="data:image/png;base64,{source}">'


def _picture(image: np.ndarray, phase: int, colours: np.ndarray | None) -> Image.Image:
    if colours is not None:
        picture = Image.fromarray(image.astype(np.uint8))
        picture.putpalette(colours.tobytes())
    elif image.dtype.kind in "biu" and image.max() <= 1:
        picture = Image.fromarray((image == phase).astype(np.uint8))
        picture.putpalette([*LIGHT, *DARK])
    else:
        full = 255 if image.dtype.kind in "biu" else 1
        grey = np.nan_to_num(np.clip(image.astype(np.float64) / full, 0, 1))
        picture = Image.fromarray(np.uint8(np.rint(255 * grey)))
    if max(picture.size) > LARGEST:
        picture = picture.convert("RGB" if picture.mode == "P" else "L")
        picture.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    return picture
