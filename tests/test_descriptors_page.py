"""docs/descriptors.md lists what the registry knows, and its examples run."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from raysys.stats import KNOWN
from raysys.stats.sets.descriptors import Options

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "descriptors.md").read_text()
ROW = re.compile(r"^\| `(?P<name>\w+)` \|(?P<cells>.*)\|$", re.MULTILINE)
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def table() -> dict[str, dict[str, str]]:
    """{name: {column: cell}}."""
    columns = ("meaning", "definition", "images", "unit", "options", "source")
    rows = {row["name"]: [cell.strip() for cell in row["cells"].split("|")] for row in ROW.finditer(PAGE)}
    return {name: dict(zip(columns, cells, strict=True)) for name, cells in rows.items()}


def test_the_table_is_the_registry(table: dict[str, dict[str, str]]) -> None:
    assert list(table) == list(KNOWN)
    for name, one in KNOWN.items():
        assert table[name]["meaning"] == one.meaning
        assert table[name]["images"] == ", ".join(f"{dims}D" for dims in one.dims)
        assert table[name]["definition"]


def test_every_option_is_listed_where_it_counts(table: dict[str, dict[str, str]]) -> None:
    listed = {option for row in table.values() for option in re.findall(r"`(\w+)`", row["options"])}
    assert listed | {"r_max"} == {one.name for one in fields(Options)}


def test_the_examples_run_one_after_the_other() -> None:
    names: dict[str, object] = {}
    blocks = CODE.findall(PAGE)
    assert len(blocks) == 12
    for block in blocks:
        exec(compile(block, "docs/descriptors.md", "exec"), names)
