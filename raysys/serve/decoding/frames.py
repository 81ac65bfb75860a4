"""What goes through a pipe: a line of JSON that says how many bytes follow it, and the bytes."""

import json
from typing import Any, BinaryIO


def write_frame(pipe: BinaryIO, facts: dict[str, Any], content: bytes | memoryview = b"") -> None:
    """Write facts and content."""
    line = json.dumps({**facts, "bytes": len(content)})
    pipe.write(line.encode() + b"\n")
    pipe.write(content)
    pipe.flush()


def read_frame(pipe: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Read facts and content; EOFError where the other side has gone."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    facts = json.loads(line)
    content = pipe.read(facts.pop("bytes"))
    return facts, content
