"""A second axis in units of length above every figure over pixels, where their size is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bokeh.models import CustomJSTickFormatter, Model, Plot

from raysys.report.elements.document import Section
from raysys.spacing import Spacing

__all__ = ["with_lengths"]

PIXELS = "(pixels)"  # the end of an axis' name
HIGHER = 42  # pixels of the page that the second axis takes
TICK = "return Number((tick * size).toPrecision(4)).toString()"


def with_lengths(sections: Sequence[Section | None], spacing: Spacing | None) -> list[Section]:
    """The sections that there are, their figures with a second axis.

    Parameters
    ----------
    sections
        Of a page, None for what is left out.
    spacing
        How far apart the pixels of all sets are. Where axes differ, figures of one axis alone get its length, and those
        that mix axes none: `figure.name` says of which descriptor a figure is.
    """
    shown = [section for section in sections if section is not None]
    if spacing is None or not spacing.unit:
        return shown
    for plot in _figures(shown):
        for below in plot.below:
            name, size = getattr(below, "axis_label", None), spacing.along(plot.name or "")
            if size is None or not isinstance(name, str) or not name.endswith(PIXELS):
                continue
            ticks = CustomJSTickFormatter(args={"size": size}, code=TICK)
            label = f"{name.removesuffix(PIXELS)}({spacing.unit})"
            plot.add_layout(type(below)(axis_label=label, formatter=ticks), "above")
            plot.height = (plot.height or 0) + HIGHER
    return shown


def _figures(sections: Sequence[Section]) -> Iterator[Plot]:
    """Each figure once, wherever it stands in rows and tabs."""
    seen: set[str] = set()
    for section in sections:
        for part in section.parts:
            for plot in part.select({"type": Plot}) if isinstance(part, Model) else ():
                if plot.id not in seen:
                    seen.add(plot.id)
                    yield plot
