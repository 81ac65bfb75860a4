"""How a page writes names, numbers, durations and the symbols of descriptors; all of it safe to stand in HTML."""

import html
import math
import re

from raysys.stats import KNOWN

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# S2, P3H, F4, L, C2 and what may follow: an axis, or "radial".
LETTERED = re.compile(r"([A-Z])(\d+[A-Z]?)?(?:_(.+?)(\d*))?")


def text(value: object) -> str:
    """Escape anything for HTML, attributes included."""
    return html.escape(str(value), quote=True)


def plain(value: object) -> str:
    """Return a name as it may stand in a figure; Bokeh would take a pair of dollar signs for LaTeX."""
    return str(value).replace("$$", "$\u200b$")


def shortened(name: str, length: int = 26) -> str:
    """Cut a name that would push a figure's axis or legend off the page."""
    return plain(name if len(name) <= length else name[: length - 1] + "…")


def meaning(descriptor: str) -> str:
    """What a descriptor asks of an image, in the words of the registry; nothing for one that it does not know."""
    return KNOWN[descriptor].meaning if descriptor in KNOWN else ""


def symbol(descriptor: str) -> str:
    """Write S2, P3H or F4 with the subscript that papers give it (HTML); names that are words as words."""
    found = LETTERED.fullmatch(descriptor)
    if not found:
        return text(worded(descriptor))
    letter, subscript, more, number = found.groups()
    index = f"<sub>{subscript}</sub>" if subscript else ""
    return f"<i>{letter}</i>{index}{text(_after(more, number))}"


def symbol_in_figure(descriptor: str) -> str:
    """Write a descriptor's symbol with Unicode subscripts, since figures hold no HTML."""
    found = LETTERED.fullmatch(descriptor)
    if not found:
        return plain(worded(descriptor))
    letter, subscript, more, number = found.groups()
    return plain(f"{letter}{(subscript or '').translate(SUBSCRIPTS)}{_after(more, number)}")


def worded(name: str) -> str:
    """Write chord_length as the words it is made of."""
    return name.replace("_", " ")


def _after(more: str | None, number: str | None) -> str:
    return f" {worded(more)} {number}".rstrip() if more else ""


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
    return f"({told}) × 10<sup>{str(power).replace('-', '−')}</sup>" if power else told


def unit_in_html(unit: str) -> str:
    """Write pixel^2 with a raised 2; a pure number has no unit."""
    return re.sub(r"\^(-?\d+)", r"<sup>\1</sup>", text(unit))


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
