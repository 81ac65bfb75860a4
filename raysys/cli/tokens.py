"""`raysys tokens`: who may ask an endpoint, for what, how often, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from raysys.cli.parts.terminal import show

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke the bearer tokens of raysys serve --tokens.")

FileOption = Annotated[
    Path, typer.Option("--file", help="The file of tokens; it holds their hashes, and no token.", show_default=True)
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Whose token it is; log lines name it.")]
FILE = Path("tokens.yaml")


@app.command("add", epilog="Example: raysys tokens add ann --scope sample --scope upload --per-minute 600 --days 90")
def add(
    name: NameArgument,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it is for: sample (samples and tiles), upload (measure, encode, segment), jobs, or admin "
            "(everything, and /metrics). By default the first three."
        ),
    ] = None,
    per_minute: Annotated[float | None, typer.Option(help="Requests allowed in a minute; no bound by default.")] = None,
    days: Annotated[float | None, typer.Option(min=0, help="Days until it ends; never by default.")] = None,
    file: FileOption = FILE,
) -> None:
    """Make a token and print it, once: the file keeps a hash of it only."""
    from raysys.serve.tokens import add_token

    ends = None if days is None else datetime.now(UTC) + timedelta(days=days)
    given = {} if scope is None else {"scopes": tuple(scope)}
    typer.echo(add_token(file, name, per_minute=per_minute, expires=ends, **given))


@app.command("list", epilog="Example: raysys tokens list")
def list_(file: FileOption = FILE) -> None:
    """List whose tokens there are, and what they are good for."""
    from raysys.serve.tokens import read_tokens

    table = Table()
    for column in ("name", "for", "per minute", "until"):
        table.add_column(column)
    for token in read_tokens(file).tokens:
        ends = "-" if token.expires is None else f"{token.expires:%Y-%m-%d %H:%M} UTC{' (over)' * token.is_expired}"
        rate = "-" if token.per_minute is None else f"{token.per_minute:g}"
        table.add_row(token.name, ", ".join(token.scopes), rate, ends)
    show(table)


@app.command("revoke", epilog="Example: raysys tokens revoke ann")
def revoke(name: NameArgument, file: FileOption = FILE) -> None:
    """Take a token back; a running endpoint refuses it within a second."""
    from raysys.serve.tokens import revoke_token

    revoke_token(file, name)
    typer.echo(f"{name} has no token any more")
