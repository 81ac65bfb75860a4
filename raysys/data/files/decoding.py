"""One sentence for whatever a file decoder says about a broken file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from raysys.errors import RaysysError


@contextmanager
def decoding(file: str | Path, kind: str) -> Iterator[None]:
    """Turn any exception of the block into a RaysysError that `file` cannot be read as `kind`.

    Wide on purpose, and to be put around calls of decoders only: on damaged files they raise nearly every class there
    is (zlib.error, TokenError, ZeroDivisionError, MemoryError, ...), and none of it is a mistake of this program. Where
    a decoder lacks a package of its own, the sentence says which to install.
    """
    try:
        yield
    except RaysysError:
        raise
    except Exception as error:
        said = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        if "imagecodecs" in str(error):
            raise RaysysError(
                f"{file} cannot be read as {kind} without the package imagecodecs ({said}): pip install "
                "'raysys[formats]', or save it uncompressed or with Deflate compression"
            ) from error
        raise RaysysError(f"{file} cannot be read as {kind}: {said}") from error


def missing_package(file: str | Path, what: str, package: str) -> RaysysError:
    """The sentence for a format whose package is not installed."""
    return RaysysError(
        f"{file} is {what}, which the package {package} reads, and it is not installed: pip install 'raysys[formats]', "
        "or save the image as TIFF or NPY"
    )
