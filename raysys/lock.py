"""One driver at a time in a folder: a lock of the operating system, which ends with the process that holds it."""

from __future__ import annotations

import errno
import json
import os
import socket
import warnings
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Self

from raysys.errors import RaysysError

__all__ = ["Lock"]

NAME = "driver.lock"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)


class Lock:
    """The right to drive what is made in a folder: a farm's jobs, a training, a sweep.

    The file in the folder stays where it is: who waits for it must find the same. It says who holds it; that somebody
    does, the operating system says, so that nobody has to clear up after a driver that was killed.

    Parameters
    ----------
    folder
        Made when the lock is taken.
    jobs
        What its driver makes, for sentences.
    otherwise
        What else is allowed than to wait for that driver or to end it, for sentences.
    """

    def __init__(self, folder: Path, jobs: str = "jobs", otherwise: str = "another folder") -> None:
        self.path, self.jobs, self.otherwise = folder / NAME, jobs, otherwise
        self._held: IO[str] | None = None

    def check(self) -> None:
        """Refuse a folder that another driver is at work in.

        Raises
        ------
        RaysysError
            If one is; the sentence says which process, on which host and since when.
        """
        if self.path.exists() and self._held is None:
            with self:
                pass

    def holder(self) -> dict[str, Any] | None:
        """Who holds the lock: {"pid", "host", "started"}, empty of one that has not signed yet; None if nobody does."""
        if not self.path.exists():
            return None
        # Only to be read, so that who may look at a folder may ask, too.
        with self.path.open("r") as file:
            try:
                # Shared: of a file that is open to be read, network file systems give no other.
                _lock(file, shared=True)
            except BlockingIOError:
                return _signed(file)
            except OSError:  # no locks here, so nobody knows
                return None
        return None

    def __enter__(self) -> Self:
        """Hold the lock until the end of the block, or of this process; RaysysError if another driver holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+")
        try:
            _lock(file)
        except BlockingIOError:
            with file:
                raise RaysysError(
                    f"{self.path.parent}: {_holder(file)} makes {self.jobs} in it; allowed: to wait until it ends or "
                    f"to end it, or {self.otherwise}"
                ) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                file.close()
                raise
            warnings.warn(
                f"{self.path.parent}: its file system has no locks, so nothing stops a second driver in this folder",
                stacklevel=2,
            )
        started = datetime.now().astimezone().isoformat(" ", "seconds")
        try:
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "started": started}))
            file.flush()
        except OSError as error:
            with suppress(OSError):  # closing tries once more to write what has no room
                file.close()
            # The system's own error names no file once that is open.
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        self._held = file
        return self

    def __exit__(self, *_: object) -> None:
        if self._held is not None:
            self._held.truncate(0)
            self._held.close()
            self._held = None


def _lock(file: IO[str], *, shared: bool = False) -> None:
    try:
        import fcntl
    except ImportError as error:  # not a system with such locks
        raise OSError(errno.ENOSYS, "no locks") from error
    fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _holder(file: IO[str]) -> str:
    """Who holds a lock, in words."""
    found = _signed(file)
    if not found:
        return "another process"
    return f"process {found['pid']} on {found['host']}, begun at {found['started']},"


def _signed(file: IO[str]) -> dict[str, Any]:
    """What the holder of a lock has written; empty if it has not yet."""
    file.seek(0)
    try:
        found = json.load(file)
        return {name: found[name] for name in ("pid", "host", "started")}
    except (ValueError, KeyError, TypeError):
        return {}
