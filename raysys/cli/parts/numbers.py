"""Everything measured as comma-separated values: one row per number, its protocol beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.terminal import wrote

if TYPE_CHECKING:
    from raysys.stats import Characterisation, Distance, RepresentativeSize


def write_numbers(
    path: Path,
    sets: dict[str, Characterisation],
    found: Sequence[Distance] = (),
    sizes: RepresentativeSize | None = None,
) -> None:
    """Write curves and scalars to `path`, and what has other columns beside it: OUT-pores.csv, -distances, -res.

    Parameters
    ----------
    sets
        By name.
    found
        Between the two sets.
    sizes
        Of the first set's image.
    """
    _write(path, ({"set": name, **row} for name, one in sets.items() for row in one.rows()))
    pores = (row for name, one in sets.items() for row in _pore_rows(name, one))
    _write(_beside(path, "pores"), pores)
    _write(_beside(path, "distances"), (row for one in found for row in one.rows()))
    _write(_beside(path, "res"), sizes.rows() if sizes is not None else ())


def _pore_rows(name: str, measured: Characterisation) -> Iterator[dict[str, Any]]:
    if measured.pores is None:
        return
    properties = {key: values.tolist() for key, values in measured.pores.properties.items()}
    for k, image in enumerate(measured.pores.image.tolist()):
        yield {"set": name, "image": image} | {key: values[k] for key, values in properties.items()}


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.stem}-{what}{path.suffix}")


def _write(path: Path, rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> None:
    """Write rows of the same columns; without rows there is no file."""
    from raysys.files import write_csv

    # Line ends of RFC 4180, which spreadsheets write as well.
    count = write_csv(path, rows, line_end="\r\n")
    if count:
        wrote(path, f"{count:,} {'row' if count == 1 else 'rows'}")
