"""`raysys status`: trainings, sweeps and farms of a storage, and what a cluster has left."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from raysys.cli.parts.options import AddressOption
from raysys.cli.parts.terminal import notice, show

if TYPE_CHECKING:
    from raysys.operations import Standing


def status(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A recipe's storage, a run, or the --out of a farm.")
    ] = Path("runs"),
    address: AddressOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for other programs.")] = False,
) -> None:
    """Show what runs, how far it is, and what was interrupted; with --address also what a cluster has left."""
    from raysys.operations import status as look

    found = look(folder)
    if as_json:
        for one in found:
            typer.echo(json.dumps(asdict(one), default=str))
        return
    if found:
        show(_table(found))
    else:
        notice(f"{folder} holds no training, no sweep and no farm")
    if address is not None:
        _show_cluster(address)


def _table(found: list[Standing]) -> Table:
    table = Table(title="Runs", caption="raysys stop FOLDER ends one cleanly; --resume, or the same command, goes on")
    for head in ("folder", "what", "state", "done", ""):
        table.add_column(head, overflow="fold")
    for one in found:
        done = "" if one.done is None else f"{one.done}" if one.asked is None else f"{one.done} of {one.asked}"
        who = f"process {one.driver['pid']} on {one.driver['host']}" if one.driver else ""
        table.add_row(str(one.folder), one.kind, one.state, done, ", ".join(filter(None, (one.words, who))))
    return table


def _show_cluster(address: str) -> None:
    from raysys.operations.cluster_load import cluster_load

    load = cluster_load(address)
    table = Table(title=f"Ray at {address}: {load.nodes} nodes")
    for head in ("what", "in all", "free"):
        table.add_column(head)
    for kind, (total, free) in load.resources.items():
        table.add_row(kind, f"{total:g}", f"{free:g}")
    show(table)
    for sentence in load.waiting:
        notice(sentence)
    for name, state in load.endpoints.items():
        notice(f"endpoint {name}: {state}")
