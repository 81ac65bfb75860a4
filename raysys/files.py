"""Files appear under their final name only when they are complete, and on the disk before they do."""

import contextlib
import csv
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

# A place where nothing (more) can be written: full, over quota, read-only; or a name that no file can have.
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.ENAMETOOLONG)


@contextmanager
def written_aside(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` (same suffix); rename it to `path` if the block succeeds, else delete it."""
    final = Path(path)
    with _blamed(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{final.stem}-", suffix=final.suffix, dir=final.parent)
        os.close(handle)
        aside = Path(name)
        try:
            yield aside
            aside.chmod(0o666 & ~_umask())
            settle(aside)
            aside.replace(final)
            _settle_names(final.parent)
        finally:
            aside.unlink(missing_ok=True)


@contextmanager
def folder_written_aside(path: str | Path) -> Iterator[Path]:
    """Do for a folder what `written_aside` does for a file; an existing one is replaced only on success."""
    final = Path(path)
    with _blamed(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
        try:
            yield aside
            aside.chmod(0o777 & ~_umask())
            settle(aside)
            if final.exists():
                old = Path(tempfile.mkdtemp(prefix=f".{final.name}-old-", dir=final.parent))
                final.replace(old / final.name)
                aside.replace(final)
                _settle_names(final.parent)
                shutil.rmtree(old)
            else:
                aside.replace(final)
                _settle_names(final.parent)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def folder_made_once(path: str | Path, fill: Callable[[Path], None], *, stands: Callable[[Path], bool]) -> None:
    """Fill a folder and give it its name, however many processes do so at once: the first that is ready has made it.

    Parameters
    ----------
    path
        Of the folder, usually not there yet.
    fill
        Writes the content into the empty folder that it is given, which lies beside `path`.
    stands
        Whether a folder of that name, which is there when this one is ready, is as good; it then stays. Otherwise it
        is replaced.
    """
    final = Path(path)
    with _blamed(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
        try:
            fill(aside)
            aside.chmod(0o777 & ~_umask())
            settle(aside)
            while not _named(aside, final) and not stands(final):
                shutil.rmtree(_out_of_the_way(final), ignore_errors=True)
            _settle_names(final.parent)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def settle(path: Path) -> None:
    """Have a file, or a folder's files, written to the disk: a name must not outlive a power cut without its content.

    The operating system keeps what was written in memory for half a minute, and may write a new name first.
    """
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file() and not file.is_symlink():
            _sync(file, os.O_RDWR if os.access(file, os.W_OK) else os.O_RDONLY)
        elif file.is_dir():
            _settle_names(file)
    if path.is_dir():
        _settle_names(path)


def _settle_names(folder: Path) -> None:
    """The same for the names in a folder; not where folders cannot be opened, as on other systems."""
    with contextlib.suppress(OSError):
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a place without such a promise; a full one is told
            raise
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """The checksum of a file as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _blamed(final: Path) -> Iterator[None]:
    """Let errors of a place that takes no more name the file that was asked for, and not the temporary one.

    What writes arrays says in its own words that a disk is full, without the system's number.
    """
    try:
        yield
    except OSError as error:
        short = type(error) is OSError and error.errno is None and _is_full(final.parent)
        aside = Path(error.filename or "").name.startswith(f".{final.stem}-")
        if error.errno not in UNWRITABLE and not short and not aside:
            raise
        code = errno.ENOSPC if short else error.errno or 0
        raise OSError(code, os.strerror(code), str(final)) from error


def _is_full(folder: Path) -> bool:
    """Whether less than a block is left where the folder is."""
    try:
        return shutil.disk_usage(folder).free < 4096
    except OSError:
        return False


def _named(aside: Path, final: Path) -> bool:
    """Whether `aside` could be given its name; not where something of that name is there."""
    try:
        aside.rename(final)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        return False
    return True


def _out_of_the_way(final: Path) -> Path:
    """A new folder that holds what had the name, unless another process has moved it first."""
    old = Path(tempfile.mkdtemp(prefix=f".{final.name}-old-", dir=final.parent))
    with contextlib.suppress(FileNotFoundError):
        final.rename(old / final.name)
    return old


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let no other process of raysys into this block for the same folder; where there are no locks, let all in."""
    handle = None
    with contextlib.suppress(OSError, ImportError):
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def write_csv(
    path: str | Path, rows: Iterable[Mapping[str, Any]], *, heads: Sequence[str] | None = None, line_end: str = "\n"
) -> int:
    """Write rows as comma-separated values, the names of their columns in the first line.

    Parameters
    ----------
    path
        Of the file, which appears when it is complete.
    rows
        {column: value} each.
    heads
        Names of the columns; what a row lacks stays empty. By default those of the first row, which all rows then
        have; without heads and rows there is no file.
    line_end
        Behind every line.

    Returns
    -------
    int
        Number of rows.
    """
    first = next(rows := iter(rows), None)
    if first is None and heads is None:
        return 0
    count = 0
    with written_aside(path) as aside, aside.open("w", newline="") as file:
        table = csv.DictWriter(file, heads or list(first or ()), lineterminator=line_end)
        table.writeheader()
        for count, row in enumerate(chain(() if first is None else (first,), rows), start=1):  # noqa: B007
            table.writerow(row)
    return count


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
