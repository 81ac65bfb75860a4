"""One image on disk that is too large for memory, read window by window."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raysys.data.files.image_file import ImageFile
from raysys.data.files.source import Choice, Held
from raysys.data.files.values import Kind
from raysys.errors import RaysysError
from raysys.local_paths import refuse_streams
from raysys.spacing import Spacing

LARGE_PIXELS = (512 << 20) // 4  # more than 512 MiB as float32; such images are prepared in windows
BAND_PIXELS = 24 << 20  # of a band of rows; the working arrays of a step are a few times as many numbers
BAND_ROWS = 512  # a multiple of the rows in one tile of what is written


class LargeImage:
    """A flat image in a file, whose windows are arrays: `image[1000:1512, 2000:2512]`.

    It can be pickled, and then opens its file again in the other process.

    Parameters
    ----------
    path : str or Path
        A file as `read_images` takes it. Windows of TIFF (strips, tiles, compressed, BigTIFF), npy, h5, raw, bin and
        zarr are read alone; other formats are decoded whole, and png, jpg and bmp refused above Pillow's limit, 179
        million pixels.
    shape, dtype, dataset, series, channel, time, kind : optional
        As for `read_images`.

    Attributes
    ----------
    shape : (H, W);  dtype : of the pixels, native byte order;  ndim : 2;  spacing : as the file says it
    notices : what was decided on the way, in sentences
    in_hue : whether it is in colour, of which the luminance is read

    Raises
    ------
    RaysysError
        If the file is missing, no flat image, cut short, or of a format that cannot be read in windows.
    """

    ndim = 2

    def __init__(
        self,
        path: str | Path,
        *,
        shape: Sequence[int] | None = None,
        dtype: str | None = None,
        dataset: str | None = None,
        series: int | None = None,
        channel: int | None = None,
        time: int | None = None,
        kind: Kind = "grey",
    ) -> None:
        self.path = Path(path)
        choice = Choice(dataset, series, channel, time, None if shape is None else tuple(shape), dtype)
        self._how = (choice, kind)
        self._file: ImageFile | None = opened(self.path, choice, kind)
        self.shape: tuple[int, int] = (self._file.shape[0], self._file.shape[1])
        self.dtype: np.dtype = self._file.dtype
        self.spacing: Spacing | None = self._file.spacing
        self.notices: tuple[str, ...] = self._file.notices
        self.in_hue: bool = self._file.in_hue

    def __getitem__(self, key: Any) -> np.ndarray:
        """Pixels of a window, `[rows]` or `[rows, columns]`, both slices of step 1."""
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
        if not (isinstance(rows, slice) and isinstance(columns, slice)) or {rows.step, columns.step} - {None, 1}:
            raise TypeError(f"a large image gives windows [rows, columns], slices of step 1, and not [{key}]")
        if self._file is None:
            self._file = opened(self.path, *self._how)
        down, across = (slice(*one.indices(side)[:2]) for one, side in zip((rows, columns), self.shape, strict=True))
        if down.stop <= down.start or across.stop <= across.start:
            return np.empty((max(0, down.stop - down.start), max(0, across.stop - across.start)), self.dtype)
        return self._file.read((down, across))

    def __enter__(self) -> "LargeImage":
        """Use it in a with statement, which closes the file."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """All but the open file."""
        return self.__dict__ | {"_file": None}

    def close(self) -> None:
        """Let go of the file; it is opened again when needed."""
        if self._file is not None:
            self._file.close()
            self._file = None


def opened(path: Path, choice: Choice, kind: Kind = "grey") -> ImageFile:
    """The one flat image of a file."""
    refuse_streams(path)
    if not path.exists():
        raise RaysysError(f"{path} does not exist; a large image is a tif, npy, h5 or raw file, or a zarr folder")
    image = ImageFile(path, choice, kind)
    if len(image.shape) == 2 and kind != "colour":
        if isinstance(image.source, Held) and image.source.refusal:
            raise RaysysError(image.source.refusal)
        return image
    image.close()
    raise RaysysError(
        f"{path} holds {'a stack' if kind != 'colour' else 'an image in colour'} of shape {image.shape}; what is read "
        "in windows is one flat image (H, W)"
    )


def bands(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """First and last row + 1 of the bands in which an image is worked through, from the top."""
    fitting = BAND_PIXELS // shape[1]
    rows = max(fitting // BAND_ROWS * BAND_ROWS, min(fitting, BAND_ROWS), 16)
    for start in range(0, shape[0], rows):
        yield start, min(start + rows, shape[0])
