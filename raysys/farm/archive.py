"""Arrays and a JSON description in one `.npz`, written aside, read without pickle."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.files import written_aside

__all__ = ["read_archive", "write_archive"]


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
        If there is no such file, or it is damaged or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        description = json.loads(str(arrays.pop("description")))
    except FileNotFoundError as error:
        raise RaysysError(f"{path}: there is no such file") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise RaysysError(f"{path}: damaged, or not a file of raysys ({error}); expected: {kind}") from error
    if not isinstance(description, dict) or description.get("kind") != kind:
        raise RaysysError(f"{path}: not the expected file ({kind})")
    return description, arrays
