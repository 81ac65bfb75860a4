"""The part of a file that a request asks for, as of RFC 9110, 14.2."""

from __future__ import annotations

import re
from dataclasses import dataclass

from raysys.serve.refused import RefusedError

# One part; several in one answer are asked for by nobody who downloads.
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Part:
    """Bytes `start` to `stop` (excluded) of a file of `length`."""

    start: int
    stop: int
    length: int

    @property
    def content_range(self) -> str:
        """The header that says which part it is."""
        return f"bytes {self.start}-{self.stop - 1}/{self.length}"


def part_of(header: str | None, length: int) -> Part | None:
    """The part that a Range header asks for; None for the whole file, also where the header is none that is known.

    Raises
    ------
    RefusedError
        With status 416, if the file ends before it.
    """
    found = RANGE.fullmatch((header or "").strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:  # the last bytes
        start, stop = max(0, length - int(last)), length
    else:
        start, stop = int(first), min(length, int(last) + 1) if last else length
    if start >= length or stop <= start:
        raise RefusedError(f"Range {header!r:.60} of a file of {length} bytes", 416, "range_not_satisfiable")
    return Part(start, stop, length)
