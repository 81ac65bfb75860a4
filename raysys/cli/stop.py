"""`raysys stop`: a run is ended from another terminal, and can be gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from raysys.cli.parts.terminal import notice


def stop(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Its folder, as raysys status lists it.")],
    seconds: Annotated[float, typer.Option(min=0, help="How long to wait for its end.")] = 60.0,
) -> None:
    """End a training, a sweep or a farm cleanly, as Ctrl-C in its terminal does; it can be gone on with."""
    from raysys.operations import stop as end

    standing = end(folder, seconds=seconds)
    if standing is None:
        notice(f"{folder}: its driver has ended")
        return
    how = "the same command with --resume" if standing.kind in ("train", "sweep") else "the same command"
    done = "" if standing.done is None else f" at {standing.done} of {standing.asked or '?'}"
    go_on = "" if standing.state == "ended" else f"; {how} goes on with it"
    notice(f"{folder}: {standing.kind} {standing.state}{done}{go_on}")
