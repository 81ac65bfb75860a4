"""How a page writes names, numbers, durations and the symbols of descriptors; all of it safe to stand in HTML."""

import html
import math
import re

from raysys.assess.notation import (
    Notation,
    counted,
    duration,
    listed,
    worded,
)
from raysys.stats import KNOWN

__all__ = [
    "HTML",
    "counted",
    "duration",
    "listed",
    "meaning",
    "plain",
    "ratio",
    "scientific",
    "scientific_in_figure",
    "shortened",
    "symbol",
    "symbol_in_figure",
    "text",
    "uncertain",
    "unit_in_html",
    "worded",
]

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class HtmlNotation(Notation):
    """The same sentences as HTML."""

    def text(self, value: object) -> str:
        """Escape anything for HTML, attributes included."""
        return html.escape(str(value), quote=True)

    def strong(self, words: object) -> str:
        """Write words in bold."""
        return f"<b>{self.text(words)}</b>"

    def letter(self, letter: str) -> str:
        """Write the letter of a function in italics."""
        return f"<i>{letter}</i>"

    def lowered(self, index: str) -> str:
        """Write a subscript."""
        return f"<sub>{index}</sub>"

    def raised(self, exponent: str) -> str:
        """Write a superscript."""
        return f"<sup>{exponent}</sup>"


class FigureNotation(Notation):
    """Symbols and numbers with Unicode's small digits, since figures hold no HTML."""

    def text(self, value: object) -> str:
        """Write words as Bokeh takes them."""
        return plain(value)

    def lowered(self, index: str) -> str:
        """Write a subscript."""
        return index.translate(SUBSCRIPTS)

    def raised(self, exponent: str) -> str:
        """Write a superscript."""
        return exponent.replace("−", "-").translate(SUPERSCRIPTS)


def plain(value: object) -> str:
    """Return a name as it may stand in a figure; Bokeh would take a pair of dollar signs for LaTeX."""
    return str(value).replace("$$", "$\u200b$")


HTML, FIGURE = HtmlNotation(), FigureNotation()
text, symbol, scientific, ratio = HTML.text, HTML.symbol, HTML.scientific, HTML.ratio
symbol_in_figure, scientific_in_figure = FIGURE.symbol, FIGURE.scientific


def shortened(name: str, length: int = 26) -> str:
    """Cut a name that would push a figure's axis or legend off the page."""
    return plain(name if len(name) <= length else name[: length - 1] + "…")


def meaning(descriptor: str) -> str:
    """Say what a descriptor asks of an image, in the words of the registry; nothing for one that it does not know."""
    return KNOWN[descriptor].meaning if descriptor in KNOWN else ""


def uncertain(mean: float, half: float) -> str:
    """Write 0.1234 ± 0.0021 (HTML): as many digits as the uncertainty allows, one power of ten for both."""
    if not math.isfinite(mean):
        return "–"
    # What is known better than to four digits is not made readable by more of them.
    if not math.isfinite(half) or half <= 1e-4 * abs(mean) or half == 0:
        return scientific(mean)
    size = max(abs(mean), half)
    power = 0 if 0.01 <= size < 1e5 else math.floor(math.log10(size))
    places = max(0, 1 - math.floor(math.log10(half)) + power)
    told = " ± ".join(f"{value / 10.0**power:.{places}f}" for value in (mean, half))
    return f"({told}) × 10{HTML.raised(str(power).replace('-', '−'))}" if power else told


def unit_in_html(unit: str) -> str:
    """Write pixel^2 with a raised 2; a pure number has no unit."""
    return re.sub(r"\^(-?\d+)", r"<sup>\1</sup>", text(unit))
