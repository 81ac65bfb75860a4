"""What commands say: results on stdout, notices and progress on stderr, so that output can be piped."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

WIDE = 160  # characters; tables in files and pipes are not cut to a terminal's width


def wrote(path: str | Path, what: str = "") -> None:
    """Name a file that is complete now."""
    typer.echo(f"wrote {path}{f' ({what})' if what else ''}")


def notice(text: str) -> None:
    """Say what was decided on the user's behalf."""
    typer.echo(f"raysys: {text}", err=True)


def show(table: Table) -> None:
    """Print a table on stdout."""
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def facts(title: str, rows: dict[str, object]) -> Table:
    """A table of names and values."""
    table = Table(title=title, show_header=False, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, str(value))
    return table


def progress_bar(*fields: str) -> Progress:
    """A bar with description, done of total, time spent and left, and named fields of the task."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    columns += [TimeRemainingColumn(), *(TextColumn(f"{name} {{task.fields[{name}]}}") for name in fields)]
    return Progress(*columns, console=Console(stderr=True))


def number(value: float | None) -> str:
    """Four digits, or a dash for what is not there."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.4g}"


def by(shape: tuple[int, ...]) -> str:
    """(64, 48) as "64 x 48"."""
    return " x ".join(str(side) for side in shape)
