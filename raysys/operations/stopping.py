"""Ending a run from another terminal: as Ctrl-C in its own, so that it keeps what it has reached."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

from raysys.errors import RaysysError
from raysys.lock import NAME, Lock
from raysys.operations.standing import Standing, standing

__all__ = ["stop"]

SECONDS = 60.0  # within which a driver ends its workers and its Ray
LOOK = 0.1


def stop(folder: str | Path, *, seconds: float = SECONDS) -> Standing | None:
    """End the driver that is at work in a folder, and wait until it has; the run can be gone on with.

    Parameters
    ----------
    folder
        Of a training, a sweep, or a farm (also its `--out`).
    seconds
        How long to wait.

    Returns
    -------
    Standing or None
        How it stands afterwards.

    Raises
    ------
    RaysysError
        If no driver is at work in it, it is on another machine, or it does not end in time.
    """
    place = _place(Path(folder))
    lock = Lock(place)
    driver = lock.holder()
    if driver is None:
        raise RaysysError(f"{folder}: nobody is at work in it; raysys status {folder} says how it stands")
    host = socket.gethostname()
    if driver.get("host") != host:
        where = f"runs on {driver['host']}, and this is {host}" if driver else "has not said who it is"
        raise RaysysError(f"{folder}: its driver {where}; there: raysys stop {folder}")
    try:
        # raysys's commands answer as to Ctrl-C: checkpoints are kept, workers ended, the MLflow run is marked KILLED.
        os.kill(driver["pid"], signal.SIGTERM)
    except ProcessLookupError:  # it has just ended by itself
        pass
    except PermissionError:
        raise RaysysError(f"{folder}: process {driver['pid']} is another user's, who alone may end it") from None
    end = time.monotonic() + seconds
    while (now := lock.holder()) is not None and now.get("pid") == driver["pid"]:
        if time.monotonic() > end:
            raise RaysysError(
                f"{folder}: process {driver['pid']} has been told to end and is still at work after {seconds:g} s; "
                f"wait, or kill -9 {driver['pid']}: what it has reached is kept at its last checkpoint"
            )
        time.sleep(LOOK)
    return standing(place)


def _place(folder: Path) -> Path:
    """The folder itself, or the one below it in which a driver is at work, such as OUT/chains."""
    if not folder.is_dir():
        raise RaysysError(f"{folder}: there is no such folder; name that of a run, as raysys status lists them")
    locks = [path.parent for path in (folder / NAME, *sorted(folder.glob(f"*/{NAME}"))) if path.is_file()]
    held = [place for place in locks if Lock(place).holder() is not None]
    if len(held) > 1:
        raise RaysysError(f"{folder}: {len(held)} drivers are at work in it; name one: {', '.join(map(str, held))}")
    return held[0] if held else folder
