"""Files appear only when they are complete."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from raysys.files import folder_written_aside, sha256, write_csv, written_aside


def read(path: Path) -> list[dict[str, str]]:
    """Rows as Python's own reader sees them."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_first_rows_columns_are_the_heads(tmp_path: Path):
    rows = [{"r": 0, "S2": 0.25}, {"S2": 0.125, "r": 1}]  # in whatever order a later row has them
    assert write_csv(tmp_path / "a.csv", rows) == 2
    assert (tmp_path / "a.csv").read_bytes() == b"r,S2\n0,0.25\n1,0.125\n"


def test_what_a_row_lacks_stays_empty_where_heads_are_given(tmp_path: Path):
    assert write_csv(tmp_path / "a.csv", [{"b": 1}, {"a": 2}], heads=["a", "b"]) == 2
    assert read(tmp_path / "a.csv") == [{"a": "", "b": "1"}, {"a": "2", "b": ""}]


def test_commas_quotes_and_line_ends_inside_values_come_back(tmp_path: Path):
    rows = [{"name": 'a "fine", rock', "note": "one\ntwo"}]
    write_csv(tmp_path / "a.csv", rows, line_end="\r\n")
    assert read(tmp_path / "a.csv") == rows
    assert (tmp_path / "a.csv").read_bytes().endswith(b'"one\ntwo"\r\n')


def test_without_rows_there_are_heads_or_no_file(tmp_path: Path):
    assert write_csv(tmp_path / "a.csv", []) == 0
    assert not (tmp_path / "a.csv").exists()
    assert write_csv(tmp_path / "a.csv", [], heads=["a", "b"]) == 0
    assert (tmp_path / "a.csv").read_text() == "a,b\n"


def test_floats_come_back_bit_for_bit(tmp_path: Path):
    values = [0.1, 1 / 3, 5e-324, 1e300, -0.0]
    write_csv(tmp_path / "a.csv", [{"x": value} for value in values])
    assert [float(row["x"]).hex() for row in read(tmp_path / "a.csv")] == [value.hex() for value in values]


def failing() -> Iterator[dict[str, int]]:
    yield {"a": 1}
    raise ValueError("no second row")


@pytest.mark.parametrize(
    ("rows", "words"),
    [(failing(), "no second row"), ([{"a": 1}, {"a": 1, "b": 2}], "fields not in fieldnames: 'b'")],
)
def test_rows_that_fail_leave_the_file_that_was_there(tmp_path: Path, rows: object, words: str):
    (tmp_path / "a.csv").write_text("old\n")
    with pytest.raises(ValueError, match=words):
        write_csv(tmp_path / "a.csv", rows)
    assert (tmp_path / "a.csv").read_text() == "old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_rows_may_come_one_by_one_and_the_folder_is_made(tmp_path: Path):
    assert write_csv(tmp_path / "deep" / "a.csv", ({"a": number} for number in range(5))) == 5
    assert [row["a"] for row in read(tmp_path / "deep" / "a.csv")] == list("01234")


def test_a_name_is_there_only_after_the_block(tmp_path: Path):
    with written_aside(tmp_path / "a.txt") as aside:
        aside.write_text("half")
        assert aside.suffix == ".txt"
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "half"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_content_is_on_the_disk_before_the_name_and_the_name_before_the_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What a power cut leaves: watched by the calls that reach the operating system."""
    calls, sync, replace = [], os.fsync, Path.replace

    def synced(handle: int) -> None:
        calls.append(Path(os.readlink(f"/proc/self/fd/{handle}")))
        sync(handle)

    def replaced(path: Path, target: Path) -> Path:
        calls.append("named")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    with written_aside(tmp_path / "a.txt") as aside:
        aside.write_text("whole")
    assert calls == [aside, "named", tmp_path]
    calls.clear()
    with folder_written_aside(tmp_path / "run") as aside:
        (aside / "part").mkdir()
        (aside / "part" / "b.txt").write_text("whole")
    assert calls == [aside / "part", aside / "part" / "b.txt", aside, "named", tmp_path]


def test_checksums_are_those_of_others(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"abc")  # the example of FIPS 180-2, appendix B.1
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
