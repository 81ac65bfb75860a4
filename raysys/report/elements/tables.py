"""Tables of a page as HTML: errors with their verdicts, phase fractions, timings."""

import math

from raysys.assess.methods.set_comparison import SetComparison
from raysys.assess.methods.verdicts import judge
from raysys.report.elements.notation import HTML, duration, meaning, ratio, scientific, symbol, text
from raysys.report.elements.palette import Ink
from raysys.stats.interval import phase_fraction


def error_table(comparison: SetComparison, ink: dict[str, Ink]) -> str:
    """Descriptors x sets: mean squared error, verdict, and distance from white noise; phase fractions on top.

    Each cell of an error carries its exact value as `data-mse`.
    """
    told = "<small>real against real: median, 95 % band</small>" if comparison.baseline else "<small>reference</small>"
    heads = ["<th>descriptor</th>", f'<th class="num">{key(comparison.reference, ink)}{told}</th>']
    heads += [f'<th class="num">{key(name, ink)}</th>' for name in comparison.others]
    if comparison.white_noise:
        heads.append('<th class="num">white noise</th>')
    rows = [_phase_fraction_row(comparison)]
    rows += [_error_row(comparison, descriptor) for descriptor in comparison.descriptors]
    return table("errors", heads, rows)


def timing_table(timings: dict[str, float], ink: dict[str, Ink]) -> str:
    """Durations (s), shortest first, each with its ratio to the shortest."""
    shortest = min(timings.values())
    rows = []
    for name, seconds in sorted(timings.items(), key=lambda item: item[1]):
        label = key(name, ink) if name in ink else text(name)
        times = f"{ratio(seconds / shortest)} ×" if shortest > 0 else "–"
        rows.append(f'<tr><th>{label}</th><td class="num">{duration(seconds)}</td><td class="num">{times}</td></tr>')
    heads = ["<th></th>", '<th class="num">time</th>', '<th class="num">against the shortest</th>']
    return table("timings", heads, rows)


def key(name: str, ink: dict[str, Ink]) -> str:
    """Write a set's name behind a dot of its colour."""
    return f'<span class="key"><i style="background:{ink[name].colour}"></i>{text(name)}</span>'


def size(shape: tuple[int, ...]) -> str:
    """Write 128 × 128 pixels, or 64 × 64 × 64 voxels."""
    return f"{' × '.join(str(length) for length in shape)} {'pixels' if len(shape) == 2 else 'voxels'}"


def table(kind: str, heads: list[str], rows: list[str]) -> str:
    """Assemble a table of the class `kind` from cells and rows that are HTML already."""
    head, body = "".join(heads), "\n".join(rows)
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _phase_fraction_row(comparison: SetComparison) -> str:
    real = phase_fraction(comparison.characterisations[comparison.reference])
    cells = ['<th>phase fraction<small class="meaning">mean, 95 % interval</small></th>']
    cells.append(_fraction_cell(real.mean, real.half, ""))
    for name in comparison.others:
        found = phase_fraction(comparison.characterisations[name])
        cells.append(_fraction_cell(found.mean, found.half, _change(found.mean, real.mean)))
    if comparison.white_noise:
        cells.append('<td class="num"><small>that of the reference</small></td>')
    return f'<tr class="fraction">{"".join(cells)}</tr>'


def _change(found: float, real: float) -> str:
    if not real:
        return ""
    percent = 100 * abs(found - real) / real
    return (
        f"{percent:.1f} % {'above' if found > real else 'below'} the reference"
        if percent >= 0.05
        else "as the reference"
    )


def _fraction_cell(mean: float, half: float, change: str) -> str:
    if not math.isfinite(mean):
        return '<td class="num">–</td>'
    interval = f"{mean - half:.4f} to {mean + half:.4f}" if math.isfinite(half) else "one image or region"
    tail = f"<small>{text(change)}</small>" if change else ""
    return f'<td class="num"><b>{mean:.4f}</b><small>{interval}</small>{tail}</td>'


def _error_row(comparison: SetComparison, descriptor: str) -> str:
    cells = [f'<th>{symbol(descriptor)}<small class="meaning">{text(meaning(descriptor))}</small></th>']
    cells.append(_band_cell(comparison, descriptor))
    cells += [_error_cell(comparison, name, descriptor) for name in comparison.others]
    if comparison.white_noise:
        cells.append(_noise_cell(comparison, descriptor))
    return f'<tr data-descriptor="{text(descriptor)}">{"".join(cells)}</tr>'


def _band_cell(comparison: SetComparison, descriptor: str) -> str:
    band = comparison.baseline.get(descriptor)
    if band is None or not math.isfinite(band.median):
        return '<td class="num">–</td>'
    if not math.isfinite(band.high):
        return f'<td class="num"><b>{scientific(band.median)}</b><small>no 95 % band</small></td>'
    ends = f"{scientific(band.low)} to {scientific(band.high)}"
    return f'<td class="num"><b>{scientific(band.median)}</b><small>{ends}</small></td>'


def _error_cell(comparison: SetComparison, name: str, descriptor: str) -> str:
    error = comparison.errors[name].get(descriptor)
    if error is None:
        return f'<td class="num" data-set="{text(name)}"><small>not measured</small></td>'
    verdict = comparison.verdict(name, descriptor)
    words = f'<span class="verdict {verdict.kind}">{verdict.told(HTML)}</span>' if comparison.baseline else ""
    noise = comparison.white_noise.get(descriptor, math.nan)
    closer = f"<small>{_against_noise(noise / error)}</small>" if error > 0 and math.isfinite(noise) else ""
    mse = f'data-set="{text(name)}" data-mse="{float(error)!r}" title="{float(error)!r}"'
    return f'<td class="num" {mse}><b>{scientific(error)}</b>{words}{closer}</td>'


def _against_noise(times: float) -> str:
    return f"{ratio(times)} × closer than noise" if times >= 1 else f"{ratio(1 / times)} × further than noise"


def _noise_cell(comparison: SetComparison, descriptor: str) -> str:
    noise = comparison.white_noise.get(descriptor, math.nan)
    verdict = judge(noise, comparison.baseline.get(descriptor))
    times = f"<small>{ratio(verdict.times)} × the band</small>" if math.isfinite(verdict.times) else ""
    return f'<td class="num"><b>{scientific(noise)}</b>{times}</td>'
