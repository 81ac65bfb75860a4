"""Notation, verdicts, intervals, series and words: what stands between the numbers and the page."""

import numpy as np
import pytest

from raysys.assess.methods.comparison import compared
from raysys.assess.methods.verdicts import judge, judge_difference
from raysys.report.comparison.wording import comparing
from raysys.report.descriptors.series import difference, of_curve
from raysys.report.elements.notation import (
    counted,
    duration,
    listed,
    meaning,
    ratio,
    scientific,
    scientific_in_figure,
    symbol,
    symbol_in_figure,
    uncertain,
    unit_in_html,
)
from raysys.report.elements.palette import COLOURS, inks
from raysys.stats import Baseline, Characterisation, Curve
from raysys.stats.interval import Interval, phase_fraction


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.66e-8, "1.66 × 10⁻⁸"),
        (1e-4, "1 × 10⁻⁴"),
        (0.0, "0"),
        (0.352, "0.352"),
        (-2.5e-6, "-2.50 × 10⁻⁶"),
        (4096.0, "4,096"),
        (float("nan"), "–"),
        (float("inf"), "∞"),
    ],
)
def test_numbers_are_written_as_in_a_paper(value: float, written: str) -> None:
    assert scientific_in_figure(value) == written


def test_powers_of_ten_are_raised_in_html() -> None:
    assert scientific(1.66e-8) == "1.66 × 10<sup>−8</sup>"


def test_ratios_have_two_digits() -> None:
    assert [ratio(x) for x in (1.04, 9.96, 45.4, 1234.0, float("inf"))] == ["1.0", "10", "45", "1,200", "∞"]


def test_durations_are_in_the_unit_of_the_reader() -> None:
    assert [duration(x) for x in (0.0032, 4.0, 59.99, 725.0, 7380.0)] == [
        "3.2 ms", "4 s", "60 s", "12 min 5 s", "2 h 3 min",
    ]  # fmt: skip


def test_symbols_carry_their_subscript_and_foreign_names_are_escaped() -> None:
    assert symbol("P3H") == "<i>P</i><sub>3H</sub>"
    assert symbol("S2_axis0") == "<i>S</i><sub>2</sub> axis 0"
    assert symbol("chord_length") == "chord length"
    assert symbol("<x>") == "&lt;x&gt;"
    assert [symbol_in_figure(name) for name in ("F2", "F2_axis1", "L_axis0", "S2_radial", "pore_size")] == [
        "F₂", "F₂ axis 1", "L axis 0", "S₂ radial", "pore size",
    ]  # fmt: skip


def test_meanings_are_those_of_the_registry() -> None:
    assert meaning("P3H") == "triangle, horizontal base"
    assert meaning("nothing of the kind") == ""


@pytest.mark.parametrize(
    ("mean", "half", "written"),
    [
        (0.12345, 0.0021, "0.1235 ± 0.0021"),
        (17.31, 2.04, "17.3 ± 2.0"),
        (0.0, 0.3, "0.00 ± 0.30"),
        (-6.04e-4, 1.7e-4, "(-6.0 ± 1.7) × 10<sup>−4</sup>"),
        (2.5e6, 3e4, "(2.500 ± 0.030) × 10<sup>6</sup>"),
        (0.25, float("nan"), "0.25"),
        (0.9999992, 2e-6, "1"),
        (float("nan"), 1.0, "–"),
    ],
)
def test_means_have_the_digits_that_their_intervals_allow(mean: float, half: float, written: str) -> None:
    assert uncertain(mean, half) == written


def test_units_are_raised_and_escaped() -> None:
    assert unit_in_html("1/pixel^2") == "1/pixel<sup>2</sup>"
    assert unit_in_html("<b>") == "&lt;b&gt;"


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


def test_words_are_joined_as_in_a_sentence() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert [counted(1, "trial"), counted(1200, "trial")] == ["1 trial", "1,200 trials"]


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


def test_phase_fraction_interval_is_that_of_the_mean(characterisations: dict[str, Characterisation]) -> None:
    one = characterisations["coarse"]
    found = phase_fraction(one)
    assert found.mean == pytest.approx(one.phase_fraction)
    assert found.half == pytest.approx(1.96 * one.phase_fractions.std(ddof=1) / np.sqrt(8), rel=1e-4)


def test_intervals_overlap_when_they_share_a_value() -> None:
    assert Interval(0.3, 0.05).overlaps(Interval(0.4, 0.06))
    assert not Interval(0.3, 0.05).overlaps(Interval(0.4, 0.04))
    assert not Interval(0.3, float("nan")).overlaps(Interval(0.3, 0.1))


def test_unsampled_lags_are_not_drawn() -> None:
    values = np.array([[1.0, np.nan, 3.0], [2.0, np.nan, 5.0]])
    series = of_curve(Curve("P3H", np.arange(3), values))
    assert series.r.tolist() == [0, 2]
    assert series.mean.tolist() == [1.5, 4.0]


def test_single_image_has_a_line_but_no_band() -> None:
    series = of_curve(Curve("S2", np.arange(3), np.array([[1.0, 0.5, 0.2]])))
    assert len(series.mean) == 3
    assert len(series.banded.r) == 0


def test_difference_is_taken_at_common_lags_and_zero_for_itself() -> None:
    rng = np.random.default_rng(0)
    long, short = (of_curve(Curve("S2", np.arange(n), rng.random((4, n)))) for n in (6, 4))
    less = difference(short, long)
    np.testing.assert_allclose(less.mean, short.mean - long.mean[:4])
    np.testing.assert_allclose(less.high - less.low, short.high - short.low)
    assert difference(long, long).mean.tolist() == [0] * 6


def test_every_set_has_its_own_ink_and_the_reference_is_solid() -> None:
    names = [f"set {i}" for i in range(12)]
    given = inks(names, "set 3")
    assert len(set(given.values())) == 12
    assert given["set 3"].dash == "solid"
    assert given["set 3"].colour not in COLOURS


def test_words_agree_with_the_verdicts(
    characterisations: dict[str, Characterisation], baseline: dict[str, Baseline]
) -> None:
    wide = {name: Baseline(0, 0, 1) for name in baseline}
    narrow = {name: Baseline(0, 0, 1e-12) for name in baseline}
    sets = {name: characterisations[name] for name in ("real <rock>", "GAN & Co")}
    agrees = comparing(compared(sets, "real <rock>", wide, None))
    differs = comparing(compared(sets, "real <rock>", narrow, None))
    assert "<b>GAN &amp; Co</b> cannot be told from the reference by all 4 descriptors" in agrees
    assert "<b>GAN &amp; Co</b> is told from the reference by every descriptor" in differs


def test_set_with_most_small_errors_is_named(characterisations: dict[str, Characterisation]) -> None:
    words = comparing(compared(characterisations, "real <rock>", None, None))
    assert "<b>GAN &amp; Co</b> has the smallest error in 4 of 4 descriptors." in words
