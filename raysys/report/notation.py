"""How a page writes names, numbers, durations and the symbols of descriptors; all of it safe to stand in HTML."""

import html
import math
import re

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# What a descriptor asks of an image, in the words of the figures' titles.
MEANINGS = {
    "S2": "two points",
    "P3H": "triangle, horizontal base",
    "P3V": "triangle, vertical base",
    "P4": "square",
    "P6": "hexagon",
    "L": "a whole line",
}


def text(value: object) -> str:
    """Escape anything for HTML, attributes included."""
    return html.escape(str(value), quote=True)


def plain(value: object) -> str:
    """Return a name as it may stand in a figure; Bokeh would take a pair of dollar signs for LaTeX."""
    return str(value).replace("$$", "$\u200b$")


def shortened(name: str, length: int = 26) -> str:
    """Cut a name that would push a figure's axis or legend off the page."""
    return plain(name if len(name) <= length else name[: length - 1] + "…")


def symbol(descriptor: str) -> str:
    """Write S2, P3H or F4 with the subscript that papers give it (HTML); other names as they are."""
    found = re.fullmatch(r"([A-Z])(\d+[A-Z]?)", descriptor)
    return f"<i>{found[1]}</i><sub>{found[2]}</sub>" if found else f"<i>{text(descriptor)}</i>"


def symbol_in_figure(descriptor: str) -> str:
    """Write a descriptor's symbol with Unicode subscripts, since figures hold no HTML."""
    return descriptor.translate(SUBSCRIPTS) if re.fullmatch(r"[A-Z]\d+[A-Z]?", descriptor) else plain(descriptor)


def scientific(value: float) -> str:
    """Write 1.66e-08 as 1.66 × 10 to the -8 (HTML); zero and values of ordinary size without a power of ten."""
    mantissa, exponent = _parts(value)
    return f"{mantissa} × 10<sup>{exponent.replace('-', '−')}</sup>" if exponent else mantissa


def scientific_in_figure(value: float) -> str:
    """Write 1.66 × 10⁻⁸ in Unicode, since figures hold no HTML; otherwise as `scientific`."""
    mantissa, exponent = _parts(value)
    return f"{mantissa} × 10{exponent.translate(SUPERSCRIPTS)}" if exponent else mantissa


def _parts(value: float) -> tuple[str, str]:
    """Return mantissa and exponent as text; no exponent where the number is readable without."""
    if not math.isfinite(value):
        return ("–" if math.isnan(value) else "∞"), ""
    if value == 0 or 0.01 <= abs(value) < 1000:
        return f"{value:.3g}", ""
    if float(value).is_integer() and abs(value) < 1e5:
        return f"{value:,.0f}", ""
    mantissa, exponent = f"{value:.2e}".split("e")
    # 1.00 × 10 to the 5 says no more than 1 × 10 to the 5 of a number that is round.
    return (mantissa.removesuffix(".00") if float(f"{value:.2e}") == value else mantissa), str(int(exponent))


def ratio(value: float) -> str:
    """Write a ratio with two significant digits (2.3, 45, 1,200), in HTML."""
    if not math.isfinite(value):
        return "∞"
    if value >= 1e5 or (0 < value < 0.01):
        return scientific(value)
    # The places are chosen after rounding, or 9.96 would be written 10.0 beside 10.
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:.1f}" if rounded >= 1 else f"{rounded:.2g}"


def duration(seconds: float) -> str:
    """Write seconds in the unit that a reader would choose (3.2 ms, 41 s, 12 min 5 s, 2 h 3 min)."""
    if not math.isfinite(seconds):
        return "–"
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def listed(words: list[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Write a count with its noun: 1 image, 128 images."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
