"""How figures look beside the page's own stylesheet: quiet axes, no frame, the page's font."""

from bokeh.themes import Theme

FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, sans-serif"
INK = "#3b4048"
GRID = "#eeebe4"

THEME = Theme(
    json={
        "attrs": {
            "Plot": {
                "background_fill_color": None,
                "border_fill_color": None,
                "outline_line_color": None,
                "min_border": 8,
            },
            "Axis": {
                "axis_line_color": "#b9b5ac",
                "major_tick_line_color": "#b9b5ac",
                "minor_tick_line_color": None,
                "major_tick_in": 0,
                "major_tick_out": 4,
                "major_label_text_color": INK,
                "major_label_text_font": FONT,
                "major_label_text_font_size": "11px",
                "axis_label_text_color": INK,
                "axis_label_text_font": FONT,
                "axis_label_text_font_style": "normal",
                "axis_label_text_font_size": "12px",
                "axis_label_standoff": 6,
            },
            "Grid": {"grid_line_color": GRID},
            "Title": {
                "text_color": INK,
                "text_font": FONT,
                "text_font_size": "13px",
                "text_font_style": "bold",
            },
            "Legend": {
                "border_line_color": None,
                "background_fill_color": None,
                "label_text_color": INK,
                "label_text_font": FONT,
            },
        }
    }
)

TABS_STYLE = """
:host { --blue: #0072b2; }
.bk-header { border-bottom: 1px solid #dcd8cf !important; margin-bottom: 8px; }
.bk-tab { font: 13px Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; color: #6b6f76; padding: 6px 14px;
  border: none !important; background: none !important; }
.bk-tab.bk-active { color: #22262b; font-weight: 600; border-bottom: 2px solid #22262b !important; }
"""


def tooltip(variable: str, band: bool = True, digits: str = "0.000[000]") -> str:
    """HTML of a hover over a source with set, colour, r (called `variable`), mean and, with `band`, low and high."""
    told = f"at {variable} = @r{{0,0.[00]}}" + (f", band @low{{{digits}}} to @high{{{digits}}}" if band else "")
    return (
        '<div style="font: 12px sans-serif; white-space: nowrap; padding: 1px 2px">'
        f'<span style="color: @colour">■</span> @set &nbsp; <b>@mean{{{digits}}}</b> '
        f'<span style="color: #777">{told}</span></div>'
    )
