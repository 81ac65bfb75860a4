"""Errors, differences and distances judged by how far real images are apart."""

import math
from dataclasses import replace

import pytest

from raysys.assess.methods.verdicts import judge, judge_difference, judge_distance, judge_measures
from raysys.report.elements.notation import HTML
from raysys.stats import Baseline, Distance, Estimate
from raysys.stats.interval import Interval

BANDS = {measure: Baseline(0.1, 0.05, 0.2) for measure in ("kl", "w1", "ks", "hellinger")}


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (5e-6, "inside", "inside the band"),
        (1e-5, "inside", "inside the band"),
        (2.3e-5, "above", "2.3 times the band's upper end"),
        (1e-8, "below", "below the band"),
        (float("nan"), "unknown", "not measured"),
    ],
)
def test_verdict_follows_from_the_band(error: float, kind: str, words: str) -> None:
    verdict = judge(error, Baseline(median=4e-6, low=1e-6, high=1e-5))
    assert (verdict.kind, verdict.words) == (kind, words)


def test_no_verdict_without_a_band() -> None:
    nan = float("nan")
    assert judge(1e-5, None).kind == judge(1e-5, Baseline(nan, nan, nan)).kind == "unknown"


def test_band_of_width_zero_divides_by_nothing() -> None:
    assert judge(1e-5, Baseline(0, 0, 0)).times == float("inf")
    assert judge(0.0, Baseline(0, 0, 0)).kind == "inside"


@pytest.mark.parametrize(
    ("found", "real", "kind", "words"),
    [
        ((1.0, 0.3), (1.2, 0.3), "inside", "no difference seen"),
        ((1.5, 0.1), (1.0, 0.1), "above", "50 % higher"),
        ((0.5, 0.1), (1.0, 0.1), "above", "50 % lower"),
        ((0.5, 0.1), (0.0, 0.1), "above", "0.5 higher"),
        ((-0.5, 0.1), (-1.0, 0.1), "above", "50 % higher"),
        ((1.0, 0.0), (1.0, 0.0), "inside", "no difference seen"),
        ((float("nan"), 0.1), (1.0, 0.1), "unknown", "not measured"),
        ((1.0, float("nan")), (2.0, 0.1), "unknown", "no interval to judge by"),
    ],
)
def test_difference_is_judged_by_its_interval(
    found: tuple[float, float], real: tuple[float, float], kind: str, words: str
) -> None:
    verdict = judge_difference(Interval(*found), Interval(*real))
    assert (verdict.kind, verdict.words) == (kind, words)


def test_the_same_judgement_is_told_in_plain_text_and_in_html() -> None:
    far = judge(3.0, Baseline(1e-8, 1e-9, 1e-5))
    assert far.words == "3 × 10^5 times the band's upper end"
    assert far.told(HTML) == "3 × 10<sup>5</sup> times the band's upper end"
    worst = judge_distance(distance(w1=0.4))
    assert worst.words == "W1 is 2.0 times the band's upper end"
    assert worst.told(HTML) == "W<sub>1</sub> is 2.0 times the band's upper end"


def distance(**values: float) -> Distance:
    measures = {name: Estimate(values.get(name, 0.1), 0.01, 0.08, 0.12) for name in BANDS}
    return Distance("pores/area", measures, BANDS, 0.5, 100, 90, {"phase": "1"})


def test_one_verdict_of_all_measures_is_that_of_the_worst() -> None:
    assert judge_distance(distance()).words == "inside the band"
    assert judge_distance(distance(kl=0.01)).words == "inside the band"
    assert judge_distance(distance(kl=0.4, ks=0.6)).words == "KS is 3.0 times the band's upper end"
    assert judge_distance(distance(**dict.fromkeys(BANDS, 0.01))).kind == "below"
    assert judge_measures(distance(kl=0.4))["kl"].kind == "above"


def test_a_distance_without_a_band_or_a_value_is_not_judged() -> None:
    unknown = replace(distance(), baseline=dict.fromkeys(BANDS, Baseline(math.nan, math.nan, math.nan)))
    assert judge_distance(unknown).words == "no band to judge by"
    assert judge_distance(distance(**dict.fromkeys(BANDS, math.nan))).words == "not measured"


def test_only_what_cannot_be_told_from_real_images_is_within() -> None:
    kinds = {"inside": 5e-6, "below": 1e-8, "above": 2.3e-5, "unknown": math.nan}
    verdicts = {kind: judge(error, Baseline(4e-6, 1e-6, 1e-5)) for kind, error in kinds.items()}
    assert [verdict.kind for verdict in verdicts.values()] == list(kinds)
    assert [kind for kind, verdict in verdicts.items() if verdict.within] == ["inside", "below"]
