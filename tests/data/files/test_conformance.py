"""Same bytes, same pixels, same refusal, whatever the way in: the command line, windows, and the endpoint."""

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.image_files import FILES, File

from raysys.data.files.image_file import UPLOAD, ImageFile
from raysys.data.files.reading import read_stored
from raysys.data.files.source import Choice
from raysys.data.large import LargeImage
from raysys.errors import RaysysError
from raysys.serve import Limits
from raysys.serve.uploads import decode_upload

LIMITS = Limits()


def by_command_line(path: Path, choice: Choice) -> np.ndarray:
    return read_stored(path, choice).array


def in_windows(path: Path, choice: Choice) -> np.ndarray:
    """The image out of pieces of 17 pixels; flat ones as large images are read."""
    with ImageFile(path, choice) as image:
        found = np.full(image.shape, 1, image.dtype)
        large = LargeImage(path, **vars(choice)) if len(image.shape) == 2 and path.is_file() else None
        starts = (range(0, side, 17) for side in image.shape)
        for corner in itertools.product(*starts):
            place = tuple(slice(a, min(a + 17, side)) for a, side in zip(corner, image.shape, strict=True))
            found[place] = image.read(place) if large is None else large[place]
        return found


def by_endpoint(path: Path, choice: Choice) -> np.ndarray:
    decoded = decode_upload(path.read_bytes(), LIMITS, dims=FILES[path.name].dims, choice=choice)
    return decoded[0] if len(decoded) == 1 else decoded


def outcome(read: Any, path: Path, choice: Choice) -> np.ndarray | str:
    try:
        return read(path, choice)
    except RaysysError as error:
        return re.sub(r"; what can be uploaded: .*", "", str(error)).replace(str(path), UPLOAD)


def check(file: File, path: Path, choice: Choice, right: Any) -> None:
    whole = outcome(by_command_line, path, choice)
    if isinstance(right, str):
        assert isinstance(whole, str), f"read as an array, and not refused: {right}"
        assert re.search(right, whole)
        assert "\n" not in whole
    else:
        assert isinstance(whole, np.ndarray), whole
        expected = right(path.with_name(f"again{path.suffix}")) if callable(right) else right
        if file.exact:
            np.testing.assert_array_equal(whole, expected)
            assert whole.dtype == expected.dtype
        else:
            np.testing.assert_allclose(whole, expected, atol=1e-6)
    ways = [in_windows, *([by_endpoint] if file.uploaded else [])]
    for found in (outcome(way, path, choice) for way in ways):
        if isinstance(whole, str):
            assert found == whole
        else:
            assert isinstance(found, np.ndarray), found
            np.testing.assert_array_equal(found, whole)
            assert found.dtype == whole.dtype


@pytest.mark.parametrize("name", FILES)
def test_every_way_in_reads_the_same(tmp_path: Path, name: str):
    file, path = FILES[name], tmp_path / name
    file.write(path)
    check(file, path, Choice(), file.right)
    for choice, right in file.chosen:
        check(file, path, Choice(**choice), right)


def test_the_files_are_many():
    assert len(FILES) >= 100
