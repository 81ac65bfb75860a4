"""What `raysys stats` found, as tables, files and pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from raysys.cli.parts.measured import Study, decided_on
from raysys.cli.parts.tables import (
    curves_table,
    distances_table,
    errors_table,
    own_baseline,
    pores_table,
    scalars_table,
)
from raysys.cli.parts.terminal import show, wrote

if TYPE_CHECKING:
    from raysys.stats import Baseline, Distance, RepresentativeSize

__all__ = [
    "Difference",
    "difference_of",
    "show_batch",
    "show_difference",
    "show_phases",
    "show_study",
    "write_files",
    "write_report",
]


class Difference(NamedTuple):
    """What two sets differ by: MSE of mean curves by descriptor, that of the first one's halves, and distances."""

    errors: dict[str, float]
    baseline: dict[str, Baseline] | None
    distances: list[Distance]


def difference_of(one: Study, another: Study) -> Difference:
    """How far two sets are apart, beside how far the halves of the first one are."""
    from raysys.spacing import common_spacing
    from raysys.stats import compare, distances

    common_spacing({one.name: one.spacing, another.name: another.spacing})
    first, other = one.measured, another.measured
    common = set(first.curves) & set(other.curves)
    errors = compare(first, other) if common else {}
    return Difference(errors, own_baseline(first) if common else None, distances(first, other))


def show_batch(studies: list[Study], csv: Path | None) -> None:
    """A row for each image, then the tables of each size."""
    from raysys.cli.parts.batches import batch_table, image_rows
    from raysys.cli.parts.numbers import write_numbers, write_rows

    show(batch_table(studies))
    for study in studies:
        show_study(study)
    if csv is not None:
        sets = {study.name: study.measured for study in studies}
        told, spacings = ({study.name: getattr(study, name) for study in studies} for name in ("told", "spacing"))
        write_numbers(csv, sets, told=told, spacings=spacings)
        write_rows(csv, "images", image_rows(studies))


def show_phases(studies: list[Study], csv: Path | None) -> None:
    """Tables of every phase, and rows of all."""
    for study in studies:
        show_study(study)
    if csv is not None:
        from raysys.cli.parts.numbers import write_numbers

        told = {
            f"phase {study.phase}": {"phase_of_interest": str(study.phase), "method": "stored value"}
            for study in studies
        }
        spacings = {f"phase {study.phase}": study.spacing for study in studies}
        write_numbers(csv, {f"phase {study.phase}": study.measured for study in studies}, told=told, spacings=spacings)


def show_study(study: Study) -> None:
    """By what the phase was decided, and the tables of curves, numbers and pores."""
    for sentence in decided_on(study):
        typer.echo(f"{study.name}: {sentence}")
    if study.spacing is not None:
        lags = "" if study.spacing.isotropic else "; lags are in pixels, which are not equally long along all axes"
        typer.echo(f"{study.name}: pixels of {study.spacing}{lags}")
    if study.measured.curves:
        show(curves_table(study.measured, study.name, study.spacing))
    if study.measured.scalars:
        show(scalars_table(study.measured, study.name, study.spacing))
    if study.measured.pores is not None:
        show(pores_table(study.measured.pores, study.name, study.spacing))


def show_difference(difference: Difference) -> None:
    """Tables of errors and distances."""
    if difference.errors:
        show(errors_table({"MSE": difference.errors}, difference.baseline, reference="the first set"))
    show(distances_table(difference.distances, reference="the first set"))


def write_files(
    first: Study,
    other: Study | None,
    difference: Difference | None,
    sizes: RepresentativeSize | None,
    *,
    csv: Path | None,
    save: Path | None,
) -> None:
    """Write the numbers, and the characterisation of the first set, where they were asked for."""
    if csv is not None:
        from raysys.cli.parts.numbers import write_numbers

        sets = {"first": first.measured} | ({"compared": other.measured} if other is not None else {})
        studies = {"first": first} | ({"compared": other} if other is not None else {})
        write_numbers(
            csv,
            sets,
            difference.distances if difference is not None else [],
            sizes,
            told={name: study.told for name, study in studies.items()},
            spacings={name: study.spacing for name, study in studies.items()},
        )
    if save is not None:
        first.measured.save(save)
        wrote(save)


def write_report(
    path: Path, first: Study, other: Study | None, difference: Difference | None, sizes: RepresentativeSize | None
) -> None:
    """Write a page of one set, or of two side by side."""
    from raysys.report import comparison_page, describe_page
    from raysys.report.descriptors.physical import units_section
    from raysys.report.descriptors.segmented import segmented_section
    from raysys.spacing import common_spacing

    if other is None or difference is None:
        title = f"Statistics of {first.name}"
        describe_page(
            path,
            first.shown,
            first.measured,
            title=title,
            notes=decided_on(first),
            representative=sizes,
            further=[
                one
                for one in (
                    segmented_section(first.pictures, first.spacing),
                    units_section(None if first.pictures else first.shown, first.measured, first.spacing),
                )
                if one is not None
            ],
            spacing=first.spacing,
        )
        return
    name = other.name if other.name != first.name else f"{other.name}, compared"
    studies = {first.name: first, name: other}
    comparison_page(
        path,
        title=f"{name} against {first.name}",
        images={name: study.shown for name, study in studies.items() if study.shown is not None},
        characterisations={name: study.measured for name, study in studies.items()},
        reference=first.name,
        baseline=difference.baseline,
        distances={name: difference.distances},
        representative=sizes,
        notes=[f"{name}: {sentence}" for name, study in studies.items() for sentence in decided_on(study)],
        spacing=common_spacing({name: study.spacing for name, study in studies.items()}),
        pictures={path: both for study in studies.values() for path, both in study.pictures.items()},
    )
