"""Works at jobs one after the other, in a thread of its own, as long as its replica lives."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable

import numpy as np

from raysys.errors import RaysysError
from raysys.lock import Lock
from raysys.serve.jobs.kinds.known import KINDS
from raysys.serve.jobs.pictures import as_picture
from raysys.serve.jobs.record import Record
from raysys.serve.jobs.shelf import Shelf
from raysys.serve.jobs.store import Store
from raysys.serve.jobs.work import RESULTS, Surroundings

IDLE = 2.0  # seconds between looks for jobs that another replica has left
TOLD = 0.5  # seconds between two notes of how far a job has come
TIDIED = 60.0  # seconds between looks for files that have been kept for long enough
RENEWALS = 4  # within the time of a lease
_log = logging.getLogger(__name__)


class StoppedError(Exception):
    """Nothing more is wanted of the job, or another has taken it up."""


class Runner:
    """Takes jobs from a store and works at them.

    Parameters
    ----------
    store, shelf
        Of all replicas.
    around
        Makes what jobs find here, asked anew for each.
    """

    def __init__(self, store: Store, shelf: Shelf, around: Callable[[], Surroundings]) -> None:
        self._store, self._shelf, self._around = store, shelf, around
        self._settings = around().settings
        self._holder = uuid.uuid4().hex
        self._woken, self._stopped = threading.Event(), False
        # A daemon: a replica that is told to end does not wait for a job, which the next goes on with.
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something new."""
        self._woken.set()

    def stop(self) -> None:
        """Take no further job, and leave the one that is worked at to whoever comes next."""
        self._stopped = True
        self._woken.set()
        self._thread.join()

    def _work(self) -> None:
        tidied = 0.0
        while not self._stopped:
            self._woken.clear()
            try:
                if time.monotonic() - tidied > TIDIED:
                    self._tidy()
                    tidied = time.monotonic()
                record = self._store.claim(self._holder, self._settings.lease_s)
                if record is not None:
                    self._take(record)
            # A full disk or a locked database passes, and the thread must not end with it.
            except Exception:
                _log.exception("jobs cannot be looked for, or noted")
                record = None
            if record is None:
                self._woken.wait(IDLE)

    def _take(self, record: Record) -> None:
        keep = self._settings.keep_s
        if record.deaths >= self._settings.max_deaths:
            # It would take the endpoint down for ever.
            self._store.fail(
                record.id, self._holder, f"whoever worked at it was gone, {record.deaths} times in a row", keep
            )
            return
        renewing = _Renewing(self._store, record.id, self._holder, self._settings.lease_s)
        try:
            with renewing:
                self._carry_out(record, renewing)
        except StoppedError:
            # Of a job that another has taken up nothing is removed.
            found = self._store.get(record.id)
            if found is None:
                self._shelf.remove(record.id)
            elif found.state == "cancelled":
                self._shelf.clear(record.id)
        except RaysysError as error:
            self._store.fail(record.id, self._holder, str(error), keep)
        except Exception as error:
            # Of our own faults the log alone says more, as with requests.
            _log.exception("job %s failed", record.id)
            message = f"{type(error).__name__} in the endpoint; its log has the details"
            self._store.fail(record.id, self._holder, message, keep)

    def _carry_out(self, record: Record, renewing: _Renewing) -> None:
        folder = self._shelf.folder(record.id)
        lock = Lock(folder, "results")
        try:
            lock.__enter__()
        except RaysysError:
            # A replica that was silent for a while, and works at it still.
            self._store.release(record.id, self._holder)
            return
        try:
            (folder / RESULTS).mkdir(exist_ok=True)
            work = KINDS[record.kind](record.request, folder, self._around())
            message = work.run(folder, self._heard(record.id, renewing))
            files = self._shelf.shelve(record.id)
        finally:
            lock.__exit__()
        done = self._store.finish(record.id, self._holder, files, message, self._settings.keep_s)
        # Cancelled and removed at the last moment: nobody would tidy it up later.
        if not done and self._store.get(record.id) is None:
            self._shelf.remove(record.id)

    def _heard(self, job: str, renewing: _Renewing) -> _Heard:
        def stop_if_unwanted() -> None:
            if self._stopped or renewing.lost:
                raise StoppedError

        return _Heard(self._store, self._shelf, job, self._holder, stop_if_unwanted)

    def _tidy(self) -> None:
        for job in self._store.expired():
            self._shelf.remove(job)
            self._store.remove(job)


class _Heard:
    """Notes how far a job has come, and what it looks like; not more often than anybody looks."""

    def __init__(self, store: Store, shelf: Shelf, job: str, holder: str, check: Callable[[], None]) -> None:
        self._store, self._shelf, self._job, self._holder, self._check = store, shelf, job, holder, check
        self._told = 0.0

    def __call__(
        self,
        fraction: float,
        seconds_left: float | None,
        message: str,
        picture: Callable[[], np.ndarray | None] | None = None,
    ) -> None:
        self._check()
        # What it looks like at the end stays.
        if fraction < 1 and time.monotonic() - self._told < TOLD:
            return
        self._told = time.monotonic()
        image = None if picture is None else picture()
        if image is not None:
            self._shelf.show(self._job, as_picture(image))
        self._store.progress(self._job, self._holder, fraction, seconds_left, message)


class _Renewing:
    """Renews a lease in the block; `lost` once it is another's, or the job was cancelled."""

    def __init__(self, store: Store, job: str, holder: str, lease: float) -> None:
        self._store, self._job, self._holder, self._lease = store, job, holder, lease
        self.lost = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="jobs' lease", daemon=True)

    def __enter__(self) -> _Renewing:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self.lost and not self._over.wait(self._lease / RENEWALS):
            try:
                self.lost = not self._store.renew(self._job, self._holder, self._lease)
            # The next try may succeed; if none does, another takes the job up.
            except Exception:
                _log.exception("the lease of job %s was not renewed", self._job)
