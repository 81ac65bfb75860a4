"""Verdicts on whole sets: what they say of real images, of damaged ones and of too few, and how it is written."""

import json
import math

import numpy as np
import pytest
from support.blobs import blobs

from raysys.assess import Comparison, compare_methods
from raysys.assess.methods.records import write_comparison
from raysys.assess.notation import PLAIN
from raysys.assess.power.damage import flipped
from raysys.assess.power.judge import JUDGED, Sample, judged_descriptors
from raysys.assess.power.noticing import WHOLE, Power
from raysys.assess.power.set_verdict import SetVerdict
from raysys.assess.power.words import set_verdict_words
from raysys.report.comparison.methods_page import methods_page
from raysys.stats.sets.energy_test import EnergyTest, Part

NAMES = ("S2", "L", "minkowski")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Others of the same kind, and the same with one pixel in a hundred flipped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAYSYS_CACHE", str(tmp_path_factory.mktemp("cache")))
        same = blobs(40, 2.0, 5)
        sets = {"same": same, "spoilt": flipped(blobs(40, 2.0, 2), 0.01, np.random.default_rng(0))}
        return compare_methods(blobs(40, 2.0, 0), sets, descriptors=NAMES, power="quick")


def test_flipped_pixels_are_told_apart_and_the_same_kind_is_not(found: Comparison):
    same, spoilt = found.set_verdicts["same"], found.set_verdicts["spoilt"]
    assert (same.told_apart, spoilt.told_apart) == (False, True)
    assert same.p > 0.05 >= spoilt.p
    assert "euler_characteristic" in spoilt.odd
    assert same.power.smallest()["flips"] <= 0.01
    assert spoilt.power is not same.power
    assert found.parameters["power"] == "quick"


def test_the_words_come_first_and_name_what_would_have_been_noticed(found: Comparison):
    assert next(iter(found.sentences)) == "verdict"
    told = found.sentences["verdict"]
    assert told.startswith(f"same cannot be told apart from real images (p = {found.set_verdicts['same'].p:.2g}); one")
    assert " would have been" in told
    assert "(tried with sets of 20 and 20, for want of real images)." in told
    assert "spoilt is told apart from real images (p = 0.001) by " in told


def test_tables_and_verdict_json_hold_the_same(found: Comparison, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("comparison")
    files = write_comparison(folder, found)
    assert {"verdict.json", "power.csv"} <= {path.name for path in files}
    stored = json.loads((folder / "verdict.json").read_text())
    for name, verdict in found.set_verdicts.items():
        assert stored[name]["told_apart"] == verdict.told_apart
        assert stored[name]["p"] == verdict.p
        assert stored[name]["power"] == verdict.power.smallest()
        assert set(stored[name]["descriptors"]) == set(verdict.parts)
        assert stored[name]["descriptors"]["L"]["power"] == verdict.power.smallest("L")
        assert stored[name]["words"] in found.sentences["verdict"]
    rows = {(row["set"], row["part"]): row for row in found.rows("verdict")}
    assert rows["same", WHOLE]["noticed_flips"] == found.set_verdicts["same"].power.smallest()["flips"]
    assert rows["spoilt", "L"]["p"] == found.set_verdicts["spoilt"].test.parts["L"].adjusted
    power = {(row["set"], row["damage"], row["strength"]): row for row in found.rows("power")}
    assert power["same", "flips", 0.03][WHOLE] == 1.0
    assert power["same", "flips", 0.01]["words"] == "one flipped pixel in 100"


def test_the_page_shows_verdict_and_power(found: Comparison, tmp_path_factory: pytest.TempPathFactory):
    page = tmp_path_factory.mktemp("page") / "page.html"
    methods_page(page, found, title="Blobs")
    html = page.read_text()
    assert 'data-verdict="verdict"' in html
    assert "What would have been noticed" in html
    assert html.count('data-told="True"') >= len(found.set_verdicts["spoilt"].odd)
    assert "notices one flipped pixel in" in html


def test_without_a_ladder_no_difference_is_no_verdict():
    real, same = blobs(24, 2.0, 0), blobs(24, 2.0, 1)
    found = compare_methods(real, {"same": same}, descriptors="S2", pores=False, power="none")
    verdict = found.set_verdicts["same"]
    assert (verdict.told_apart, verdict.power) == (None, None)
    assert "decides nothing: what would have been noticed was not measured" in found.sentences["verdict"]
    assert found.rows("power") == []
    assert verdict.to_json()["power"] == {}


def test_too_few_images_have_no_p():
    found = compare_methods(blobs(3, 2.0, 0), {"few": blobs(3, 2.0, 1)}, descriptors="S2", pores=False, power="quick")
    assert (found.set_verdicts["few"].p, found.set_verdicts["few"].told_apart) == (None, None)
    assert "can be exchanged in too few ways" in found.sentences["verdict"]
    assert math.isnan(found.rows("verdict")[0]["p"])
    assert json.dumps(found.set_verdicts["few"].to_json(), allow_nan=False)


def test_larger_images_are_judged_by_windows_of_the_size_of_the_smaller():
    large = Sample(np.arange(2 * 8 * 10).reshape(2, 8, 10))
    cut = large.cut((4, 5))
    assert cut.images.shape == (8, 4, 5)
    assert sorted(cut.groups) == [0] * 4 + [1] * 4
    assert all(cut.images[k].ravel()[0] // 80 == cut.groups[k] for k in range(8))
    assert large.cut((8, 10)) is large
    real = blobs(24, 2.0, 0)
    found = compare_methods(real, {"large": blobs(24, 2.0, 5, side=64)}, descriptors="S2", pores=False, power="none")
    assert found.set_verdicts["large"].test.images == (24, 24)
    assert found.set_verdicts["large"].test.blocks == (24, 24)


def test_more_is_judged_by_default_than_was_asked_for_by_name_and_nothing_costly():
    assert judged_descriptors(("S2", "L"), 2, default=True) == ("S2", "L", *JUDGED)
    assert judged_descriptors(("S2", "permeability"), 2, default=False) == ("S2",)


def given(p: float, *, flips: tuple[float, float]) -> SetVerdict:
    """A verdict whose test and power are given by hand."""
    parts = {"L": Part(1.0, p, p, 0.0)}
    rungs = [(strength, {WHOLE: share, "L": share}) for strength, share in zip((0.01, 0.03), flips, strict=True)]
    return SetVerdict(EnergyTest(p, parts, 1.0, (8, 8), (8, 8), 1000), Power({"flips": rungs}, 8, 8, (8, 8), 10))


@pytest.mark.parametrize(
    ("verdict", "told", "words"),
    [
        (given(0.3, flips=(0.9, 1.0)), False,
         "a cannot be told apart from real images (p = 0.3); one flipped pixel in 100 would have been."),
        (given(0.3, flips=(0.2, 0.5)), None,
         "a: no difference from real images is seen (p = 0.3), which decides nothing: one flipped pixel in 33 would "
         "not have been noticed."),
        (given(0.01, flips=(0.2, 0.5)), True, "a is told apart from real images (p = 0.01) by L."),
    ],
)  # fmt: skip
def test_a_verdict_whose_power_is_poor_decides_nothing(verdict: SetVerdict, told: bool | None, words: str):
    assert verdict.told_apart is told
    assert verdict.part("L") is told
    assert set_verdict_words("a", verdict, PLAIN) == words
