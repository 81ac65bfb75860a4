"""What a run has said waits on disk until it has arrived, in order, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from raysys.errors import RaysysError
from raysys.train import journal
from raysys.train.journal import Journal


def said(found: Journal) -> list[tuple[int, dict[str, float], dict[str, str]]]:
    return [(entry.step, entry.values, entry.tags) for entry in found.waiting]


def test_what_has_not_arrived_is_there_for_the_next_process(tmp_path: Path):
    first = Journal(tmp_path, "run")
    first.arrived(first.add(1, {"loss": 0.5}))
    first.add(2, {"loss": float("inf"), "gap": 0.1})
    first.add_tags({"node": "one"})
    again = Journal(tmp_path, "run")
    assert said(again) == [(2, {"loss": float("inf"), "gap": 0.1}, {}), (0, {}, {"node": "one"})]
    assert [entry.at for entry in again.waiting] == [json.loads(line)["at"] for line in again.path.open()][1:]
    again.arrived(again.waiting[-1])
    assert said(Journal(tmp_path, "run")) == []


def test_steps_that_were_said_are_not_said_again(tmp_path: Path):
    """A training that goes on from its checkpoint of step 2 makes steps 3 and 4 once more."""
    first = Journal(tmp_path, "run")
    for step in range(1, 5):
        first.add(step, {"loss": 1.0 / step})
    again = Journal(tmp_path, "run")
    assert [again.add(step, {"loss": 1.0 / step}) for step in (3, 4)] == [None, None]
    assert again.add(4, {"loss": 0.25, "descriptor_error": 2.0}).values == {"descriptor_error": 2.0}
    assert again.add(5, {"loss": 0.2}).step == 5
    assert [entry.step for entry in Journal(tmp_path, "run").waiting] == [1, 2, 3, 4, 4, 5]


def test_a_line_that_a_kill_has_cut_off_is_nothing(tmp_path: Path):
    first = Journal(tmp_path, "run")
    first.add(1, {"loss": 0.5})
    first.add(2, {"loss": 0.4})
    content = first.path.read_bytes()
    first.path.write_bytes(content[:-9])
    again = Journal(tmp_path, "run")
    assert [entry.step for entry in again.waiting] == [1]
    again.add(2, {"loss": 0.4})
    assert [entry.step for entry in Journal(tmp_path, "run").waiting] == [1, 2]


def test_the_journal_of_another_run_is_of_no_use(tmp_path: Path):
    Journal(tmp_path, "one").add(1, {"loss": 0.5})
    assert said(Journal(tmp_path, "two")) == []
    assert Journal(tmp_path, "two").add(1, {"loss": 0.5}) is not None


def test_without_a_folder_everything_is_in_memory_and_said_once_too():
    found = Journal(None, "run")
    assert found.add(1, {"loss": 0.5}).values == {"loss": 0.5}
    assert found.add(1, {"loss": 0.5}) is None


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal, "LIMIT", 1000)
    found = Journal(tmp_path, "run")
    for step in range(3):
        found.arrived(found.add(step, {f"loss {k}": 0.0 for k in range(50)}))
    with pytest.raises(RaysysError, match=r"numbers\.jsonl: more than 0\.001 MB of numbers wait for MLflow; bring its"):
        found.add(3, {f"loss {k}": 0.0 for k in range(100)})
