"""`raysys report`: several sets of images against a reference, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from raysys.cli.parts.images import read_marked
from raysys.cli.parts.measured import one_size
from raysys.cli.parts.named import name_and_value
from raysys.cli.parts.options import (
    BoundaryOption,
    ChannelOption,
    DatasetOption,
    DimsOption,
    GreyThresholdOption,
    PhaseOption,
    PixelSizeOption,
    ResampleOption,
    RMaxOption,
    SeriesOption,
    TimeOption,
)
from raysys.cli.parts.tables import distances_table, errors_table, headline, numbers_table, own_baseline
from raysys.cli.parts.terminal import show, warnings_as_notices, wrote
from raysys.cli.stats import chosen, measure
from raysys.errors import RaysysError


def report(
    sets: Annotated[
        list[str],
        typer.Argument(metavar="SET=IMAGES", help="Name of a set and its file or folder; a set may have several."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Self-contained HTML page to write.")] = Path(
        "report.html"
    ),
    reference: Annotated[
        str | None, typer.Option(help="Set that the others are compared with; the first one by default.")
    ] = None,
    title: Annotated[str, typer.Option(help="Of the page.")] = "Comparison of image sets",
    descriptors: Annotated[
        str | None,
        typer.Option(help="Which descriptors, separated by commas: names out of raysys stats --list, default or all."),
    ] = None,
    phase: PhaseOption = None,
    grey_threshold: GreyThresholdOption = None,
    boundary: BoundaryOption = "open",
    r_max: RMaxOption = None,
    dims: DimsOption = 2,
    dataset: DatasetOption = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
    pixel_size: PixelSizeOption = None,
    resample: ResampleOption = False,
    csv: Annotated[
        Path | None,
        typer.Option(help="Also write all curves and numbers of every set as a table, pores beside it."),
    ] = None,
) -> None:
    """Compare sets of images: side by side, curve by curve, and in one table of errors."""
    paths = _by_set(sets)
    real = reference or next(iter(paths))
    if real not in paths:
        raise RaysysError(f"--reference {real}: no such set; given: {', '.join(paths)}")
    if len(paths) < 2:
        raise RaysysError(f"only the set {real} was given; name at least two (raysys stats describes a single one)")
    names = chosen(descriptors, dims)
    which = {"dataset": dataset, "series": series, "channel": channel, "time": time, "pixel_size": pixel_size}
    how: dict[str, Any] = {"phase": phase, "dims": dims, "threshold": grey_threshold, "resample": resample, **which}
    read = {name: read_marked(files, **how) for name, files in paths.items()}
    images = {name: one.images for name, one in read.items()}
    spacing = one_size({name: one.spacing for name, one in read.items()}, names, dims)
    # After reading: Bokeh is slow to load, and a mistyped path need not wait for it.
    from raysys.report import comparison_page
    from raysys.stats import compare, distances

    measured = {name: measure(array, names, boundary=boundary, r_max=r_max) for name, array in images.items()}
    for name, one in measured.items():
        typer.echo(f"{name}: {headline(one)}")
    if measured[real].scalars:
        show(numbers_table(measured, spacing))
    others = {name: one for name, one in measured.items() if name != real}
    # Descriptors may be numbers alone, of which there is no table of errors.
    curves = bool(measured[real].curves)
    errors = {name: compare(measured[real], one) if curves else {} for name, one in others.items()}
    baseline = own_baseline(measured[real]) if curves else None
    with warnings_as_notices():
        found = {name: distances(measured[real], one) for name, one in others.items()}
    if curves:
        show(errors_table(errors, baseline, reference=real))
    for name, one in found.items():
        show(distances_table(one, reference=real, of=name))
    comparison_page(
        output,
        title=title,
        images=images,
        characterisations=measured,
        reference=real,
        baseline=baseline,
        distances=found,
        notes=[f"{name}: {sentence}" for name, one in read.items() for sentence in one.told],
        spacing=spacing,
        pictures={path: both for one in read.values() for path, both in one.pictures.items()},
    )
    wrote(output)
    if csv is not None:
        from raysys.cli.parts.numbers import write_numbers

        write_numbers(csv, measured, spacings=dict.fromkeys(measured, spacing))


def _by_set(sets: list[str]) -> dict[str, list[str]]:
    """{"real": [path, ...], ...} in the order given."""
    found: dict[str, list[str]] = {}
    for text in sets:
        name, path = name_and_value(text, refused=f"{text}: write it as SET=IMAGES, for example real=tiles.npy")
        found.setdefault(name, []).append(path)
    return found
