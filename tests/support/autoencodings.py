"""Autoencoders of known faults: what blur, rounding and discs that nobody asked for do to images of three classes."""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

from raysys.assess.autoencoding import assess
from raysys.assess.autoencoding.autoencoded import Autoencoded
from raysys.data.micro2d import micro2d_like

SIDE, COUNT, WINDOW = 64, 5, 12
CLASSES = ("GRF", "VoronoiSmall", "AngEllipse")


def blurred(images: np.ndarray, width: float) -> np.ndarray:
    """Grey, float32."""
    return gaussian_filter(images.astype(np.float32), (0, width, width), mode="wrap").clip(0, 1)


def rounded(images: np.ndarray) -> np.ndarray:
    """Binary, but without corners."""
    return (blurred(images, 2.0) > 0.5).astype(np.float32)


def hallucinating(images: np.ndarray) -> np.ndarray:
    """With discs of radius 4 where there is room for them."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    made = blurred(images, 0.3)
    for image, one in zip(images, made, strict=True):
        far = blurred(image[None], 4.0)[0]
        y, x = np.unravel_index(far.argmin(), far.shape)
        away = np.hypot((rows - y + 32) % 64 - 32, (columns - x + 32) % 64 - 32)
        one[away <= 4] = 1
    return made


DAMAGE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "blurred & <grey>": lambda images: blurred(images, 2.0),
    "rounded": rounded,
    "hallucinating": hallucinating,
    "nearly perfect": lambda images: blurred(images, 0.3),
}


def drawn() -> dict[str, np.ndarray]:
    """{class: (5, 64, 64) uint8}."""
    return {name: micro2d_like(name, range(COUNT), seed=0, size=SIDE)[0] for name in CLASSES}


def autoencoded(originals: dict[str, np.ndarray], names: list[str] | None = None) -> dict[str, Autoencoded]:
    """What the models make of them."""
    return {name: _model(name, originals) for name in names or DAMAGE}


def _model(name: str, originals: dict[str, np.ndarray]) -> Autoencoded:
    images = {kind: DAMAGE[name](given) for kind, given in originals.items()}
    numbers = {kind: assess(made, originals[kind], window=WINDOW) for kind, made in images.items()}
    return Autoencoded(images, numbers, {"model": f"models:/{name}/1", "training steps": 7})
