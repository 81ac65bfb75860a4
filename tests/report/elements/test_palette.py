"""Colours of sets."""

from raysys.report.elements.palette import COLOURS, inks


def test_every_set_has_its_own_ink_and_the_reference_is_solid() -> None:
    names = [f"set {i}" for i in range(12)]
    given = inks(names, "set 3")
    assert len(set(given.values())) == 12
    assert given["set 3"].dash == "solid"
    assert given["set 3"].colour not in COLOURS
