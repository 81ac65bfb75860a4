"""Ladders are kept and read, and what is noticed is what the test finds of damaged real images."""

from pathlib import Path

import numpy as np
import pytest

from raysys.assess.listener import Listener
from raysys.assess.power.ladder import Ladder, Pool, ladder_of
from raysys.assess.power.noticing import WHOLE, Power, power_of
from raysys.assess.power.rungs import COPIES, DAMAGES, Rung, rungs_of
from raysys.stats import characterise
from raysys.stats.sets.vectors import vectors_of

NAMES = ("S2", "minkowski", "pores")
OPTIONS = {"boundary": "open", "r_max": None}
RUNGS = (Rung(DAMAGES["flips"], 0.01), Rung(DAMAGES["flips"], 0.03), Rung(DAMAGES["dilation"], 1),
         Rung(DAMAGES[COPIES], 4))  # fmt: skip


@pytest.fixture
def ladder(real: np.ndarray) -> Ladder:
    return ladder_of(Pool.of(real), NAMES, OPTIONS, "quick", rungs=RUNGS)


def test_rungs_are_damaged_images_measured_as_the_others(ladder: Ladder, real: np.ndarray):
    assert list(ladder.damaged) == list(RUNGS)
    grown = DAMAGES["dilation"].apply(real, 1, np.random.default_rng(0))
    expected = vectors_of(characterise(grown, NAMES))
    for name, values in ladder.damaged[RUNGS[2]].groups.items():
        np.testing.assert_array_equal(values, expected.groups[name])
    assert ladder.damaged[RUNGS[3]] is ladder.clean


def test_what_was_measured_is_read_and_a_broken_file_is_written_anew(ladder: Ladder, real: np.ndarray, cache: Path):
    files = sorted(ladder.folder.glob("*.npz"))
    assert [path.stem for path in files] == ["clean", "dilation 1", "flips 0.01", "flips 0.03"]
    assert ladder.folder.parent == cache / "power"
    files[1].write_bytes(b"PK\x03\x04 no archive")
    before = files[0].stat().st_mtime_ns
    told: list[tuple[object, ...]] = []
    again = ladder_of(Pool.of(real), NAMES, OPTIONS, "quick", Listener(progress=lambda *seen: told.append(seen)),
                      rungs=RUNGS)  # fmt: skip
    assert files[0].stat().st_mtime_ns == before
    assert told[-1] == ("damaging real images", 4, 4, "rungs")
    for rung, vectors in ladder.damaged.items():
        for name, values in vectors.groups.items():
            np.testing.assert_array_equal(again.damaged[rung].groups[name], values)


@pytest.mark.parametrize("change", ["image", "descriptors", "options", "groups"])
def test_another_image_or_protocol_has_another_ladder(ladder: Ladder, real: np.ndarray, change: str):
    images, names, options, groups = real.copy(), NAMES, OPTIONS, None
    if change == "image":
        images[0, 0, 0] ^= 1
    elif change == "descriptors":
        names = ("S2", "minkowski")
    elif change == "options":
        options = OPTIONS | {"r_max": 9}
    else:
        groups = np.arange(len(images)) // 2
    other = ladder_of(Pool.of(images, groups), names, options, "quick", rungs=RUNGS[:1])
    assert other.folder != ladder.folder


def test_plain_damage_is_noticed_by_what_sees_it(ladder: Ladder):
    power = power_of(ladder, 24, 24, draws=10)
    assert (power.real, power.other, power.curtailed) == (24, 24, False)
    assert power.smallest() == {"flips": 0.01, "dilation": 1, COPIES: 4}
    assert power.smallest("pores/number")["flips"] == 0.01
    assert not power.poor()
    # Ten pixels in an image of 1024 say nothing of how the largest pores lie.
    assert power.smallest("pores/direction")["flips"] is None
    assert power_of(ladder, 24, 24, draws=10) == power


def test_few_images_notice_less_and_their_verdict_decides_nothing(ladder: Ladder):
    power = power_of(ladder, 3, 3, draws=5)
    assert power.poor()
    assert set(power.smallest().values()) == {None}


def test_sets_are_no_larger_than_images_allow_without_sharing_any(ladder: Ladder):
    power = power_of(ladder, 64, 32, draws=2)
    assert (power.real, power.other, power.wanted, power.curtailed) == (24, 24, (64, 32), True)
    assert (power_of(ladder, 4, 200, draws=1).real, power_of(ladder, 4, 200, draws=1).other) == (4, 44)


def test_of_each_block_one_image_is_drawn(real: np.ndarray):
    pool = Pool.of(real, np.repeat(np.arange(12), 4))
    ladder = ladder_of(pool, NAMES, OPTIONS, "quick", rungs=RUNGS)
    power = power_of(ladder, 20, 20, draws=10)
    assert (power.real, power.other, power.curtailed) == (6, 6, True)
    assert power.smallest()["flips"] is not None


@pytest.mark.parametrize(
    ("shares", "smallest"),
    [((0.9, 1.0, 1.0), 0.001), ((0.1, 0.8, 1.0), 0.01), ((0.9, 0.5, 1.0), 0.1), ((1.0, 1.0, 0.7), None)],
)
def test_the_smallest_is_that_from_which_on_all_are_noticed(shares: tuple[float, ...], smallest: float | None):
    rungs = [(strength, {WHOLE: share}) for strength, share in zip((0.001, 0.01, 0.1), shares, strict=True)]
    power = Power({"flips": rungs}, 8, 8, (8, 8), 10)
    assert power.smallest() == {"flips": smallest}
    assert power.poor() == (smallest is None)


def test_large_pools_are_thinned_and_every_rung_has_words(real: np.ndarray):
    pool = Pool.of(np.zeros((600, 4, 4), np.uint8), np.arange(600))
    assert (len(pool.images), pool.groups[-1]) == (512, 599)
    assert all(rung.words for rung in rungs_of("full"))
