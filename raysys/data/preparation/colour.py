"""Colours: one float scale for whatever a file holds, and their luminance."""

import numpy as np

from raysys.errors import RaysysError

OPAQUE = 4  # values a pixel: red, green, blue and how opaque it is
LARGEST = {"uint8": 255, "uint16": 65_535}


def to_colour(array: np.ndarray) -> np.ndarray:
    """Bring stored colours to float32 in [0, 1], sRGB as they are stored; opacity is left out.

    Parameters
    ----------
    array : uint8, uint16, or floats in [0, 1], (..., H, W, 3) or (..., H, W, 4)

    Returns
    -------
    float32 (..., H, W, 3)

    Raises
    ------
    RaysysError
        If the values are of another type, or floats beyond [0, 1]: what would be black and white is not known then.
    """
    colours = array[..., :3]
    if colours.dtype.name in LARGEST:
        return np.ascontiguousarray(colours, np.float32) / np.float32(LARGEST[colours.dtype.name])
    if colours.dtype.kind != "f" or colours.min() < 0 or colours.max() > 1:
        raise RaysysError(
            f"colours of type {colours.dtype} from {colours.min():g} to {colours.max():g}; allowed: uint8, uint16, or "
            "floats from 0 to 1"
        )
    return np.ascontiguousarray(colours, np.float32)


def luminance(colours: np.ndarray) -> tuple[np.ndarray, bool]:
    """Grey values of colours (..., 3), and whether there were any colours.

    Grey saved as colour keeps its values as stored, so that labels and two-level images stay exact; others become
    luminance, float in [0, 1].
    """
    if (colours == colours[..., :1]).all():
        grey: np.ndarray = colours[..., 0]
        return grey, False
    return grey_of(colours), True


def grey_of(colours: np.ndarray) -> np.ndarray:
    """Luminance of colours (..., 3), float in [0, 1]; of a window of an image as of the whole."""
    from skimage.color import rgb2gray  # loaded when asked for: most images are grey

    grey: np.ndarray = rgb2gray(colours)
    return grey
