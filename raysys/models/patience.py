"""MLflow's client where other programs use its database too: a backup, a browser of databases, a slow network disk."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

from raysys.errors import RaysysError

__all__ = ["PatientClient", "patiently"]

SECONDS = 600.0  # of waiting for a database that another program has locked
PAUSE = 0.5
LOCKED = "is locked"
# What SQLite says of a place where nothing (more) can be written.
HOPELESS = ("readonly database", "disk is full", "disk I/O error", "unable to open database file")


def patiently(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """The result of a call of MLflow's, which is made again while another program has locked the database.

    Nothing is half done when it fails: MLflow rolls back what it could not write.

    Raises
    ------
    RaysysError
        If the database stays locked for ten minutes, or cannot be written at all.
    """
    began, told = time.monotonic(), False
    while True:
        try:
            return call(*arguments, **named)
        except Exception as error:
            said = str(error)
            if any(words in said for words in HOPELESS):
                raise RaysysError(f"MLflow's database cannot be written: {said.splitlines()[0]}") from error
            if LOCKED not in said:
                raise
            if time.monotonic() - began > SECONDS:
                raise RaysysError(
                    f"another program has locked MLflow's database for {SECONDS / 60:g} minutes; end it, and try again"
                ) from error
        if not told:
            warnings.warn("another program has locked MLflow's database; waiting for it", stacklevel=2)
            told = True
        time.sleep(PAUSE)


class PatientClient:
    """MLflow's client, each of whose calls waits as `patiently` does."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        """What the client has under that name; of a function one that waits."""
        found = getattr(self._client, name)
        if not callable(found):
            return found
        return lambda *arguments, **named: patiently(found, *arguments, **named)
