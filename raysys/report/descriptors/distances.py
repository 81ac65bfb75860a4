"""How far whole distributions are apart: of the numbers of each image, and of each pore."""

import math
from collections.abc import Sequence

from raysys.assess.methods.sentences import number_name
from raysys.assess.methods.verdicts import MEASURES, Verdict, judge_distance, judge_measures, measure_symbol
from raysys.report.elements.document import Section
from raysys.report.elements.notation import HTML, listed, scientific, text, uncertain, worded
from raysys.report.elements.palette import Ink
from raysys.report.elements.tables import key, table
from raysys.stats import Distance, Estimate
from raysys.stats.geometry.pores import SHAPED

# Lines of a distance's protocol that say how it was taken, not how the number was measured.
TAKEN = ("bins", "rule", "limits", "resamples", "drawn", "baseline", "shaped", "image_size")
CAPTION = (
    "How far the values of a set, one of each image or each pore, are distributed from those of the reference: "
    "Kullback-Leibler divergence (nats), Wasserstein distance (in the unit of the number), Kolmogorov-Smirnov "
    "statistic, Hellinger distance of fitted normal distributions; each ± the standard deviation of a bootstrap. None "
    "of them is 0 between sets of one kind, so real against real stands above: halves of the reference against each "
    "other, median and 95 % band. Halves are smaller than the sets, and farther apart by chance: KL by a factor of "
    "about 2, the others by 1.4. Of so many measures, a few lie above their bands by chance. Shapes and directions are "
    f"those of pores of {SHAPED} pixels or more, sizes those of all."
)


def distance_section(
    distances: dict[str, Sequence[Distance]], reference: str, ink: dict[str, Ink], order: Sequence[str]
) -> Section | None:
    """The table of distances; None where nothing was compared.

    Parameters
    ----------
    distances
        By name of the set, as `raysys.stats.distances` gives them.
    reference
        Name of the set that they were taken from.
    ink
        Colour of every set.
    order
        Names of the sets as they are listed.
    """
    held = {name: {one.name: one for one in distances[name]} for name in order if distances.get(name)}
    if not held:
        return None
    names = list(dict.fromkeys(name for of_set in held.values() for name in of_set))
    heads = ["<th>distribution of</th>", "<th></th>"]
    heads += [f'<th class="num">{measure_symbol(measure, HTML)}</th>' for measure in MEASURES]
    heads.append('<th class="num">verdict</th>')
    rows = [row for name in names for row in _rows(name, held, reference, ink)]
    return Section("Distances between distributions", CAPTION, [table("distances", heads, rows)])


def distances_in_words(distances: Sequence[Distance]) -> str:
    """Say in one sentence by how many distributions a set is told from the reference; nothing where none is judged."""
    verdicts = {one.name: judge_distance(one) for one in distances}
    known = {name: one for name, one in verdicts.items() if one.kind != "unknown"}
    if not known:
        return ""
    above = {name: one.times for name, one in known.items() if one.kind == "above"}
    if not above:
        return f"None of the {len(known)} distributions of its numbers lies above its real-against-real band."
    worst = max(above, key=lambda name: above[name])
    which = listed([text(number_name(name)) for name in above]) if len(above) <= 3 else text(number_name(worst))
    if len(above) <= 3:
        return f"Of the {len(known)} distributions of its numbers, it is told by {which}."
    return f"It is told by {len(above)} of the {len(known)} distributions of its numbers, most by {which}."


def taken(distances: Sequence[Distance]) -> str:
    """How the distances of a set were taken, in one line."""
    found = {option: dict.fromkeys(one.protocol.get(option) for one in distances) for option in TAKEN}
    return ", ".join(f"{worded(option)} {value}" for option in TAKEN for value in found[option] if value is not None)


def _rows(name: str, held: dict[str, dict[str, Distance]], reference: str, ink: dict[str, Ink]) -> list[str]:
    sets = {one: of_set[name] for one, of_set in held.items() if name in of_set}
    first = next(iter(sets.values()))
    head = f'<th rowspan="{1 + len(sets)}">{text(number_name(name))}</th>'
    bands = "".join(_band(first, measure) for measure in MEASURES)
    count = f"<small>n = {first.n_reference:,}, halved</small>"
    rows = [f'<tr class="band">{head}<td class="who">{key(reference, ink)}{count}</td>{bands}<td></td></tr>']
    return rows + [_row(one, distance, ink) for one, distance in sets.items()]


def _band(distance: Distance, measure: str) -> str:
    band = distance.baseline.get(measure)
    if band is None or not math.isfinite(band.high):
        return '<td class="num">–</td>'
    ends = f"{scientific(band.low)} to {scientific(band.high)}"
    return f'<td class="num">{scientific(band.median)}<small>{ends}</small></td>'


def _row(name: str, distance: Distance, ink: dict[str, Ink]) -> str:
    verdicts = judge_measures(distance)
    cells = [_cell(measure, distance.measures.get(measure), verdicts.get(measure)) for measure in MEASURES]
    one = judge_distance(distance)
    badge = f'<td class="said"><span class="verdict {one.kind}">{one.told(HTML)}</span></td>'
    head = f'<td class="who">{key(name, ink)}<small>n = {distance.n_other:,}</small></td>'
    marks = f'data-set="{text(name)}" data-number="{text(distance.name)}"'
    return f"<tr {marks}>{head}{''.join(cells)}{badge}</tr>"


def _cell(measure: str, found: Estimate | None, verdict: Verdict | None) -> str:
    if found is None or verdict is None or not math.isfinite(found.value):
        return '<td class="num">–</td>'
    told = f'data-measure="{measure}" data-value="{found.value!r}" title="{found.value!r}"'
    return f'<td class="num" {told}><b class="mark {verdict.kind}">{uncertain(found.value, found.std)}</b></td>'
