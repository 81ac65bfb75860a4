"""Records of jobs in an embedded SQLite database: right with several processes of one machine, on a disk of its own."""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from raysys.serve.jobs.record import Record, ResultFile
from raysys.serve.jobs.store import Store
from raysys.serve.refused import RefusedError

PATIENCE = 30.0  # seconds for another process's transaction, which takes milliseconds
TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, caller TEXT NOT NULL, key TEXT, request TEXT NOT NULL,
    created REAL NOT NULL, state TEXT NOT NULL, fraction REAL NOT NULL, seconds_left REAL, message TEXT NOT NULL,
    files TEXT NOT NULL, started REAL, ended REAL, expires REAL, deaths INTEGER NOT NULL,
    holder TEXT, lease REAL, UNIQUE (caller, key))
"""
FIELDS = tuple(Record.__dataclass_fields__)
OPEN = "state IN ('waiting', 'running')"


class SqliteStore(Store):
    """A store in one file; the folder is made with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as table:
            table.execute(TABLE)

    @contextmanager
    def _transaction(self, *, reads: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection of its own, since threads share none; who writes is alone from the first statement on."""
        connection = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            # With a log of its own for writing, readers do not wait for the one writer.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("BEGIN" if reads else "BEGIN IMMEDIATE")
            with connection:
                yield connection
        finally:
            connection.close()

    def add(self, record: Record, key: str | None, most: int, most_of_caller: int) -> Record:
        """See `Store.add`."""
        with self._transaction() as table:
            earlier = table.execute("SELECT * FROM jobs WHERE caller = ? AND key = ?", (record.caller, key)).fetchone()
            if key is not None and earlier is not None:
                return _record(earlier)
            (waiting,) = table.execute("SELECT count(*) FROM jobs WHERE state = 'waiting'").fetchone()
            (own,) = table.execute(
                f"SELECT count(*) FROM jobs WHERE {OPEN} AND caller = ?", (record.caller,)
            ).fetchone()
            if own >= most_of_caller:
                raise RefusedError(
                    f"{own} of your jobs are not over; allowed here: {most_of_caller}; wait for one, or cancel it by "
                    "DELETE /v1/jobs/ID",
                    429,
                    "too_many_jobs",
                )
            if waiting >= most:
                raise RefusedError(f"{waiting} jobs wait here; allowed: {most}; ask again later", 503, "busy")
            row = asdict(record) | {"request": json.dumps(record.request), "files": "[]", "key": key}
            marks = ", ".join(f":{name}" for name in row)
            table.execute(f"INSERT INTO jobs ({', '.join(row)}) VALUES ({marks})", row)
        return record

    def get(self, job: str) -> Record | None:
        """See `Store.get`."""
        with self._transaction(reads=True) as table:
            row = table.execute("SELECT * FROM jobs WHERE id = ?", (job,)).fetchone()
        return None if row is None else _record(row)

    def listing(self, caller: str | None, most: int) -> list[Record]:
        """See `Store.listing`."""
        with self._transaction(reads=True) as table:
            chosen = "SELECT * FROM jobs WHERE ? IS NULL OR caller = ? ORDER BY created DESC, id LIMIT ?"
            return [_record(row) for row in table.execute(chosen, (caller, caller, most))]

    def claim(self, holder: str, lease: float) -> Record | None:
        """See `Store.claim`."""
        now = time.time()
        with self._transaction() as table:
            row = table.execute(
                "SELECT * FROM jobs WHERE (state = 'waiting' AND coalesce(lease, 0) < ?) OR (state = 'running' AND "
                "lease < ?) ORDER BY created, id LIMIT 1",
                (now, now),
            ).fetchone()
            if row is None:
                return None
            deaths = row["deaths"] + (row["state"] == "running")
            table.execute(
                "UPDATE jobs SET state = 'running', holder = ?, lease = ?, deaths = ?, started = coalesce(started, ?) "
                "WHERE id = ?",
                (holder, now + lease, deaths, now, row["id"]),
            )
            return _record(table.execute("SELECT * FROM jobs WHERE id = ?", (row["id"],)).fetchone())

    def renew(self, job: str, holder: str, lease: float) -> bool:
        """See `Store.renew`."""
        return self._change(job, holder, "lease = ?", time.time() + lease)

    def progress(self, job: str, holder: str, fraction: float, seconds_left: float | None, message: str) -> None:
        """See `Store.progress`."""
        # A job that is taken up again begins where it was, not at nothing. One that gets on kills nobody.
        change = "deaths = CASE WHEN ? > fraction THEN 0 ELSE deaths END, fraction = max(fraction, ?)"
        values = (fraction, fraction, seconds_left, message)
        self._change(job, holder, f"{change}, seconds_left = ?, message = ?", *values)

    def release(self, job: str, holder: str) -> None:
        """See `Store.release`; the lease stays, so that it is not claimed again at once."""
        self._change(job, holder, "state = 'waiting', holder = NULL")

    def finish(self, job: str, holder: str, files: Sequence[ResultFile], message: str, keep: float) -> bool:
        """See `Store.finish`."""
        now, listed = time.time(), json.dumps([asdict(file) for file in files])
        change = "state = 'done', fraction = 1, seconds_left = 0, holder = NULL, files = ?, message = ?, ended = ?"
        return self._change(job, holder, f"{change}, expires = ?", listed, message, now, now + keep)

    def fail(self, job: str, holder: str, message: str, keep: float) -> None:
        """See `Store.fail`."""
        now, change = time.time(), "state = 'failed', seconds_left = NULL, holder = NULL, message = ?, ended = ?"
        self._change(job, holder, f"{change}, expires = ?", message, now, now + keep)

    def cancel(self, job: str, keep: float) -> Record | None:
        """See `Store.cancel`."""
        now = time.time()
        with self._transaction() as table:
            table.execute(
                "UPDATE jobs SET state = 'cancelled', seconds_left = NULL, holder = NULL, ended = ?, expires = ? "
                f"WHERE id = ? AND {OPEN}",
                (now, now + keep, job),
            )
        return self.get(job)

    def remove(self, job: str) -> None:
        """See `Store.remove`."""
        with self._transaction() as table:
            table.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def expired(self) -> list[str]:
        """See `Store.expired`."""
        with self._transaction(reads=True) as table:
            found = table.execute("SELECT id FROM jobs WHERE expires < ?", (time.time(),))
            return [row["id"] for row in found]

    def _change(self, job: str, holder: str, change: str, *values: Any) -> bool:
        """Change a job that is the holder's; whether it was."""
        with self._transaction() as table:
            done = table.execute(
                f"UPDATE jobs SET {change} WHERE id = ? AND holder = ? AND state = 'running'", (*values, job, holder)
            )
            return done.rowcount == 1


def _record(row: sqlite3.Row) -> Record:
    found = {name: row[name] for name in FIELDS}
    files = tuple(ResultFile(**file) for file in json.loads(row["files"]))
    return Record(**found | {"request": json.loads(row["request"]), "files": files})
