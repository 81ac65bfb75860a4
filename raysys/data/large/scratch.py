"""A working array on disk, without a name."""

import math
import shutil
import tempfile
from pathlib import Path

import numpy as np

from raysys.errors import RaysysError


class Scratch:
    """Rows of an array (H, W) in a nameless file, which is gone when it is closed or the process ends, however.

    Parameters
    ----------
    folder : Path
        On a disk with room for it.
    shape : (H, W)
    dtype : of the numbers

    Raises
    ------
    RaysysError
        If the disk has less room.
    """

    def __init__(self, folder: Path, shape: tuple[int, int], dtype: type) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        needed, free = math.prod(shape) * self.dtype.itemsize, shutil.disk_usage(folder).free
        if needed > free:
            raise RaysysError(
                f"{folder} has {free / 1e9:.1f} GB free, and a working copy of the image needs {needed / 1e9:.1f} GB; "
                "make room there, or let it work elsewhere (RAYSYS_CACHE, or the folder of the output)"
            )
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115

    def __enter__(self) -> "Scratch":
        """Use it in a with statement."""
        return self

    def __exit__(self, *error: object) -> None:
        """Remove it."""
        self.close()

    def close(self) -> None:
        """Remove it."""
        self._file.close()

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Rows `start` to `stop` - 1, (rows, W)."""
        band = np.empty((stop - start, self.shape[1]), self.dtype)
        self._go_to(start)
        left = band.data.cast("B")
        while left:
            done = self._file.readinto(left)
            if not done:
                raise EOFError(f"rows {start} to {stop} were not written yet")
            left = left[done:]
        return band

    def put(self, start: int, band: np.ndarray) -> None:
        """Write rows from `start` on."""
        self._go_to(start)
        left = np.ascontiguousarray(band, self.dtype).data.cast("B")
        while left:
            left = left[self._file.write(left) :]

    def _go_to(self, row: int) -> None:
        self._file.seek(row * self.shape[1] * self.dtype.itemsize)
