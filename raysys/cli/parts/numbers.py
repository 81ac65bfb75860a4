"""Everything measured as comma-separated values: one row per number, its protocol beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.terminal import wrote

if TYPE_CHECKING:
    from raysys.spacing import Spacing
    from raysys.stats import Characterisation, Distance, RepresentativeSize

TOLD = ("phase_of_interest", "method", "threshold")  # columns: how the phase of a set was told from the rest


def write_numbers(
    path: Path,
    sets: dict[str, Characterisation],
    found: Sequence[Distance] = (),
    sizes: RepresentativeSize | None = None,
    told: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    spacings: Mapping[str, Spacing | None] = MappingProxyType({}),
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
    told
        By set, how its phase was told from the rest: further columns.
    spacings
        By set, how far apart its pixels are: the last columns give lags and numbers in units of length where one size
        is known, permeabilities in m^2.
    """
    from raysys.stats.sets.physical import physical_columns

    _write(
        path,
        (
            {
                "set": name,
                **row,
                **dict.fromkeys(TOLD, ""),
                **told.get(name, {}),
                **physical_columns(row, spacings.get(name)),
            }
            for name, one in sets.items()
            for row in one.rows()
        ),
    )
    pores = (row for name, one in sets.items() for row in _pore_rows(name, one))
    _write(_beside(path, "pores"), pores)
    _write(_beside(path, "distances"), (row for one in found for row in one.rows()))
    _write(_beside(path, "res"), sizes.rows() if sizes is not None else ())


def write_rows(path: Path, what: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows of other columns beside `path`, as OUT-what.csv."""
    _write(_beside(path, what), rows)


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
