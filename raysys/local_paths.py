"""Files and folders are named by paths; an address such as s3://bucket/image.tif would become a folder called s3:."""

from __future__ import annotations

import re

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
