"""Numbers and tags of a run, on disk until MLflow has them: what a server that is away misses arrives later, once.

`numbers.jsonl` holds a line for each call, in order, with the time of the call; `numbers.sent` says up to where MLflow
has them. What was sent but not yet noted as sent is sent again: MLflow keeps a number of the same name, step and time
once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from raysys.errors import RaysysError

__all__ = ["Entry", "Journal"]

LIMIT = 100_000_000  # bytes that wait, at most: weeks of a training


@dataclass(frozen=True)
class Entry:
    """What was said at a time (milliseconds since 1970): numbers of a step, or tags.

    `end` is where it ends in the file.
    """

    at: int
    step: int = 0
    values: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    end: int = 0

    def line(self) -> bytes:
        """As a line of the file."""
        found = {"at": self.at, "step": self.step, "values": self.values, "tags": self.tags}
        return json.dumps({name: value for name, value in found.items() if value != {}}).encode() + b"\n"


class Journal:
    """The numbers and tags of one run, of which one process at a time says more.

    Parameters
    ----------
    folder
        Of the run, on a disk that both a training's workers and its driver see. None keeps everything in memory.
    run_id
        A journal of another run that lies there is of no use any more.
    """

    def __init__(self, folder: Path | None, run_id: str) -> None:
        self.path = folder / "numbers.jsonl" if folder is not None else None
        self._note = folder / "numbers.sent" if folder is not None else None
        self._run_id = run_id
        self._steps: dict[str, set[int]] = {}
        self._end, self._torn = 0, False
        self.waiting: list[Entry] = []
        self._take_up()

    def add(self, step: int, values: dict[str, float]) -> Entry | None:
        """Write down numbers of a step; None if all of them were said before.

        A training that goes on from a checkpoint makes the steps behind it again, with the same numbers.
        """
        new = {name: value for name, value in values.items() if step not in self._steps.get(name, ())}
        if not new:
            return None
        self._know(step, new)
        return self._written(Entry(int(time.time() * 1000), step, new))

    def add_tags(self, tags: dict[str, str]) -> Entry:
        """Write down tags."""
        return self._written(Entry(int(time.time() * 1000), tags=tags))

    def arrived(self, entry: Entry) -> None:
        """Note that MLflow has all up to this entry."""
        if self._note is not None:
            with suppress(OSError):  # on a full disk it is sent again
                aside = self._note.with_suffix(".part")
                aside.write_text(json.dumps({"run_id": self._run_id, "bytes": entry.end}))
                aside.replace(self._note)

    def _written(self, entry: Entry) -> Entry:
        if self.path is None:
            return entry
        line = (b"\n" if self._torn else b"") + entry.line()
        # A full disk ends a training at its checkpoint, and not before; what is not written still waits in memory.
        with suppress(OSError), self.path.open("ab") as file:
            file.write(line)
            self._end, self._torn = file.tell(), False
        if self._end - self._arrived() > LIMIT:
            raise RaysysError(
                f"{self.path}: more than {LIMIT / 1e6:g} MB of numbers wait for MLflow; bring its server back, and go "
                "on with --resume: they are sent then"
            )
        return Entry(entry.at, entry.step, entry.values, entry.tags, self._end)

    def _take_up(self) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._noted().get("run_id", self._run_id) != self._run_id:
            self.path.unlink(missing_ok=True)
        if not self.path.is_file():
            self.arrived(Entry(0))
            return
        sent = self._arrived()
        for entry in self._entries():
            self._know(entry.step, entry.values)
            self._end = entry.end
            if entry.end > sent:
                self.waiting.append(entry)

    def _entries(self) -> Iterator[Entry]:
        assert self.path is not None
        end = 0
        with self.path.open("rb") as file:
            for line in file:
                end += len(line)
                self._torn = not line.endswith(b"\n")  # a kill has cut the line off
                with suppress(ValueError, TypeError):
                    yield Entry(**json.loads(line), end=end)

    def _know(self, step: int, values: dict[str, float]) -> None:
        for name in values:
            self._steps.setdefault(name, set()).add(step)

    def _arrived(self) -> int:
        return int(self._noted().get("bytes", 0))

    def _noted(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._note.read_text())) if self._note is not None else {}
        except (OSError, ValueError):
            return {}
