"""The sections of a page that hold curves, one for each group of descriptors."""

from collections.abc import Sequence

from raysys.report.descriptors.directions import direction_figures
from raysys.report.descriptors.figures import curve_sheets
from raysys.report.descriptors.groups import Group, grouped
from raysys.report.descriptors.series import all_series
from raysys.report.elements.document import Section
from raysys.report.elements.notation import meaning, text, worded
from raysys.report.elements.switches import Switches
from raysys.spacing import Spacing
from raysys.stats import Characterisation

TITLES: dict[Group, str] = {
    "correlation": "Correlation functions",
    "directions": "Directions",
    "lines": "Lines and clusters",
    "sizes": "Sizes",
}
CAPTIONS: dict[Group, str] = {
    "correlation": (
        "How probable it is that both points, or all corners of a polytope with edge r, lie in the phase; scaled so "
        "that it is 1 at r = 0 and 0 where the corners know nothing of each other, whatever the phase fraction"
    ),
    "directions": (
        "The same functions along each axis alone, and their mean; those that have a scaling are scaled. Where lines "
        "part by more than their bands, the microstructure has a direction"
    ),
    "lines": (
        "How probable it is that a whole line of length r lies in the phase, or that two points at the distance r "
        "lie in one connected part of it"
    ),
    "sizes": "How large the parts of the phase are: probability densities",
}
BANDS = "Lines are means over the images, bands their 95 % confidence intervals."


def curve_sections(
    characterisations: dict[str, Characterisation],
    switches: Switches,
    reference: str | None = None,
    spacing: Spacing | None = None,
) -> list[Section]:
    """A section for each group of descriptors that has something to draw; `spacing` is that of all sets' pixels."""
    names = dict.fromkeys(name for one in characterisations.values() for name in one.curves)
    groups = grouped(all_series(characterisations, list(names), scaled=False))
    sections = (
        _directions(groups[group], characterisations, spacing)
        if group == "directions"
        else _sheets(group, groups[group], characterisations, switches, reference)
        for group in TITLES
        if group in groups
    )
    return [one for one in sections if one is not None]


def _directions(
    names: Sequence[str], characterisations: dict[str, Characterisation], spacing: Spacing | None
) -> Section | None:
    rows = direction_figures(characterisations, names, spacing)
    return Section(TITLES["directions"], f"{CAPTIONS['directions']}. {BANDS}", rows) if rows else None


def _sheets(
    group: Group,
    names: Sequence[str],
    characterisations: dict[str, Characterisation],
    switches: Switches,
    reference: str | None,
) -> Section:
    legend = switches.legend()
    sheets = curve_sheets(characterisations, names, switches, reference)
    asked = _meanings(names) if group == "sizes" else ""
    caption = f"{CAPTIONS[group]}{asked}. {BANDS} {_advice(reference)}"
    return Section(TITLES[group], caption, [sheets] if legend is None else [legend, sheets])


def _meanings(names: Sequence[str]) -> str:
    """What the functions are, where it is too long for the figures' titles."""
    told = "; ".join(f"<i>{text(worded(name))}</i>: {text(meaning(name))}" for name in names if meaning(name))
    return f" ({told})" if told else ""


def _advice(reference: str | None) -> str:
    advice = "Hover for values, drag to zoom into a figure"
    if reference is None:
        return f"{advice}."
    return (
        f"{advice}, click a name to hide its set everywhere. Less the reference: where a line leaves the band of "
        f"<b>{text(reference)}</b> around zero, the set differs there."
    )
