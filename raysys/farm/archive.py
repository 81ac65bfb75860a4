"""Arrays and a JSON description in one `.npz`, written aside, read without pickle."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.local_paths import refuse_streams

__all__ = ["DamagedError", "read_archive", "read_description", "write_archive"]


class DamagedError(RaysysError):
    """A file of a farm is not as it was written."""


def write_archive(path: str | Path, kind: str, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write `arrays` and `description` (ready for JSON) to `path`, which appears only when it is complete."""
    header = np.array(json.dumps({"kind": kind, **description}))
    with written_aside(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, description=header, **arrays)  # type: ignore[arg-type]


def read_archive(path: str | Path, kind: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Description and arrays of an archive of that kind.

    Raises
    ------
    RaysysError
        If there is no such file, or it is something else.
    DamagedError
        If it is not as it was written.
    """
    with _opened(path, kind) as archive:
        description = json.loads(str(archive["description"]))
        arrays = {name: archive[name] for name in archive.files if name != "description"}
    return _of_kind(description, path, kind), arrays


def read_description(path: str | Path, kind: str | None = None) -> dict[str, Any]:
    """The description alone, of any kind if none is named; arrays stay on disk. Raises as `read_archive` does."""
    with _opened(path, kind) as archive:
        description = json.loads(str(archive["description"]))
    return _of_kind(description, path, kind)


@contextmanager
def _opened(path: str | Path, kind: str | None) -> Iterator[Any]:
    refuse_streams(Path(path))
    try:
        with np.load(path, allow_pickle=False) as archive:
            yield archive
    except FileNotFoundError as error:
        raise RaysysError(f"{path}: there is no such file") from error
    # TypeError: a bare array under the name of an archive is loaded, but cannot be entered.
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DamagedError(
            f"{path}: damaged, or not a file of raysys ({error}); expected: {kind or 'a farm'}"
        ) from error


def _of_kind(description: Any, path: str | Path, kind: str | None) -> dict[str, Any]:
    if not isinstance(description, dict) or description.get("kind", "") != (kind or description.get("kind")):
        raise RaysysError(f"{path}: not the expected file ({kind})")
    return description
