"""Files and folders are named by paths; an address such as s3://bucket/image.tif would become a folder called s3:."""

from __future__ import annotations

import re
from pathlib import Path

from raysys.errors import RaysysError

# Two letters at least: one is a drive of Windows.
SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>.*)")


def local_path(path: str) -> str:
    """The path, unless it is an address.

    Raises
    ------
    ValueError
        In one sentence, for s3://, file:// and every other scheme.
    """
    address = SCHEME.match(path)
    if address is None:
        return path
    if address["scheme"].lower() == "file":
        raise ValueError(f"{path} is an address; allowed: the path alone, such as {address['rest'] or '/data'}")
    raise ValueError(
        f"{path} is an address, and {address['scheme']}:// is not supported yet; allowed: a path on this machine, or "
        "on a disk that all nodes see"
    )


def refuse_streams(path: Path) -> None:
    """Refuse pipes and devices, which may have no end, or nobody who ever writes to them.

    Raises
    ------
    RaysysError
        If there is something of that name that is neither a file nor a folder.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise RaysysError(f"{path} is a pipe, a socket or a device; allowed: a file on a disk")
