"""The deployment that takes jobs, tells how they stand, and hands out what they leave."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from typing import Any

from raysys.serve.decoding.apart import Decoder
from raysys.serve.jobs.callers import owner_of
from raysys.serve.jobs.kinds.known import KINDS
from raysys.serve.jobs.record import Record
from raysys.serve.jobs.runner import Runner
from raysys.serve.jobs.schemas import JobBody, KeptSampleRequest
from raysys.serve.jobs.settings import JobSettings
from raysys.serve.jobs.shelf import Shelf
from raysys.serve.jobs.sqlite_store import SqliteStore
from raysys.serve.jobs.work import Surroundings
from raysys.serve.limits import Limits
from raysys.serve.refused import RefusedError

LISTED = 100  # jobs that a listing has at most


class JobDesk:
    """Jobs of all callers; several replicas on one folder share the work."""

    def __init__(self, settings: JobSettings, limits: Limits) -> None:
        self._settings, self._limits = settings, limits
        self._models: dict[str, str] = {}
        self._tracking_uri: str | None = None
        self._store = SqliteStore(settings.folder / "jobs.db")
        self._shelf = Shelf(settings.folder)
        self._decoder = Decoder(limits)
        self._runner: Runner | None = None

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take {"models", "tracking_uri"}; Serve calls this at start and on every hot swap."""
        self._models, self._tracking_uri = dict(user_config["models"]), user_config.get("tracking_uri")
        # Only now: a job that was left by an earlier endpoint may need a model.
        if self._runner is None:
            self._runner = Runner(self._store, self._shelf, self._surroundings)

    def stop(self) -> None:
        """Leave the job that is worked at to whoever comes next."""
        self._decoder.stop()
        if self._runner is not None:
            self._runner.stop()

    async def submit(
        self, kind: str, request: dict[str, Any], uploads: Mapping[str, bytes], caller: str, key: str | None
    ) -> JobBody:
        """Check a request and let it wait.

        Raises
        ------
        RaysysError
            If it cannot be granted, or too many jobs wait.
        """
        return await asyncio.to_thread(self._submit, kind, request, uploads, caller, key)

    async def job(self, job: str, caller: str) -> JobBody:
        """How a job stands; RefusedError, as of the next methods, if there is none of that number and caller."""
        return await asyncio.to_thread(lambda: self._body(self._record(job, caller)))

    async def jobs(self, caller: str) -> list[JobBody]:
        """The newest jobs of a caller."""

        def listed() -> list[JobBody]:
            return [self._body(record) for record in self._store.listing(owner_of(caller), LISTED)]

        return await asyncio.to_thread(listed)

    async def cancel(self, job: str, caller: str) -> JobBody:
        """Let nothing more come of a job; one that is over is forgotten, with its files."""

        def cancelled() -> JobBody:
            record = self._record(job, caller)
            if record.over:
                self._store.remove(job)
                self._shelf.remove(job)
                return self._body(record)
            return self._body(self._store.cancel(job, self._settings.keep_s) or record)

        return await asyncio.to_thread(cancelled)

    async def picture(self, job: str, caller: str) -> bytes:
        """What a job looks like so far, a PNG."""

        def shown() -> bytes:
            found = self._shelf.picture(self._record(job, caller).id)
            if found is None:
                raise RefusedError(f"job {job} shows nothing yet; ask again later", 404, "no_picture")
            return found

        return await asyncio.to_thread(shown)

    async def file(self, job: str, name: str, caller: str) -> dict[str, Any]:
        """Length and checksum of a file of a job."""

        def found() -> dict[str, Any]:
            files = {file.name: file for file in self._record(job, caller).files}
            if name not in files:
                known = ", ".join(files) or "none yet"
                raise RefusedError(f"job {job} has no such file; it has: {known}", 404, "unknown_file")
            return {"name": name, "bytes": files[name].bytes, "sha256": files[name].sha256}

        return await asyncio.to_thread(found)

    async def read(self, job: str, name: str, start: int, length: int) -> bytes:
        """A part of a file that `file` was asked of."""
        return await asyncio.to_thread(self._shelf.read, job, name, start, length)

    def _submit(
        self, kind: str, request: dict[str, Any], uploads: Mapping[str, bytes], caller: str, key: str | None
    ) -> JobBody:
        if kind == "samples":
            uri = self._surroundings().uri(request["model"])
            request = KeptSampleRequest.model_validate(request | {"uri": uri}).model_dump(mode="json")
        # Drawn now, so that whoever goes on with the job goes on with the same.
        seed = secrets.randbelow(2**32) if request.get("seed") is None else request["seed"]
        record = Record(
            id=secrets.token_hex(12),
            kind=kind,
            caller=caller,
            request=request | {"seed": seed},
            created=time.time(),
        )
        try:
            folder = self._shelf.take(record.id, uploads)
            KINDS[kind](record.request, folder, self._surroundings())
            kept = self._store.add(record, key, self._settings.max_waiting, self._settings.max_per_caller)
        except BaseException:
            self._shelf.remove(record.id)
            raise
        if kept.id != record.id:
            self._shelf.remove(record.id)
        if self._runner is not None:
            self._runner.wake()
        return self._body(kept)

    def _record(self, job: str, caller: str) -> Record:
        record = self._store.get(job)
        # Whose it is not learns nothing, not even that it exists.
        if record is None or owner_of(caller) not in (None, record.caller):
            raise RefusedError(f"there is no job {job!r} of yours; GET /v1/jobs lists them", 404, "unknown_job")
        return record

    def _body(self, record: Record) -> JobBody:
        return JobBody.of(record, picture=self._shelf.has_picture(record.id))

    def _surroundings(self) -> Surroundings:
        return Surroundings(self._models, self._tracking_uri, self._limits, self._settings, self._decoder)
