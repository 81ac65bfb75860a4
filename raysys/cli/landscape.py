"""`raysys landscape`: the losses between two arrangements of circles, and what they say about CESS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from raysys.cli.parts.options import ReportOption
from raysys.cli.parts.terminal import Bar, number, show, wrote

if TYPE_CHECKING:
    from raysys.studies.landscape import PathsOfSeeds, Twins


def landscape(
    seeds: Annotated[int, typer.Option(min=2, help="Paths of each experiment, seeds 0, 1, ...")] = 30,
    radius: Annotated[
        list[float] | None, typer.Option(help="Of the circles in pixels; may be repeated; 12, 20 and 28 by default.")
    ] = None,
    pairing: Annotated[
        Literal["index", "nearest", "both"],
        typer.Option(help="In the order drawn, by the least sum of squares, or both experiments."),
    ] = "both",
    size: Annotated[int, typer.Option(min=16, help="Side of the images in pixels.")] = 256,
    steps: Annotated[int, typer.Option(min=3, help="Images of a path.")] = 101,
    crop: Annotated[int, typer.Option(min=1, help="Central lags a side of the cropped CESS.")] = 50,
    report: ReportOption = None,
) -> None:
    """Show the loss landscape of CESS between images of five circles, and count its local minima.

    Reproduces the published Figures 2 to 4 and says which of their claims the counts confirm. About a second a path.
    """
    import torch

    from raysys.studies.landscape import Landscape, findings, paths_of_seeds

    pairings: tuple[Literal["index", "nearest"], ...] = ("index", "nearest") if pairing == "both" else (pairing,)
    experiments = [
        Landscape(size=size, radius=one, pairing=pair, steps=steps, crop=crop)
        for pair in pairings
        for one in radius or (12.0, 20.0, 28.0)
    ]
    torch.set_num_threads(1)  # of images this small; several threads only wait for each other
    with Bar("paths", "seeds") as bar:
        total = seeds * len(experiments)
        held = paths_of_seeds(experiments, range(seeds), lambda done: bar.update(done, total, seeds=str(seeds)))
    found = findings(held)
    show(_counts(held))
    for one in found:
        typer.echo(f"{one.verdict.upper()}: {one.claim}: {one.evidence}")
    pairs = _twins(size)
    for pair in pairs:
        typer.echo(
            f"same statistics, different image ({pair.made}): S2 differs by {number(pair.largest_difference)} at most "
            f"(relative error {number(pair.relative_error)}), {100 * pair.pixel_error:.1f} % of the pixels, "
            f"{100 * pair.aligned_error:.1f} % at the best alignment"
        )
    if report is not None:
        from raysys.report.landscape.page import landscape_page
        from raysys.studies.landscape import path

        # Eight of the first path: as many as stand side by side on the page.
        images = path(0, held[0].settings)[:: max(1, (steps - 1) // 7)][:8]
        landscape_page(report, held=held, found=found, twins=pairs, images=images)
        wrote(report)


def _twins(size: int) -> list[Twins]:
    """By construction, of asymmetric circles; by descent, at 128 pixels since it takes its time."""
    from raysys.studies.landscape import descended_twins, homometric_twins, reflected_twins

    built = homometric_twins(0, size=size, radius=size * 3 / 64)
    small = homometric_twins(1, size=128, radius=8)
    shift = (size // 5, size // 3)
    return [reflected_twins(built.first, shift), built, descended_twins(small.first, seed=0)]


def _counts(held: list[PathsOfSeeds]) -> Table:
    table = Table(title=f"Local minima a path, mean over {len(held[0].paths)} seeds (before the join)")
    table.add_column("loss", no_wrap=True)
    for one in held:
        table.add_column(f"r {one.settings.radius:g}, {one.settings.pairing}", justify="right", no_wrap=True)
    for name in held[0].names:
        table.add_row(name, *(f"{one.counts(name).mean():.2f} ({one.near(name).mean():.2f})" for one in held))
    return table
