"""Volumes against a rock: what is the same is near, what is not is not, and all that moves the numbers is said."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from raysys.assess import RockScores, rocks
from raysys.assess.rock.crops import crops_of
from raysys.assess.rock.measures import lags
from raysys.data import gaussian_random_field
from raysys.errors import RaysysError
from raysys.spacing import Spacing
from raysys.stats import kl_divergence, permeability

EDGE = 12


def field(shape: tuple[int, int, int], length: float, seed: int, porosity: float = 0.4) -> np.ndarray:
    return gaussian_random_field(shape, correlation_length=length, phase_fraction=porosity, seed=seed, n=1)[0]


@pytest.fixture(scope="module")
def rock() -> np.ndarray:
    return field((60, 24, 24), 2.0, 1)


@pytest.fixture(scope="module")
def scores(rock: np.ndarray) -> RockScores:
    """The rock itself, and another one, as if they were made; no permeability."""
    other = field((60, 24, 24), 5.0, 2, 0.3)
    return rocks(rock, {"same": rock, "other": other}, edge=EDGE, flow=False, baseline="other", resamples=50)


@pytest.mark.parametrize(
    ("rule", "added", "bound"),
    [("add_one", 1.0, 6.3), ("add_0.5", 0.5, 7.0), ("add_0.1", 0.1, 8.5), ("add_0.01", 0.01, 10.8)],
)
def test_kl_of_disjoint_samples_is_what_the_pseudo_count_makes_it(rule, added: float, bound: float):
    """500 values a side in 50 bins: log((500 + 50 a) / a) less the entropy of the real ones; identical samples: 0."""
    real, made = np.zeros(500), np.ones(500)
    full, empty = (500 + added) / (500 + 50 * added), added / (500 + 50 * added)
    assert kl_divergence(real, real, rule=rule) == 0
    assert kl_divergence(real, made, rule=rule) == pytest.approx((full - empty) * math.log(full / empty))
    assert -math.log(empty) == pytest.approx(bound, abs=0.06)
    spread = np.linspace(0, 0.4, 500)
    assert kl_divergence(spread, 1 - spread, rule=rule) < kl_divergence(real, made, rule=rule) < bound + 0.06


def test_the_rock_itself_is_at_no_distance_and_another_rock_is_beyond_the_floor(scores: RockScores):
    assert all(one.measures[name].value == 0 for one in scores.apart["same"].values() for name in ("kl", "w1", "ks"))
    assert all(scores.near("same", number) for number in scores.apart["same"])
    assert not scores.near("other", "porosity")
    assert not scores.near("other", "surface")
    assert "It is the baseline" in scores.sentences["other"]


def test_each_number_is_that_of_its_sample(scores: RockScores, rock: np.ndarray):
    crops, numbers = scores.real.crops, scores.real.numbers
    cut = [rock[tuple(slice(at, at + EDGE) for at in origin)] for origin in crops.origins]
    assert len(cut) == 5 * 2 * 2
    np.testing.assert_allclose(numbers["porosity"].values, [one.mean() for one in cut])
    pairs = [
        np.mean([(np.moveaxis(one, k, 0)[2:] * np.moveaxis(one, k, 0)[:-2]).mean() for k in range(3)]) for one in cut
    ]
    np.testing.assert_allclose(numbers["S2 at 2"].values, pairs)
    assert set(numbers) == {"porosity", "S2 at 2", "S2 at 4", "L at 2", "L at 4", "surface", "mean_breadth"} | {
        "euler_characteristic"
    }
    assert numbers["euler_characteristic"].protocol["connectivity"] == "6"


def test_halves_of_the_rock_share_no_voxel_and_leave_the_middle_out(rock: np.ndarray):
    crops = crops_of([rock], EDGE, 500, "rock")
    one, two = crops.halves or ((), ())
    assert crops.origins[one].max(axis=0)[0] + EDGE <= crops.origins[two].min(axis=0)[0]
    assert len(one) == len(two) == 8
    several = crops_of([rock, rock, rock], 24, 500, "rock")
    assert [sorted(set(several.volumes[half])) for half in several.halves or ()] == [[0], [2]]
    assert crops_of([rock[:24]], 24, 500, "rock").halves is None


def test_curves_are_read_below_half_of_the_side():
    assert [lags(edge) for edge in (6, 12, 18, 20, 64, 66)] == [
        (2,), (2, 4), (2, 4, 8), (2, 4, 8), (2, 4, 8, 16), (2, 4, 8, 16, 32)
    ]  # fmt: skip


def test_files_say_everything_and_hold_every_sample(scores: RockScores, tmp_path: Path):
    found, rows, samples = scores.save(tmp_path)
    told = json.loads(found.read_text())
    assert told["protocol"]["bins"] == 50
    assert told["sets"]["real"]["samples"] == 20
    assert 1 <= told["sets"]["real"]["independent"] <= 20
    assert told["made"]["same"]["porosity"]["measures"]["kl"]["value"] == 0
    assert len(rows.read_text().splitlines()) == 1 + 2 * 8
    assert len(samples.read_text().splitlines()) == 1 + 3 * 20
    assert "6 neighbours" in scores.sentences["real"]


def test_permeabilities_are_those_of_the_samples_and_are_kept(tmp_path: Path):
    rock, told = field((10, 10, 20), 3.0, 4, 0.6), []
    how = {"edge": 10, "resamples": 5, "axis": 2, "tolerance": 1e-2, "folder": tmp_path / "flows"}
    spacing = Spacing((2.0,) * 3, "um")
    scores = rocks(rock, rock[:, :, ::-1].copy(), spacing=spacing, **how)
    numbers = scores.real.numbers["permeability"]
    direct = permeability(scores.real.crops.images, axis=2, tolerance=1e-2).k[:, 0]
    np.testing.assert_allclose(numbers.values, direct)
    assert "m^2" in scores.sentences["made"]
    again = rocks(rock, rock[:, :, ::-1].copy(), progress=lambda *each: told.append(each[1:3]), **how)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]  # all of them were there
    np.testing.assert_array_equal(again.real.numbers["permeability"].values, numbers.values)
    with pytest.raises(RaysysError, match="other samples"):
        rocks(rock, 1 - rock, **how)


@pytest.mark.parametrize(
    ("made", "how", "words"),
    [
        (np.zeros((8, 8, 8), np.uint8), {"edge": 12}, "8 x 8 x 8 voxels; allowed: 12"),
        (np.zeros((12, 12), np.uint8), {"edge": 12}, "12 x 12"),
        (np.zeros((12, 12, 12), np.uint8), {}, "made has one sample"),
        (np.zeros((12, 12, 24), np.uint8), {"baseline": "gan"}, "baseline gan"),
        (np.zeros((12, 12, 24), np.uint8), {"axis": 3}, "axis is 3"),
        ({"real": np.zeros((12, 12, 24), np.uint8)}, {}, "called real"),
        (np.zeros((12, 12, 24), np.uint8), {"rule": "add_2", "flow": False}, "rule is 'add_2'"),
    ],
)
def test_what_cannot_be_judged_is_refused(rock: np.ndarray, made, how: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        rocks(rock, [made] if isinstance(made, np.ndarray) else made, **how)
