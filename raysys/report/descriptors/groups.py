"""Which curves stand together, and what their axes are called."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from raysys.report.elements.notation import symbol_in_figure
from raysys.stats.correlation.scaled import order

Group = Literal["correlation", "lines", "directions", "sizes"]

# Functions of something else than the lag r: the variable, what it is, and the density of it.
SIZES = {
    "chord_length": ("z", "chord length z (pixels)", "p(z)"),
    "pore_size": ("δ", "pore size δ (pixels)", "P(δ)"),
    "local_thickness": ("d", "local thickness d (pixels)", "p(d)"),
}
AXIS = "_axis"


@dataclass(frozen=True)
class Axes:
    """How the axes of a curve's figure are called, and the letter of its variable."""

    variable: str
    x: str
    y: str


def group_of(descriptor: str) -> Group:
    """Return the group in which a curve is drawn; whatever is not known stands beside the lineal path."""
    if AXIS in descriptor:
        return "directions"
    if descriptor in SIZES:
        return "sizes"
    return "correlation" if order(descriptor) else "lines"


def grouped(descriptors: Iterable[str]) -> dict[Group, list[str]]:
    """Sort descriptors by group, each in the order given; groups without any are left out."""
    found: dict[Group, list[str]] = {}
    for one in descriptors:
        found.setdefault(group_of(one), []).append(one)
    return found


def axes_of(descriptor: str, drawn: str) -> Axes:
    """Name the axes of a figure of `descriptor` that draws the symbol `drawn` ("F2" once it is scaled)."""
    if descriptor in SIZES:
        return Axes(*SIZES[descriptor])
    return Axes("r", "r (pixels)", f"{symbol_in_figure(drawn)}(r)")
