"""`raysys stats`: what a microstructure is in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raysys.cli.images import read_binary
from raysys.cli.options import BoundaryOption, DimsOption, PhaseOption, ReportOption, RMaxOption
from raysys.cli.tables import curves_table, errors_table, own_baseline
from raysys.cli.terminal import show, wrote
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.stats import Characterisation

ALL = "S2,P3H,P3V,P4,P6,L"
FLAT_ONLY = ("P3H", "P3V", "P4", "P6")


def stats(
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE", help="Images of one set: files, folders, or skimage:NAME.")
    ],
    compare: Annotated[
        list[str] | None, typer.Option(help="Image of another set, to be compared with the first; may be repeated.")
    ] = None,
    descriptors: Annotated[
        str | None,
        typer.Option(help=f"Which descriptors, separated by commas; by default {ALL} (S2,L for volumes)."),
    ] = None,
    phase: PhaseOption = "bright",
    boundary: BoundaryOption = "open",
    r_max: RMaxOption = None,
    dims: DimsOption = 2,
    report: ReportOption = None,
    csv: Annotated[Path | None, typer.Option(help="Also write all curves as a table of numbers.")] = None,
    save: Annotated[
        Path | None, typer.Option(help="Also save the characterisation (.npz), to be loaded later.")
    ] = None,
) -> None:
    """Characterise images: two-point, polytope and lineal-path functions, alone or against another set."""
    names = chosen(descriptors, dims)
    first = read_binary(images, phase=phase, dims=dims)
    other = read_binary(compare, phase=phase, dims=dims) if compare else None
    measured = measure(first, names, boundary=boundary, r_max=r_max)
    show(curves_table(measured, _named(images)))
    second = None
    if other is not None:
        second = measure(other, names, boundary=boundary, r_max=r_max)
        show(curves_table(second, _named(compare or [])))
        _show_difference(measured, second)
    if csv is not None:
        write_csv(csv, measured)
    if save is not None:
        measured.save(save)
        wrote(save)
    if report is not None:
        _write_report(report, _named(images), first, measured, other, second)


def chosen(descriptors: str | None, dims: int) -> tuple[str, ...]:
    """The descriptors' names from a list with commas.

    Raises
    ------
    RaysysError
        For a name that is none, or none of volumes.
    """
    allowed = tuple(name for name in ALL.split(",") if dims == 2 or name not in FLAT_ONLY)
    if descriptors is None:
        return allowed
    names = tuple(name.strip() for name in descriptors.split(",") if name.strip())
    unknown = [name for name in names if name not in allowed]
    if unknown or not names:
        found = f"{', '.join(unknown)} is not known" if unknown else "no name"
        raise RaysysError(f"--descriptors {descriptors}: {found}; allowed with --dims {dims}: {', '.join(allowed)}")
    return names


def measure(images: np.ndarray, names: tuple[str, ...], *, boundary: str, r_max: int | None) -> Characterisation:
    """Characterise binary images (N, ...) of phase 1."""
    from raysys.stats import characterise

    return characterise(images, names, r_max=r_max, boundary=boundary)


def write_csv(path: Path, measured: Characterisation) -> None:
    """Write all curves as comma-separated values."""
    import csv

    from raysys.files import written_aside

    rows = measured.rows()
    with written_aside(path) as aside, aside.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    wrote(path, f"{len(rows):,} rows")


def _show_difference(measured: Characterisation, second: Characterisation) -> None:
    from raysys.stats import compare

    show(errors_table({"MSE": compare(measured, second)}, own_baseline(measured), reference="the first set"))


def _write_report(
    path: Path,
    name: str,
    first: np.ndarray,
    measured: Characterisation,
    other: np.ndarray | None,
    second: Characterisation | None,
) -> None:
    from raysys.report import comparison_page, describe_page

    if other is None or second is None:
        describe_page(path, first, measured, title=f"Statistics of {name}")
    else:
        comparison_page(
            path,
            title=f"Comparison with {name}",
            images={"first": first, "compared": other},
            characterisations={"first": measured, "compared": second},
            reference="first",
            baseline=own_baseline(measured),
            trials=None,
            notes=[],
            timings=None,
        )
    wrote(path)


def _named(paths: list[str]) -> str:
    return Path(paths[0]).name if len(paths) == 1 else f"{Path(paths[0]).name} and {len(paths) - 1} more"
