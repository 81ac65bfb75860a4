"""Figures side by side: as many in a row as the page is wide, one below the other on a phone and in print."""

from collections.abc import Sequence

from bokeh.layouts import column
from bokeh.models import InlineStyleSheet, Model, TabPanel, Tabs

from raysys.report.elements.theme import TABS_STYLE

NARROWEST = 300  # pixels; a figure that would be narrower moves to the next row

GRID_STYLE = """
:host {{ display: grid !important; gap: 14px 18px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, {narrowest}px), 1fr)); }}
"""


def grid(figures: Sequence[Model], *, narrowest: int = NARROWEST) -> Model:
    """Lay figures out in rows of equal columns, each at least `narrowest` pixels wide."""
    style = InlineStyleSheet(css=GRID_STYLE.format(narrowest=narrowest))
    return column(*figures, sizing_mode="stretch_width", stylesheets=[style])


def tabbed(sheets: dict[str, Model]) -> Model:
    """Several sheets behind tabs, by title; a single one stands without."""
    if len(sheets) == 1:
        return next(iter(sheets.values()))
    panels = [TabPanel(title=title, child=sheet) for title, sheet in sheets.items()]
    return Tabs(tabs=panels, sizing_mode="stretch_width", stylesheets=[TABS_STYLE])
