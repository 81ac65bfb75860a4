"""Jobs on disk."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.walking import WALKS, Stroll

from raysys import RaysysError
from raysys.farm import Folder, Holdings, holdings
from raysys.farm.archive import read_description, write_archive
from raysys.farm.conformance import alone
from raysys.farm.folder import is_untouched

ORDER = Stroll(seed=7)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "walks", ORDER)


def state(number: int, stretches: int = 1):
    walk = ORDER.begin(number)
    for _ in range(stretches):
        walk.advance(0)
    return walk.state()


def ended(*numbers: int):
    return {number: alone(ORDER, number) for number in numbers}


def names(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.path.iterdir())


def test_a_new_folder_is_empty_and_then_knows_its_order(folder):
    assert folder.check() is None
    assert not folder.path.exists()
    assert folder.open(5) == ({}, {})
    assert folder.check() == Holdings(ORDER.signature(), jobs=5, ended=0, running=0)
    assert names(folder) == ["farm.npz"]


def test_jobs_under_way_and_ended_ones_are_found_again(folder):
    folder.open(4)
    folder.keep(2, state(2, 3))
    folder.end(ended(3, 0))
    assert names(folder) == ["ended-000000.npz", "farm.npz", "walk-000002.npz"]
    states, results = Folder(folder.path, ORDER).open(4)
    assert list(states) == [2]
    walk = ORDER.resume(2, states[2])
    walk.advance(60)
    assert walk.result() == alone(ORDER, 2)
    assert results == ended(0, 3)


def test_the_checkpoint_of_a_job_that_ends_goes(folder):
    folder.open(2)
    folder.keep(1, state(1))
    folder.end(ended(1))
    assert names(folder) == ["ended-000001.npz", "farm.npz"]


def test_a_job_that_has_ended_is_not_under_way_even_if_its_checkpoint_was_left(folder):
    folder.open(2)
    folder.end(ended(1))
    folder.keep(1, state(1))  # as after a death between the two
    states, results = folder.open(2)
    assert (list(states), list(results)) == ([], [1])
    assert (folder.check().ended, folder.check().running) == (1, 0)


def test_the_number_that_was_asked_for_last_is_noted(folder):
    folder.open(8)
    folder.keep(2, state(2))
    folder.end(ended(0, 5))
    held = holdings(folder.path, WALKS)
    assert held == Holdings(ORDER.signature(), jobs=8, ended=2, running=1)
    assert held.words(WALKS) == "2 ended, 1 under way, 8 asked for until now"
    Folder(folder.path, ORDER).open(3)
    assert holdings(folder.path, WALKS).jobs == 3


def test_a_folder_from_before_that_note_is_read(folder):
    write_archive(folder.path / "farm.npz", "raysys strolling farm 1", {"signature": ORDER.signature()}, {})
    folder.end(ended(0))
    held = folder.check()
    assert held == Holdings(ORDER.signature(), jobs=None, ended=1, running=0)
    assert held.words(WALKS) == "1 ended, 0 under way; how many walks were asked for is not noted"
    assert folder.open(2) == ({}, ended(0))
    assert folder.check().jobs == 2


def test_jobs_of_other_settings_are_never_mixed(folder):
    folder.open(1)
    other = replace(ORDER, seed=8, paces=3)
    expected = r"holds walks of other settings \(seed 7 there, 8 here, paces 10 there, 3 here\)"
    with pytest.raises(RaysysError, match=expected):
        Folder(folder.path, other).check()
    with pytest.raises(RaysysError, match=expected):
        Folder(folder.path, other).open(1)


def test_a_part_that_an_older_folder_does_not_know_is_another(folder):
    signature = ORDER.signature()
    del signature["paces"]
    write_archive(folder.path / "farm.npz", "raysys strolling farm 1", {"signature": signature}, {})
    with pytest.raises(RaysysError, match=r"holds walks of other settings \(other paces\)"):
        folder.check()


def test_a_file_brought_from_another_farm_is_refused(folder, tmp_path):
    folder.open(2)
    stranger = Folder(tmp_path / "other", replace(ORDER, seed=8))
    stranger.open(2)
    stranger.keep(1, state(1))
    (stranger.path / "walk-000001.npz").rename(folder.path / "walk-000001.npz")
    with pytest.raises(RaysysError, match=r"walk-000001\.npz: holds walks of other settings"):
        folder.open(2)


def test_the_folder_of_another_kind_of_order_is_refused(folder):
    write_archive(folder.path / "farm.npz", "raysys annealing farm 1", {"signature": {}}, {})
    with pytest.raises(RaysysError, match=r"farm\.npz: not the expected file \(raysys strolling farm 1\)"):
        folder.check()


def test_jobs_that_nobody_knows_are_refused(folder):
    folder.open(2)
    folder.keep(1, state(1))
    (folder.path / "farm.npz").unlink()
    with pytest.raises(RaysysError, match=r"holds walk-000001\.npz but no farm\.npz, so nobody knows what walks these"):
        folder.check()


def test_what_else_lies_in_a_folder_is_left_alone(folder):
    folder.path.mkdir()
    (folder.path / "tile-000001.npz").write_bytes(b"somebody else's")
    assert folder.open(1) == ({}, {})


@pytest.mark.parametrize("name", ["ended-000001.npz", "walk-000002.npz"])
def test_a_damaged_file_is_set_aside_and_its_jobs_are_done_again(folder, name):
    folder.open(4)
    folder.end(ended(1))
    folder.end(ended(3))
    folder.keep(2, state(2))
    path = folder.path / name
    path.write_bytes(path.read_bytes()[:200])
    held = folder.check()
    assert held == Holdings(
        ORDER.signature(), jobs=4, ended=2 - name.startswith("ended"), running=1 - name.startswith("w")
    )
    with pytest.warns(UserWarning, match=rf"{name}: damaged.*now called damaged-{name}, and its walks are done again"):
        states, results = folder.open(4)
    assert (sorted(states), sorted(results)) == (([2], [3]) if name.startswith("ended") else ([], [1, 3]))
    assert f"damaged-{name}" in names(folder)
    folder.open(4)  # and nothing is said twice


def test_where_the_folders_own_note_is_damaged_each_file_says_what_it_is_of(folder):
    folder.open(2)
    folder.end(ended(0))
    (folder.path / "farm.npz").write_bytes(b"")
    assert folder.check() == Holdings(ORDER.signature(), jobs=None, ended=1, running=0)
    with pytest.raises(RaysysError, match="holds walks of other settings"):
        Folder(folder.path, replace(ORDER, seed=8)).check()
    assert folder.open(2) == ({}, ended(0))
    assert folder.check().jobs == 2
    (folder.path / "ended-000000.npz").unlink()
    (folder.path / "farm.npz").write_bytes(b"")
    with pytest.raises(RaysysError, match=r"farm\.npz: damaged"):
        folder.check()


def test_what_a_driver_was_writing_when_it_was_killed_is_taken_away(folder, tmp_path):
    with folder.lock:
        pass
    assert is_untouched(folder.path)  # of a driver that was ended before its first file
    assert is_untouched(tmp_path)
    folder.open(2)
    assert not is_untouched(tmp_path)
    (folder.path / ".walk-000001-x1.npz").write_bytes(b"half")
    folder.open(2)
    assert names(folder) == ["driver.lock", "farm.npz"]


def test_a_description_is_read_without_its_arrays(folder):
    folder.open(1)
    folder.end(ended(0))
    path = folder.path / "ended-000000.npz"
    content = bytearray(path.read_bytes())
    place = content.index(b"places.npy") + 40  # within the compressed array
    content[place] ^= 0xFF
    path.write_bytes(content)
    assert read_description(path, "raysys ended walks of a farm 1")["walks"] == [{"walk": 0}]
    with pytest.warns(UserWarning, match="damaged"):
        assert folder.open(1) == ({}, {})
