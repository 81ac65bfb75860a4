"""One sentence for whatever a file decoder says about a broken file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from raysys.errors import RaysysError


@contextmanager
def decoding(file: Path, kind: str) -> Iterator[None]:
    """Turn any exception of the block into a RaysysError that `file` cannot be read as `kind`.

    Wide on purpose, and to be put around calls of decoders only: on damaged files they raise nearly every class there
    is (zlib.error, TokenError, ZeroDivisionError, MemoryError, ...), and none of it is a mistake of this program.
    """
    try:
        yield
    except RaysysError:
        raise
    except Exception as error:
        said = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        raise RaysysError(f"{file} cannot be read as {kind}: {said}") from error
