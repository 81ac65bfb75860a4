"""Images that come without a file: photographs that ship with scikit-image, and synthetic ones of our own."""

import numpy as np

from raysys.data.files.source import Facts, Held
from raysys.data.synthetic import SCENES
from raysys.errors import RaysysError
from raysys.form import RED_GREEN_BLUE

PREFIX, DRAWN = "skimage:", "synthetic:"
PREFIXES = (PREFIX, DRAWN)
# Images inside the scikit-image wheel itself; other names of skimage.data would be downloaded.
SHIPPED = (
    "astronaut",
    "brick",
    "camera",
    "cat",
    "cell",
    "checkerboard",
    "clock",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "horse",
    "hubble_deep_field",
    "immunohistochemistry",
    "microaneurysms",
    "moon",
    "page",
    "retina",
    "rocket",
    "shepp_logan_phantom",
    "text",
)

# Stated where an image comes from; the card of a model that is trained on it says so too.
LICENCES = {
    "skimage:gravel": "CC0 (skimage.data.gravel: CC0Textures, Gravel04)",
    **dict.fromkeys((f"{DRAWN}{name}" for name in SCENES), "Apache-2.0 (drawn by raysys.data.synthetic)"),
}


def shipped(name: str) -> np.ndarray:
    """The pixels of "skimage:NAME", or of "synthetic:NAME".

    Raises
    ------
    RaysysError
        If there is no such image.
    """
    if name.startswith(DRAWN):
        return _drawn(name.removeprefix(DRAWN))
    short = name.removeprefix(PREFIX)
    if short not in SHIPPED:
        raise RaysysError(f'scikit-image ships no image "{short}"; its images are {", ".join(SHIPPED)}')
    from skimage import data  # loaded when asked for: it is not needed to read files

    return np.asarray(getattr(data, short)())


def _drawn(short: str) -> np.ndarray:
    if short not in SCENES:
        raise RaysysError(f'there is no synthetic image "{short}"; allowed: {", ".join(SCENES)}')
    return SCENES[short]()


def shipped_source(name: str) -> Held:
    """The same as a file would give it: pictures, some of them in colour."""
    array = shipped(name)
    coloured = array.ndim == 3 and array.shape[-1] == RED_GREEN_BLUE
    axes, facts = ("YXS", Facts("rgb")) if coloured else ("ZYX"[-array.ndim :], Facts())
    return Held(name, array.shape, array.dtype, axes, facts, array=array)
