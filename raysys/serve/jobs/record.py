"""What is kept of a job."""

from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class ResultFile:
    """A file that a job has left: its name, its length, and the SHA-256 of its bytes in hexadecimal digits."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Record:
    """One job.

    Attributes
    ----------
    id
        By which it is asked for; nobody guesses it.
    kind
        A key of `raysys.serve.jobs.kinds.KINDS`.
    caller
        Who has asked for it, see `raysys.serve.jobs.callers`.
    request
        What was asked for, as JSON; uploads lie in the job's folder.
    fraction, seconds_left
        How far it has come, and what remains as far as can be told.
    created, started, ended, expires
        Seconds since 1970; None for what has not happened.
    message
        Why it has failed, or how far it has come, in words.
    deaths
        How often whoever worked at it was gone before it ended.
    """

    id: str
    kind: str
    caller: str
    request: dict[str, Any]
    created: float
    state: State = "waiting"
    fraction: float = 0.0
    seconds_left: float | None = None
    message: str = ""
    files: tuple[ResultFile, ...] = field(default=())
    started: float | None = None
    ended: float | None = None
    expires: float | None = None
    deaths: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED
