"""One image on disk that is too large for memory, read window by window."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raysys.data.files.containers import dataset_of
from raysys.data.files.raw import described_raw
from raysys.data.files.reading import read_images
from raysys.data.large.segments import tiff_source
from raysys.data.large.sources import Hdf5, Held, Mapped, Source, Zarr, npy_source
from raysys.errors import RaysysError

LARGE_PIXELS = (512 << 20) // 4  # more than 512 MiB as float32; such images are prepared in windows
BAND_PIXELS = 24 << 20  # of a band of rows; the working arrays of a step are a few times as many numbers
BAND_ROWS = 512  # a multiple of the rows in one tile of what is written


class LargeImage:
    """A flat image in a file, whose windows are arrays: `image[1000:1512, 2000:2512]`.

    It can be pickled, and then opens its file again in the other process.

    Parameters
    ----------
    path : str or Path
        TIFF (strips, tiles, compressed, BigTIFF), npy, h5, raw, bin, or a zarr folder where that package is there;
        png, jpg and bmp must be decoded whole and are refused above Pillow's limit, 179 million pixels.
    shape, dtype : optional
        Of raw and bin files, as for `read_images`.
    dataset : str, optional
        Name of the array in an h5 file or a zarr group.

    Attributes
    ----------
    shape : (H, W);  dtype : of the pixels as stored, native byte order;  ndim : 2

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
    ) -> None:
        self.path = Path(path)
        self._how: dict[str, Any] = {"shape": shape, "dtype": dtype, "dataset": dataset}
        self._source: Source | None = opened(self.path, **self._how)
        self.shape: tuple[int, int] = (int(self._source.shape[0]), int(self._source.shape[1]))
        self.dtype: np.dtype = self._source.dtype

    def __getitem__(self, key: Any) -> np.ndarray:
        """Pixels of a window, `[rows]` or `[rows, columns]`, both slices of step 1."""
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
        if not (isinstance(rows, slice) and isinstance(columns, slice)) or {rows.step, columns.step} - {None, 1}:
            raise TypeError(f"a large image gives windows [rows, columns], slices of step 1, and not [{key}]")
        if self._source is None:
            self._source = opened(self.path, **self._how)
        down, across = (slice(*one.indices(side)[:2]) for one, side in zip((rows, columns), self.shape, strict=True))
        if down.stop <= down.start or across.stop <= across.start:
            return np.empty((max(0, down.stop - down.start), max(0, across.stop - across.start)), self.dtype)
        return self._source.window(down, across)

    def __enter__(self) -> "LargeImage":
        """Use it in a with statement, which closes the file."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """All but the open file."""
        return self.__dict__ | {"_source": None}

    def close(self) -> None:
        """Let go of the file; it is opened again when needed."""
        if self._source is not None:
            self._source.close()
            self._source = None


def opened(path: Path, shape: Sequence[int] | None, dtype: str | None, dataset: str | None) -> Source:
    """The source for a file's format."""
    suffix = path.suffix.lower()
    if not path.exists():
        raise RaysysError(f"{path} does not exist; a large image is a tif, npy, h5 or raw file, or a zarr folder")
    if suffix == ".zarr":
        return Zarr(path, dataset)
    sources: dict[str, Callable[[], Source]] = {
        ".tif": lambda: tiff_source(path),
        ".tiff": lambda: tiff_source(path),
        ".npy": lambda: npy_source(path),
        ".h5": lambda: Hdf5(path, dataset_of(path, dataset)),
        ".hdf5": lambda: Hdf5(path, dataset_of(path, dataset)),
        ".raw": lambda: _raw_source(path, shape, dtype),
        ".bin": lambda: _raw_source(path, shape, dtype),
    }
    return sources[suffix]() if suffix in sources else _whole(path)


def _raw_source(file: Path, shape: Sequence[int] | None, dtype: str | None) -> Mapped:
    shape, found = described_raw(file, shape, dtype)
    if len(shape) != 2:
        raise RaysysError(f"{file} has shape {shape}; what is read in windows is one flat image (H, W)")
    return Mapped(file, found, (shape[0], shape[1]))


def _whole(file: Path) -> Held:
    array = read_images(file)
    if array.ndim != 2:
        raise RaysysError(f"{file} holds an array of shape {array.shape}; what is read in windows is one flat image")
    return Held(array)


def bands(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """First and last row + 1 of the bands in which an image is worked through, from the top."""
    fitting = BAND_PIXELS // shape[1]
    rows = max(fitting // BAND_ROWS * BAND_ROWS, min(fitting, BAND_ROWS), 16)
    for start in range(0, shape[0], rows):
        yield start, min(start + rows, shape[0])
