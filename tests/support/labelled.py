"""Two classes of tiny images that differ plainly, in a file of MICRO2D's layout."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from raysys.data.micro2d.layout import Block, Portion, write
from raysys.data.synthetic import discs

# A recipe's data section; discs are images 0 to 39 of the file, stripes the rest.
LABELLED = {
    "source": "micro2d",
    "images": "labelled.h5",
    "tile": 16,
}


def stripes(n: int, *, seed: int, size: int = 16) -> np.ndarray:
    """Periodic images (n, size, size) of stripes of 2 or 4 pixels along either axis."""
    random = np.random.default_rng(seed)
    drawn = [(np.arange(size) + random.integers(size)) // width % 2 for width in random.choice([2, 4], n).tolist()]
    images = [np.tile(line, (size, 1)) for line in drawn]
    turned = [image.T if random.random() < 0.5 else image for image in images]
    return np.array(turned, np.uint8)


def discs_and_stripes(n: int = 40) -> dict[str, np.ndarray]:
    """Two classes that differ plainly, n periodic images of 16 x 16 pixels each."""
    return {"discs": discs((16, 16), radius=3, phase_fraction=0.4, seed=4, n=n), "stripes": stripes(n, seed=5)}


def write_labelled(path: Path, images: dict[str, np.ndarray]) -> Path:
    """Write images (N, H, W) by class in MICRO2D's layout."""
    size = next(iter(images.values())).shape[-1]
    blocks = [
        Block(
            Portion(name, 0, len(some), 0, size),
            [zlib.compress(np.ascontiguousarray(image).tobytes()) for image in some],
            [f"{name} {number}" for number in range(len(some))],
        )
        for name, some in images.items()
    ]
    write(path, {name: len(some) for name, some in images.items()}, blocks, seed=0, size=size)
    return path
