"""What the page about autoencoders computes itself: S2 over lags, importance of hyper-parameters, confusions."""

import math

import numpy as np
import pytest
from support.autoencodings import drawn

from raysys.assess.autoencoding import MEASURES, Row
from raysys.report import Trial
from raysys.report.autoencoding.classes import nearest
from raysys.report.autoencoding.retention import confusions
from raysys.report.autoencoding.statistics import central_map, radial
from raysys.report.sweeps.importance import decided_section, importances


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return drawn()["VoronoiSmall"][:2]


@pytest.mark.parametrize("window", [1, 6, 7, 64, 500])
def test_central_maps_hold_the_share_of_pairs_at_each_lag(images: np.ndarray, window: int):
    side = min(window, 64)
    found = central_map(images, window)
    assert found.shape == (2, side, side)
    for image, lags in zip(images, found, strict=True):
        for down, right in ((0, 0), (0, side // 3), (-(side // 2), side // 4)):
            pairs = (image * np.roll(image, (down, right), (0, 1))).mean()
            assert lags[side // 2 + down, side // 2 + right] == pytest.approx(pairs, abs=1e-12)


def test_radial_means_are_those_of_the_lags_that_round_to_a_distance(images: np.ndarray):
    found = radial(images)
    assert found.shape == (33,)
    assert found[0] == pytest.approx(images.mean())
    near = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]  # a diagonal, 1.41, rounds to 1
    shifted = [(images * np.roll(images, lag, (1, 2))).mean() for lag in near]
    assert found[1] == pytest.approx(np.mean(shifted))


def sweep(count: int, seed: int, *, decides: bool) -> list[Trial]:
    rng = np.random.default_rng(seed)
    trials = []
    for number in range(count):
        values: dict[str, float | str] = {"rate": float(rng.random()), "kind": str(rng.choice(["a", "b"]))}
        objective = abs(float(values["rate"]) - 0.5) if decides else rng.random()
        trials.append(Trial(number, values, float(objective), "FINISHED", 1.0))
    return trials


def test_a_parameter_that_decides_is_seen_even_where_the_best_is_in_the_middle():
    first, second = importances(sweep(60, 0, decides=True))
    assert (first.name, second.name) == ("rate", "kind")
    assert first.share > 0.6 > first.chance
    assert second.share < 0.2


def test_only_ranks_count():
    trials = sweep(40, 1, decides=True)
    bent = [Trial(t.number, t.values, math.exp(9 * (t.objective or 0)), t.status, t.seconds) for t in trials]
    assert importances(bent) == importances(trials)


def test_chance_stays_below_its_limit_in_nineteen_sweeps_of_twenty():
    above = [one.share > one.chance for seed in range(300) for one in importances(sweep(30, seed, decides=False))]
    assert len(above) == 600
    assert 0.02 < np.mean(above) < 0.08


def test_nothing_is_said_of_few_trials_or_of_what_never_changes():
    assert importances(sweep(3, 0, decides=True)) == []
    # Of two values chance reaches one half in 8 trials, of four quartiles in 16.
    assert [len(importances(sweep(count, 1, decides=True))) for count in (8, 9, 16, 17)] == [0, 1, 1, 2]
    assert [one.chance < 0.5 for one in importances(sweep(17, 1, decides=True))] == [True, True]
    still = [Trial(k, {"rate": 1.0}, float(k), "FINISHED", 1.0) for k in range(20)]
    assert importances(still) == []
    alike = [Trial(k, {"rate": float(k)}, 1.0, "FINISHED", 1.0) for k in range(20)]
    assert importances(alike) == []


def test_every_sweep_is_spoken_of_and_of_few_trials_only_that_they_are_few():
    (told,) = decided_section({"many": sweep(40, 1, decides=True), "few": sweep(6, 1, decides=True)}).parts
    assert told.count("<tr><th>many</th>") == 2
    assert 'data-parameter="rate"' in told
    assert "6 trials with a result: too few to tell; 17 are needed, or 9 for a choice of two" in told


def test_confusions_are_sorted_by_their_share():
    counts = np.array([[5, 1, 2], [0, 4, 0], [1, 0, 1]])
    assert confusions(("a", "b", "c"), counts) == [("c", "a", 1, 2), ("a", "c", 2, 8), ("a", "b", 1, 8)]


@pytest.mark.parametrize(
    ("measure", "rows", "expected"),
    [
        ("mid_grey", {"m": Row(0.1, 0.0, math.nan), "n": Row(0.2, 0.0, math.nan)}, ["m"]),
        ("edge_gradient", {"m": Row(0.3, 0.6, 0.5), "n": Row(0.9, 0.6, 1.5)}, ["n"]),
        ("kept_share", {"m": Row(0.3, math.nan, math.nan), "n": Row(0.9, math.nan, math.nan)}, ["n"]),
        ("euler_number", {"m": Row(2.0, 0.0, math.nan), "n": Row(-1.0, 0.0, math.nan)}, ["n"]),
        ("edge_gradient", {"m": Row(math.nan, 0.6, math.nan), "n": Row(0.1, 0.6, 0.2)}, []),
        ("edge_gradient", {"m": Row(0.6, 0.6, 1.0), "n": Row(0.6, 0.6, 1.0)}, []),
    ],
)
def test_the_best_is_the_lowest_or_the_nearest_to_the_original(measure: str, rows: dict[str, Row], expected: list[str]):
    assert nearest(MEASURES[measure], rows) == expected
