"""How sentences write numbers, durations and symbols as plain text."""

from raysys.assess.notation import PLAIN, counted, duration, listed


def test_numbers_and_symbols_are_plain() -> None:
    assert [PLAIN.scientific(x) for x in (1.66e-8, 1e-4, 0.352, 4096.0)] == [
        "1.66 × 10^−8", "1 × 10^−4", "0.352", "4,096",
    ]  # fmt: skip
    assert [PLAIN.symbol(name) for name in ("S2", "P3H", "S2_axis0", "S2_radial", "chord_length", "<x>")] == [
        "S2", "P3H", "S2 axis 0", "S2 radial", "chord length", "<x>",
    ]  # fmt: skip
    assert PLAIN.strong("a & b") == "a & b"


def test_ratios_have_two_digits() -> None:
    assert [PLAIN.ratio(x) for x in (1.04, 9.96, 45.4, 1234.0, float("inf"))] == ["1.0", "10", "45", "1,200", "∞"]


def test_durations_are_in_the_unit_of_the_reader() -> None:
    assert [duration(x) for x in (0.0032, 4.0, 59.99, 725.0, 7380.0)] == [
        "3.2 ms", "4 s", "60 s", "12 min 5 s", "2 h 3 min",
    ]  # fmt: skip


def test_words_are_joined_as_in_a_sentence() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert [counted(1, "trial"), counted(1200, "trial")] == ["1 trial", "1,200 trials"]
