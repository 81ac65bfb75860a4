"""`raysys report`: several sets of images against a reference, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from raysys.cli.parts.images import read_binary
from raysys.cli.parts.named import name_and_value
from raysys.cli.parts.options import (
    BoundaryOption,
    ChannelOption,
    DimsOption,
    PhaseOption,
    RMaxOption,
    SeriesOption,
    TimeOption,
)
from raysys.cli.parts.tables import distances_table, errors_table, headline, own_baseline
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
    boundary: BoundaryOption = "open",
    r_max: RMaxOption = None,
    dims: DimsOption = 2,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
) -> None:
    """Compare sets of images: side by side, curve by curve, and in one table of errors."""
    paths = _by_set(sets)
    real = reference or next(iter(paths))
    if real not in paths:
        raise RaysysError(f"--reference {real}: no such set; given: {', '.join(paths)}")
    if len(paths) < 2:
        raise RaysysError(f"only the set {real} was given; name at least two (raysys stats describes a single one)")
    names = chosen(descriptors, dims)
    which = {"series": series, "channel": channel, "time": time}
    images = {name: read_binary(files, phase=phase, dims=dims, **which) for name, files in paths.items()}
    # After reading: Bokeh is slow to load, and a mistyped path need not wait for it.
    from raysys.report import comparison_page
    from raysys.stats import compare, distances

    measured = {name: measure(array, names, boundary=boundary, r_max=r_max) for name, array in images.items()}
    for name, one in measured.items():
        typer.echo(f"{name}: {headline(one)}")
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
    )
    wrote(output)


def _by_set(sets: list[str]) -> dict[str, list[str]]:
    """{"real": [path, ...], ...} in the order given."""
    found: dict[str, list[str]] = {}
    for text in sets:
        name, path = name_and_value(text, refused=f"{text}: write it as SET=IMAGES, for example real=tiles.npy")
        found.setdefault(name, []).append(path)
    return found
