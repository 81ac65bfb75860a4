"""Whether sets are told apart as wholes and by each number, and the smallest damage that would have been noticed."""

from __future__ import annotations

from raysys.assess.power.noticing import ENOUGH, WHOLE, Power
from raysys.assess.power.rungs import DAMAGES
from raysys.assess.power.set_verdict import SetVerdict
from raysys.assess.power.words import part_name
from raysys.report.elements.document import Section
from raysys.report.elements.notation import HTML, text
from raysys.report.elements.palette import Ink
from raysys.report.elements.tables import key, table

__all__ = ["power_section"]

TESTED = (
    "A two-sample test of the numbers of every image, permuted image by image; of tiles that overlap, one of each "
    "region is tested. p is the chance of looking as odd if the set were drawn from the same as the real images, with "
    "all numbers taken into account; up to 0.05 a set is told apart."
)
LADDER = (
    "Known damage was done to real images, and the same test tried to tell them from others. A damage is noticed if it "
    f"is told apart in {100 * ENOUGH:.0f} % of the draws or more; cells name the smallest strength that is. A set that "
    "is not told apart may still differ by less."
)
WORDS = {True: "told apart", False: "not told apart", None: "undecided"}


def power_section(verdicts: dict[str, SetVerdict], ink: dict[str, Ink]) -> Section | None:
    """Tables of p and of power; None where no set was tested."""
    if not verdicts:
        return None
    parts = [_verdict_table(verdicts, ink)]
    if any(verdict.power is not None for verdict in verdicts.values()):
        parts += [f'<h3>What would have been noticed</h3><p class="caption">{LADDER}</p>', _power_table(verdicts, ink)]
    return Section("Told apart or not", TESTED, parts)


def _heads(first: str, verdicts: dict[str, SetVerdict], ink: dict[str, Ink]) -> list[str]:
    return [f"<th>{first}</th>", *(f"<th>{key(name, ink)}</th>" for name in verdicts)]


def _verdict_table(verdicts: dict[str, SetVerdict], ink: dict[str, Ink]) -> str:
    names = list(dict.fromkeys(part for verdict in verdicts.values() for part in verdict.parts))
    rows = [_row("the whole", [_cell(verdict.told_apart, verdict.p) for verdict in verdicts.values()])]
    for name in names:
        cells = [
            _cell(verdict.part(name), verdict.test.parts[name].adjusted, verdict.power, name)
            if name in verdict.parts
            else "<td></td>"
            for verdict in verdicts.values()
        ]
        rows.append(_row(part_name(name, HTML), cells))
    return table("told", _heads("number", verdicts, ink), rows)


def _cell(told: bool | None, p: float | None, power: Power | None = None, part: str = WHOLE) -> str:
    """Verdict and p; below it the smallest flips and growth that this number alone notices."""
    number = "" if p is None else f", p = {p:.2g}"
    seen = [] if power is None else [f for f in power.smallest(part).items() if f[1] is not None][:2]
    small = "; ".join(text(DAMAGES[damage].told(found or 0)) for damage, found in seen)
    below = f"<small>notices {small}</small>" if small else "<small>notices no damage</small>" if power else ""
    return f'<td data-told="{told}">{WORDS[told]}{number}{below}</td>'


def _power_table(verdicts: dict[str, SetVerdict], ink: dict[str, Ink]) -> str:
    powers = {name: verdict.power for name, verdict in verdicts.items()}
    damages = list(dict.fromkeys(damage for power in powers.values() if power for damage in power.noticed))
    rows = [_row(text(damage), [_smallest(power, damage) for power in powers.values()]) for damage in damages]
    return table("power", _heads("damage", verdicts, ink), rows)


def _smallest(power: Power | None, damage: str) -> str:
    if power is None or damage not in power.noticed:
        return "<td>–</td>"
    found = power.smallest()[damage]
    if found is None:
        return f"<td>not even {text(DAMAGES[damage].told(power.noticed[damage][-1][0]))}</td>"
    return f"<td>{text(DAMAGES[damage].told(found))}</td>"


def _row(head: str, cells: list[str]) -> str:
    return f"<tr><th>{head}</th>{''.join(cells)}</tr>"
