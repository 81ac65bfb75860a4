"""One switch per set: a set hidden in any legend of a page hides in all of its figures."""

from bokeh.models import GlyphRenderer, Legend, LegendItem
from bokeh.plotting import figure

from raysys.report.elements.notation import shortened
from raysys.report.elements.palette import Ink


class Switches:
    """The sets of a page, how each is drawn, and all that is drawn of them.

    Attributes
    ----------
    ink
        Colour and dash of every set, in the order in which sets are drawn.
    """

    def __init__(self, ink: dict[str, Ink]) -> None:
        self.ink = ink
        self._drawn: dict[str, list[GlyphRenderer]] = {name: [] for name in ink}
        self._keys: dict[str, list[GlyphRenderer]] = {name: [] for name in ink}

    def add(self, name: str, *drawn: GlyphRenderer | None) -> None:
        """Note what was drawn of a set, in whatever figure."""
        self._drawn[name].extend(one for one in drawn if one is not None)

    def legend(self) -> figure | None:
        """Draw a strip with a key for every set, to stand above figures; None where there is one set only."""
        if len(self.ink) == 1:
            return None
        widest = max(len(shortened(name)) for name in self.ink)
        columns = max(1, min(len(self.ink), 110 // (widest + 8)))
        strip = figure(
            height=14 + 26 * -(-len(self.ink) // columns),
            sizing_mode="stretch_width",
            tools="",
            toolbar_location=None,
            x_range=(0, 1),
            y_range=(0, 1),
        )
        strip.axis.visible = strip.grid.visible = False
        strip.add_layout(_legend([self._item(strip, name) for name in self.ink], columns))
        return strip

    def connect(self) -> None:
        """Tie everything together; called once, when all is drawn."""
        for name, (first, *others) in ((name, keys) for name, keys in self._keys.items() if keys):
            for one in (*self._drawn[name], *others):
                first.js_link("visible", one, "visible")
            for other in others:
                other.js_link("visible", first, "visible")

    def _item(self, strip: figure, name: str) -> LegendItem:
        one = self.ink[name]
        # Outside the strip's ranges: only the key itself is to be seen.
        key = strip.line([2, 3], [2, 3], line_color=one.colour, line_dash=one.dash, line_width=3)
        self._keys[name].append(key)
        return LegendItem(label=shortened(name), renderers=[key])


def _legend(items: list[LegendItem], columns: int) -> Legend:
    return Legend(
        items=items,
        click_policy="hide",
        ncols=columns,
        location="center_left",
        margin=0,
        padding=2,
        spacing=14,
        glyph_width=30,
        label_standoff=6,
        label_text_font_size="13px",
    )
