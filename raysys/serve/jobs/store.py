"""Where records of jobs are kept: what any database has to offer, so that several replicas stay right."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from raysys.serve.jobs.record import Record, ResultFile


class Store(ABC):
    """Records of jobs, shared by all replicas; each method is one transaction.

    A job that is worked at belongs to one holder, as long as that one renews its lease: whoever is killed renews
    nothing, and another takes the job up.
    """

    @abstractmethod
    def add(self, record: Record, key: str | None, most: int, most_of_caller: int) -> Record:
        """Keep a new record; the earlier one where its caller has used the same `key` before.

        Raises
        ------
        RefusedError
            If more than `most` jobs would wait, or more than `most_of_caller` of this caller's were not over.
        """

    @abstractmethod
    def get(self, job: str) -> Record | None:
        """One record."""

    @abstractmethod
    def listing(self, caller: str | None, most: int) -> list[Record]:
        """The newest records of a caller, or of all; the newest first."""

    @abstractmethod
    def claim(self, holder: str, lease: float) -> Record | None:
        """The job that has waited longest, or whose lease is over; it now is the holder's. None where there is none."""

    @abstractmethod
    def renew(self, job: str, holder: str, lease: float) -> bool:
        """Whether the job still is the holder's, and nobody has cancelled it; if so, for `lease` seconds more."""

    @abstractmethod
    def progress(self, job: str, holder: str, fraction: float, seconds_left: float | None, message: str) -> None:
        """Note how far the holder's job has come."""

    @abstractmethod
    def release(self, job: str, holder: str) -> None:
        """Let the job wait again: the holder cannot work at it."""

    @abstractmethod
    def finish(self, job: str, holder: str, files: Sequence[ResultFile], message: str, keep: float) -> bool:
        """The holder's job is done, and its files are kept for `keep` seconds; whether it still was the holder's."""

    @abstractmethod
    def fail(self, job: str, holder: str, message: str, keep: float) -> None:
        """Nothing will come of the holder's job."""

    @abstractmethod
    def cancel(self, job: str, keep: float) -> Record | None:
        """Nothing more is wanted of a job; one that is over stays as it is."""

    @abstractmethod
    def remove(self, job: str) -> None:
        """Forget a job."""

    @abstractmethod
    def expired(self) -> list[str]:
        """Jobs whose files have been kept for long enough."""
