"""MLflow's client where its store is away for a while: a server that is started again, a database that is locked."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

from raysys.errors import RaysysError

__all__ = ["AwayError", "PatientClient", "patiently"]

SECONDS = 600.0  # of waiting for a database that another program has locked, or for a server
PAUSE, LONGEST_PAUSE = 0.5, 10.0
LOCKED = "is locked"
# What MLflow says of a server that gives no answer, and of a proxy before one.
AWAY = (
    "failed with exception",
    "failed with timeout exception",
    *(f"failed with error code {code}" for code in (502, 503, 504)),
)
# What SQLite says of a place where nothing (more) can be written.
HOPELESS = ("readonly database", "disk is full", "disk I/O error", "unable to open database file")


class AwayError(RaysysError):
    """MLflow has not answered for as long as was to be waited."""


def patiently(call: Callable[..., Any], *arguments: Any, seconds: float | None = None, **named: Any) -> Any:
    """The result of a call of MLflow's, which is made again while its store is away.

    Nothing is half done when it fails: MLflow rolls back what it could not write.

    Raises
    ------
    AwayError
        If no server answers, or the database stays locked, for so many `seconds`, ten minutes by default.
    RaysysError
        If the database cannot be written at all.
    """
    began, told, pause = time.monotonic(), False, PAUSE
    patience = SECONDS if seconds is None else seconds
    while True:
        try:
            return call(*arguments, **named)
        except Exception as error:
            said = str(error)
            if any(words in said for words in HOPELESS):
                raise RaysysError(f"MLflow's database cannot be written: {said.splitlines()[0]}") from error
            away = _away(error)
            if LOCKED not in said and not away:
                raise
            if time.monotonic() - began > patience:
                raise AwayError(_given_up(away, patience)) from error
        if not told and patience == SECONDS:
            # Numbers of a training wait meanwhile, and it goes on.
            what = "MLflow's server does not answer" if away else "another program has locked MLflow's database"
            warnings.warn(f"{what}; waiting for it", stacklevel=2)
            told = True
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE) if away else PAUSE


def _away(error: Exception) -> bool:
    """Whether an error says that no server is there, rather than what it thinks of the request."""
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import Timeout

    return isinstance(error, (NoConnection, Timeout)) or any(words in str(error) for words in AWAY)


def _given_up(away: bool, seconds: float) -> str:
    time_words = f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} s"
    if away:
        return f"MLflow's server has not answered for {time_words}; start it again, and go on with --resume"
    return f"another program has locked MLflow's database for {time_words}; end it, and try again"


class PatientClient:
    """MLflow's client, each of whose calls waits as `patiently` does."""

    def __init__(self, client: Any, seconds: float | None = None) -> None:
        self._client, self._seconds = client, seconds

    def __getattr__(self, name: str) -> Any:
        """What the client has under that name; of a function one that waits."""
        found = getattr(self._client, name)
        if not callable(found):
            return found
        return lambda *arguments, **named: patiently(found, *arguments, seconds=self._seconds, **named)

    def create_run(self, experiment_id: str, *, tags: dict[str, Any] | None = None, run_name: str = "") -> Any:
        """A new run, and one only: where the answer was lost, a run that was made all the same is looked for."""
        started, asked = int(time.time() * 1000), False

        def create() -> Any:
            nonlocal asked
            if asked:
                for run in self._client.search_runs([experiment_id], f"attributes.start_time = {started}"):
                    if run.info.run_name == run_name:
                        return run
            asked = True
            return self._client.create_run(experiment_id, start_time=started, tags=tags, run_name=run_name)

        return patiently(create, seconds=self._seconds)
