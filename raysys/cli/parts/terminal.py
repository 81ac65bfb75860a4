"""What commands say: results on stdout, notices and progress on stderr, so that output can be piped."""

from __future__ import annotations

import math
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from raysys.cli.parts.interruption import note_written
from raysys.shapes import by as by  # what is printed names shapes

WIDE = 160  # characters; tables in files and pipes are not cut to a terminal's width
SECONDS_BETWEEN_LINES = 10.0  # the log of a night is still read from top to bottom
SECONDS_OF_SILENCE = 4.0  # before a command says that it is at work, also where its output is a pipe
_spoken = threading.Event()


@contextmanager
def breaking_silence(command: str) -> Iterator[None]:
    """Say after some seconds that a command is at work, if nothing was said in the block until then."""
    _spoken.clear()
    with _later(lambda: _spoken.is_set() or notice(f"{command} is at work, and tells how far it is when it knows")):
        yield


@contextmanager
def _later(say: Callable[[], object]) -> Iterator[None]:
    timer = threading.Timer(SECONDS_OF_SILENCE, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def wrote(path: str | Path, what: str = "") -> None:
    """Name a file that is complete now."""
    _spoken.set()
    note_written(path)
    typer.echo(f"wrote {path}{f' ({what})' if what else ''}")


def notice(text: str) -> None:
    """Say what was decided on the user's behalf."""
    _spoken.set()
    typer.echo(f"raysys: {text}", err=True)


@contextmanager
def warnings_as_notices() -> Iterator[None]:
    """Say each warning of the block in one line, as a notice, instead of with its place in the source."""
    told: set[str] = set()

    def say(message: Warning | str, *_: object) -> None:
        text = " ".join(str(message).split())
        if text not in told:
            told.add(text)
            notice(f"warning: {text}")

    with warnings.catch_warnings():
        # Ours are UserWarnings; what libraries say of their own future keeps its usual filters.
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = say
        yield


def show(table: Table) -> None:
    """Print a table on stdout, its title as a line of its own: a title inside is broken at the table's width."""
    _spoken.set()
    if table.title:
        typer.echo(str(table.title))
        table.title = None
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def facts(title: str, rows: dict[str, object]) -> Table:
    """A table of names and values."""
    table = Table(title=title, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, str(value))
    return table


class Bar:
    """Progress: a bar on a terminal, a line now and then elsewhere, so that the log of a job tells how far it is.

    Parameters
    ----------
    name
        What is being done.
    fields
        Names of the numbers that `update` is given beside done and total.
    """

    def __init__(self, name: str, *fields: str) -> None:
        self._name, self._console = name, Console(stderr=True)
        columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
        columns += [TimeRemainingColumn(), *(TextColumn(f"{field} {{task.fields[{field}]}}") for field in fields)]
        self._bar = Progress(*columns, console=self._console)
        self._task = self._bar.add_task(name, total=None, **dict.fromkeys(fields, "-"))
        self._told = time.monotonic() - SECONDS_BETWEEN_LINES + SECONDS_OF_SILENCE  # the first line comes sooner
        self._updated = False
        self._shown = ExitStack()

    def __enter__(self) -> Bar:
        """Show the bar."""
        if self._console.is_terminal:
            _spoken.set()
            self._shown.enter_context(self._bar)
        else:
            self._shown.enter_context(_later(lambda: self._updated or notice(f"{self._name} begins")))
        return self

    def __exit__(self, *error: object) -> None:
        """Leave it as it stands."""
        self._shown.close()

    def update(self, done: int, total: int, **fields: str) -> None:
        """Say how far it is."""
        self._updated = True
        self._bar.update(self._task, completed=done, total=total, **fields)
        if not self._console.is_terminal and time.monotonic() - self._told > SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            notice(", ".join([f"{self._name} {done}/{total}", *(f"{name} {text}" for name, text in fields.items())]))


class Bars:
    """Progress of one thing after another, each with a bar of its own; a context manager, which ends the last one."""

    def __init__(self) -> None:
        self._what, self._bar = "", ExitStack()
        self._shown: Bar | None = None

    def __enter__(self) -> Bars:
        """Show nothing yet."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the last bar as it stands."""
        self._bar.close()

    def update(self, what: str, done: int, total: int, of: str) -> None:
        """Say how far a thing is: how many of all of its parts are done, and what the parts are."""
        if self._shown is None or what != self._what:
            self._bar.close()
            self._what, self._shown = what, self._bar.enter_context(Bar(what, "of"))
        self._shown.update(done, total, of=of)


def number(value: float | None) -> str:
    """Four digits, or a dash for what is not there."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.4g}"
