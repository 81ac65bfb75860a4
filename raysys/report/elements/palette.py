"""One colour and one dash per set, the same in every figure and table of a page."""

from collections.abc import Iterable
from dataclasses import dataclass

# Okabe and Ito's colours without their yellow, which is lost on white; black is kept for the reference.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
# Dashes tell sets apart in black-and-white print, and where the colours begin anew.
DASHES = ("solid", "dashed", "dotdash", "dotted")
REFERENCE_COLOUR = "#22262b"
BEST_COLOUR = COLOURS[1]
QUIET_COLOUR = "#b9b5ac"


@dataclass(frozen=True)
class Ink:
    """How one set is drawn: a colour (hex) and a dash pattern of Bokeh."""

    colour: str
    dash: str


def inks(names: Iterable[str], reference: str | None = None) -> dict[str, Ink]:
    """Give every set its ink; the reference is solid and near black, the others follow in the order of `names`."""
    others = [name for name in names if name != reference]
    given = {} if reference is None else {reference: Ink(REFERENCE_COLOUR, "solid")}
    for place, name in enumerate(others):
        dash = DASHES[(place + (reference is not None)) % len(DASHES)]
        given[name] = Ink(COLOURS[place % len(COLOURS)], dash)
    return given
