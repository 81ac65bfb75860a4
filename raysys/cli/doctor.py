"""`raysys doctor`: whether a machine, or a cluster's nodes, have what a first run needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from raysys.cli.parts.options import AddressOption, TrackingOption

NOT_WELL = 2


def doctor(
    storage: Annotated[Path, typer.Option(help="Where runs are to be kept.")] = Path("runs"),
    tracking_uri: TrackingOption = None,
    address: AddressOption = None,
) -> None:
    """Check versions, GPUs, storage, MLflow and every node of a cluster, and say what helps (code 2 if it must)."""
    from raysys.operations import doctor as look

    bad = 0
    for found in look(storage, tracking_uri=tracking_uri, address=address):
        mark = {"ok": "ok    ", "remark": "      ", "bad": "NOT OK"}[found.verdict]
        typer.echo(f"{mark}  {found.what}: {found.words}")
        bad += found.verdict == "bad"
    if bad:
        typer.echo(f"{bad} of these {'stand' if bad > 1 else 'stands'} in the way", err=True)
        raise typer.Exit(NOT_WELL)
