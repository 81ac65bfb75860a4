"""A job of an endpoint, awaited from Python; needs neither Ray nor torch."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from raysys.errors import RaysysError
from raysys.files import sha256
from raysys.serve.connection import CHUNK, LOST, Connection

ENDED = ("done", "failed", "cancelled")
LOOKED = 1.0  # seconds between looks
SILENT = 120.0  # seconds that an endpoint may be away, as when it is started anew: its jobs go on
WIDTH = 30  # characters of the bar

Fields = dict[str, Any]


@dataclass
class RemoteJob:
    """A job as it stood when it was last asked for.

    Attributes
    ----------
    facts
        The fields of `GET /v1/jobs/{id}`.
    """

    connection: Connection
    facts: Fields

    @property
    def id(self) -> str:
        """By which any other client finds it: `Endpoint.job`."""
        return str(self.facts["id"])

    @property
    def state(self) -> str:
        """waiting, running, done, failed or cancelled."""
        return str(self.facts["state"])

    def look(self) -> RemoteJob:
        """Ask how it stands."""
        self.facts = json.loads(self.connection.get(self.facts["url"]))
        return self

    def wait(
        self, *, bar: bool | None = None, progress: Callable[[Fields], Any] | None = None, timeout: float | None = None
    ) -> RemoteJob:
        """Wait until it is over.

        Parameters
        ----------
        bar
            Show on stderr how far it is; by default where that is a terminal.
        progress
            Called with the facts after each look.
        timeout
            Seconds after which waiting, and not the job, is given up.

        Raises
        ------
        RaysysError
            If it failed or was cancelled, or the time is over.
        """
        shown = sys.stderr if (sys.stderr.isatty() if bar is None else bar) else None
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            self._look_patiently()
            if progress is not None:
                progress(self.facts)
            if shown is not None:
                _show(shown, self.facts)
            if self.state in ENDED:
                break
            if until is not None and time.monotonic() > until:
                raise RaysysError(f"job {self.id} is not over after {timeout:g} s; it goes on, and can be waited for")
            time.sleep(LOOKED)
        if self.state != "done":
            raise RaysysError(f"job {self.id} is {self.state}: {self.facts['message']}")
        return self

    def cancel(self) -> RemoteJob:
        """Let nothing more come of it; of one that is over the files are removed."""
        self.facts = json.loads(self.connection.call(self.facts["url"], None, "application/json", method="DELETE"))
        return self

    def download(self, folder: str | Path) -> list[Path]:
        """Write its files into a folder, each of which is complete and has the checksum that the endpoint tells.

        A file that was begun before goes on where it ends.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        return [self._fetched(file, target / Path(file["name"]).name) for file in self.facts["files"]]

    def _fetched(self, file: Fields, path: Path) -> Path:
        if path.is_file() and sha256(path) == file["sha256"]:
            return path
        part = path.with_name(f"{path.name}.part")
        # An endpoint ends every answer after a while; the next one goes on.
        before, done = -1, _length(part)
        while before < 0 or before < done < file["bytes"]:
            self._fetch_from(done, file, part)
            before, done = done, _length(part)
        if done < file["bytes"]:
            raise RaysysError(f"{file['name']} of job {self.id} ended too early; what has come is kept, so ask again")
        if sha256(part) != file["sha256"]:
            part.unlink()
            raise RaysysError(f"{file['name']} of job {self.id} came with another checksum; download it again")
        part.replace(path)
        return path

    def _fetch_from(self, done: int, file: Fields, part: Path) -> None:
        """Add to a file what an answer brings, from so many bytes on."""
        headers = {"Range": f"bytes={done}-", "If-Range": f'"{file["sha256"]}"'} if 0 < done < file["bytes"] else {}
        with self.connection.asked(file["url"], None, headers) as answer:
            with part.open("ab" if answer.status == 206 else "wb") as opened, suppress(*LOST):
                while chunk := answer.read(CHUNK):
                    opened.write(chunk)

    def _look_patiently(self) -> None:
        """Ask how it stands, also of an endpoint that is away for a while."""
        until = time.monotonic() + SILENT
        while True:
            try:
                self.look()
                return
            except RaysysError as error:
                if "no endpoint of raysys answers" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(LOOKED)


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _show(stream: TextIO, facts: Fields) -> None:
    """One line that is written over, of a bar, how far it is, and what is said."""
    full = round(WIDTH * facts["fraction"])
    left = f", about {facts['seconds_left']:.0f} s left" if facts["seconds_left"] else ""
    line = (
        f"{facts['kind']} [{'=' * full}{' ' * (WIDTH - full)}] {100 * facts['fraction']:3.0f} % {facts['state']}{left}"
    )
    stream.write(f"\r{line:<100.100}" + ("\n" if facts["state"] in ENDED else ""))
    stream.flush()
