"""`raysys demo`: the whole journey on one photograph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from raysys.cli.parts.interruption import again, keeping


def demo(
    input: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="Your own grey or binary image instead of scikit-image's gravel; its scale follows from its features.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the runs, samples and the report.")] = Path(
        "demo"
    ),
    quick: Annotated[
        bool, typer.Option("--quick", help="Within three minutes; the generator is then a rough one.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave endpoint and MLflow page running until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option("--port", help="Of the sampling endpoint; 0 takes a free one.")] = 0,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Another value for a field of the recipe: section.field=value.")
    ] = None,
) -> None:
    """Take one photograph to a served generator and a report, on this machine.

    Segments the image, characterises it, sweeps the hyper-parameters of a WGAN-GP (Ray Tune, each trial in MLflow),
    trains the best further (Ray Train), reconstructs the same tiles by simulated annealing (Ray actors), serves the
    model (Ray Serve), asks it for samples, and writes one report that says how good all of it is.

    Example: raysys demo --input my_micrograph.tif --set data.phase=dark
    """
    with keeping(lambda: f"runs and models of the steps that ended are kept in {out}; from the beginning: {again()}"):
        from raysys.studies.demo import Journey

        Journey(out=out, image=input, quick=quick, keep=keep, port=port, overrides=set_ or []).run()
