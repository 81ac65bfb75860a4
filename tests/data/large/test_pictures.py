"""Large pictures are written as small ones are, whatever the bands that they come in."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from raysys.data import read_images, write_images
from raysys.data.large.pictures import write_picture
from raysys.errors import RaysysError
from raysys.form import Kind

SIZE = (700, 530)


def in_bands(image: np.ndarray, rows: int) -> Iterator[np.ndarray]:
    for first in range(0, len(image), rows):
        yield image[first : first + rows]


@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
@pytest.mark.parametrize("kind", ["binary", "grey", "colour"])
def test_a_picture_in_bands_is_read_as_one_that_was_written_whole(tmp_path: Path, kind: Kind, suffix: str):
    random = np.random.default_rng(0)
    values = random.random((*SIZE, 3) if kind == "colour" else SIZE, np.float32)
    image = (values > 0.4).astype(np.uint8) if kind == "binary" else values
    write_picture(tmp_path / f"parts{suffix}", in_bands(image, 256), SIZE, kind=kind)
    write_images(tmp_path / f"whole{suffix}", image[None], kind=kind)
    asked = "colour" if kind == "colour" else None
    parts, whole = (read_images(tmp_path / f"{name}{suffix}", kind=asked) for name in ("parts", "whole"))
    assert np.array_equal(parts, whole.reshape(parts.shape))
    assert parts.dtype == whole.dtype


def test_other_formats_are_refused(tmp_path: Path):
    with pytest.raises(RaysysError, match=r"a large picture is written as \.png, \.tif, \.tiff, \.npy, and not as"):
        write_picture(tmp_path / "picture.npz", iter(()), SIZE, kind="grey")
