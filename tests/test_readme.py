"""Every `raysys` command in the README and the docs is one that the program understands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import typer

from raysys.cli import app

ROOT = Path(__file__).resolve().parents[1]
COMMAND = re.compile(r"^ {4,}(raysys [^\n]*?)(?:\s+#.*)?$", re.MULTILINE)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> list[tuple[str, str]]:
    """(page, command) for every line of a code block that begins with `raysys`, continuation lines joined."""
    found = []
    for page in PAGES:
        text = page.read_text().replace("\\\n", " ")
        found += [(page.name, command) for command in COMMAND.findall(text)]
    return found


def test_there_are_commands_to_check():
    assert len(commands()) >= 12


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_documented_command_is_understood(page: str, command: str):
    words = shlex.split(command)[1:]
    assert "RECIPE" not in words or page != "README.md", "the README shows commands that run as they are"
    group = typer.main.get_command(app)
    _parse(group, words)


def _parse(command: click.Command, words: list[str]) -> None:
    """Parse as click would, without running anything."""
    context = command.make_context(command.name or "raysys", list(words))
    if hasattr(command, "resolve_command"):
        _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert inner is not None
        _parse(inner, rest)
