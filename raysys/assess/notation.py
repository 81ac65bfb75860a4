"""How sentences write numbers, durations, names and the symbols of descriptors.

A sentence is put together once, from pieces that a `Notation` writes: here as plain text, for a terminal, a notebook or
a table; `raysys.report` has one that writes HTML.
"""

from __future__ import annotations

import math
import re

__all__ = ["PLAIN", "Notation", "counted", "duration", "listed", "worded"]

# S2, P3H, F4, L, C2 and what may follow: an axis, or "radial".
LETTERED = re.compile(r"([A-Z])(\d+[A-Z]?)?(?:_(.+?)(\d*))?")


class Notation:
    """Plain text; a notation of another kind writes `text`, `strong`, `letter`, `lowered` and `raised` differently."""

    def text(self, value: object) -> str:
        """Write words or a name as they are."""
        return str(value)

    def strong(self, words: object) -> str:
        """Write words, such as the name of a set, so that they stand out."""
        return self.text(words)

    def letter(self, letter: str) -> str:
        """Write the letter of a function."""
        return letter

    def lowered(self, index: str) -> str:
        """Write an index below the line."""
        return index

    def raised(self, exponent: str) -> str:
        """Write an exponent."""
        return f"^{exponent}"

    def symbol(self, descriptor: str) -> str:
        """Write S2, P3H or F4 as papers do; names that are words as words."""
        parts = LETTERED.fullmatch(descriptor)
        if not parts:
            return self.text(worded(descriptor))
        letter, index, more, number = parts.groups()
        after = f" {worded(more)} {number}".rstrip() if more else ""
        return f"{self.letter(letter)}{self.lowered(index) if index else ''}{self.text(after)}"

    def scientific(self, value: float) -> str:
        """Write 1.66e-08 as 1.66 × 10^−8; zero and values of ordinary size without a power of ten."""
        mantissa, exponent = mantissa_and_exponent(value)
        return f"{mantissa} × 10{self.raised(exponent.replace('-', '−'))}" if exponent else mantissa

    def ratio(self, value: float) -> str:
        """Write a ratio with two significant digits (2.3, 45, 1,200)."""
        if not math.isfinite(value):
            return "∞"
        if value >= 1e5 or (0 < value < 0.01):
            return self.scientific(value)
        # The places are chosen after rounding, or 9.96 would be written 10.0 beside 10.
        rounded = float(f"{value:.2g}")
        return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:.1f}" if rounded >= 1 else f"{rounded:.2g}"


PLAIN = Notation()


def mantissa_and_exponent(value: float) -> tuple[str, str]:
    """Write both as text; the exponent is empty where the number is readable without."""
    if not math.isfinite(value):
        return ("–" if math.isnan(value) else "∞"), ""
    if value == 0 or 0.01 <= abs(value) < 1000:
        return f"{value:.3g}", ""
    if float(value).is_integer() and abs(value) < 1e5:
        return f"{value:,.0f}", ""
    mantissa, exponent = f"{value:.2e}".split("e")
    # 1.00 × 10 to the 5 says no more than 1 × 10 to the 5 of a number that is round.
    return (mantissa.removesuffix(".00") if float(f"{value:.2e}") == value else mantissa), str(int(exponent))


def worded(name: str) -> str:
    """Write chord_length as the words it is made of."""
    return name.replace("_", " ")


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
