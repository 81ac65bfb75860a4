"""How pages and figures write numbers, symbols and units."""

import pytest

from raysys.report.elements.notation import (
    meaning,
    ratio,
    scientific,
    scientific_in_figure,
    symbol,
    symbol_in_figure,
    uncertain,
    unit_in_html,
)


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


def test_large_ratios_have_raised_powers() -> None:
    assert [ratio(x) for x in (1.2e5, 0.001, 45.4)] == ["1.20 × 10<sup>5</sup>", "1 × 10<sup>−3</sup>", "45"]


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
