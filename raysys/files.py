"""Files appear under their final name only when they are complete."""

import csv
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def written_aside(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` (same suffix); rename it to `path` if the block succeeds, else delete it."""
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{final.stem}-", suffix=final.suffix, dir=final.parent)
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        aside.chmod(0o666 & ~_umask())
        aside.replace(final)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def folder_written_aside(path: str | Path) -> Iterator[Path]:
    """Like `written_aside` for a folder; an existing folder of that name is replaced only on success."""
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
    try:
        yield aside
        aside.chmod(0o777 & ~_umask())
        if final.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{final.name}-old-", dir=final.parent))
            final.replace(old / final.name)
            aside.replace(final)
            shutil.rmtree(old)
        else:
            aside.replace(final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_csv(path: str | Path, rows: Iterable[Mapping[str, Any]], *, line_end: str = "\n") -> int:
    """Write rows of the same columns, whose names stand in the first line; without rows there is no file.

    Returns
    -------
    int
        Number of rows.
    """
    first = next(rows := iter(rows), None)
    if first is None:
        return 0
    count = 1
    with written_aside(path) as aside, aside.open("w", newline="") as file:
        table = csv.DictWriter(file, list(first), lineterminator=line_end)
        table.writeheader()
        table.writerow(first)
        for count, row in enumerate(rows, start=2):  # noqa: B007
            table.writerow(row)
    return count


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
