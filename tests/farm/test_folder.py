"""Chains on disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from raysys import RaysysError
from raysys.anneal import Schedule, Target
from raysys.anneal.order import Order
from raysys.anneal.reconstruction import Reconstruction
from raysys.farm.folder import Folder

ORDER = Order.of(Target.of_two_point(0.3, np.full(8, 0.09)), (16, 20), Schedule(stages=4, moves=100), 7)


def ended(number: int) -> Reconstruction:
    chain = ORDER.begin(number)
    chain.advance()
    return chain.reconstruction()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "chains", ORDER)


def names(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.path.iterdir())


def test_a_new_folder_is_empty_and_then_knows_its_order(folder):
    assert not folder.check()
    assert not folder.path.exists()
    assert folder.open() == ({}, {})
    assert folder.check()
    assert names(folder) == ["farm.npz"]


def test_chains_under_way_and_ended_ones_are_found_again(folder):
    folder.open()
    chain = ORDER.begin(2)
    chain.advance(1)
    folder.keep(2, ORDER.kept(chain))
    results = [ended(0), ended(3)]
    folder.end(results)
    assert names(folder) == ["chain-000002.npz", "ended-000000.npz", "farm.npz"]
    states, found = Folder(folder.path, ORDER).open()
    assert list(states) == [2]
    again = ORDER.resume(states[2])
    again.advance()
    np.testing.assert_array_equal(again.reconstruction().image, ended(2).image)
    assert sorted(found) == [0, 3]
    for one in results:
        held = found[one.chain]
        np.testing.assert_array_equal(held.image, one.image)
        for name, values in vars(one.history).items():
            np.testing.assert_array_equal(getattr(held.history, name), values)
        for name in ("energy", "swaps", "seconds", "seed", "chain", "schedule", "r_max"):
            assert getattr(held, name) == getattr(one, name)


def test_the_checkpoint_of_a_chain_that_ends_goes(folder):
    folder.open()
    folder.keep(1, ORDER.kept(ORDER.begin(1)))
    folder.end([ended(1)])
    assert names(folder) == ["ended-000001.npz", "farm.npz"]


def test_a_chain_that_has_ended_is_not_under_way_even_if_its_checkpoint_was_left(folder):
    folder.open()
    folder.end([ended(1)])
    folder.keep(1, ORDER.kept(ORDER.begin(1)))  # as after a death between the two
    states, results = folder.open()
    assert (list(states), list(results)) == ([], [1])


def test_chains_of_other_settings_are_never_mixed(folder):
    folder.open()
    other = replace(ORDER, seed=8, schedule=replace(ORDER.schedule, moves=50))
    expected = r"holds chains of other settings \(moves 100 there, 50 here, seed 7 there, 8 here\)"
    with pytest.raises(RaysysError, match=expected):
        Folder(folder.path, other).check()
    with pytest.raises(RaysysError, match="another target"):
        Folder(folder.path, replace(ORDER, target=ORDER.target.weighted({"S2": 2.0}))).open()


def test_a_file_brought_from_another_farm_is_refused(folder, tmp_path):
    folder.open()
    stranger = Folder(tmp_path / "other", replace(ORDER, seed=8))
    stranger.open()
    stranger.keep(1, ORDER.kept(ORDER.begin(1)))
    (stranger.path / "chain-000001.npz").rename(folder.path / "chain-000001.npz")
    with pytest.raises(RaysysError, match=r"chain-000001\.npz: holds chains of other settings"):
        folder.open()


def test_chains_that_nobody_knows_are_refused(folder):
    folder.open()
    folder.keep(1, ORDER.kept(ORDER.begin(1)))
    (folder.path / "farm.npz").unlink()
    with pytest.raises(RaysysError, match=r"holds chain-000001\.npz but no farm\.npz"):
        folder.check()


def test_a_damaged_file_is_told(folder):
    folder.open()
    folder.end([ended(1)])
    path = folder.path / "ended-000001.npz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RaysysError, match=r"ended-000001\.npz: damaged"):
        folder.open()
