"""`raysys demo`: the whole journey on one photograph."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from raysys.cli.parts.interruption import again, keeping
from raysys.errors import RaysysError


def demo(
    input: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="Your own grey or binary image instead of scikit-image's gravel; its scale follows from its features.",
        ),
    ] = None,
    phase: Annotated[
        str | None,
        typer.Option(
            metavar="bright|dark|VALUE",
            help="Phase of interest of your own image. Otherwise you are asked at a terminal, and elsewhere it is the "
            "one that fills less of the image.",
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

    Example: raysys demo --input my_micrograph.tif --phase dark
    """
    if phase is not None and input is None:
        raise RaysysError("--phase is that of your own image; give one with --input")
    with keeping(lambda: f"runs and models of the steps that ended are kept in {out}; from the beginning: {again()}"):
        from raysys.studies.demo import Journey

        asked = _ask if sys.stdin.isatty() and sys.stdout.isatty() else None
        Journey(out, input, quick, keep, port, set_ or [], phase=phase, ask=asked).run()


def _ask(argued: str, why: str) -> str:
    """The phase that somebody at a terminal wants, who may leave it at the one that the image argues for."""
    typer.echo(why)
    while (answer := str(typer.prompt("phase of interest, bright or dark", default=argued))) not in ("bright", "dark"):
        continue
    return answer
