"""Characterisations and their differences as tables for the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from raysys.cli.parts.terminal import by, number

if TYPE_CHECKING:
    from raysys.spacing import Spacing
    from raysys.stats import Baseline, Characterisation, Distance, RepresentativeSize
    from raysys.stats.geometry.pores import Pores
    from raysys.stats.sets.distances import Estimate

QUARTILES = (0.25, 0.5, 0.75)


def known_table() -> Table:
    """Every descriptor that `characterise` knows."""
    from raysys.stats import DESCRIPTORS, KNOWN

    table = Table(
        title="Descriptors for --descriptors",
        caption="default: measured where none is asked for; costly: minutes, and by name only",
    )
    for name in ("name", "asks of an image", "images", ""):
        table.add_column(name)
    for name, one in KNOWN.items():
        kinds = ", ".join(f"{dims}D" for dims in one.dims)
        mark = "default" if name in DESCRIPTORS else "costly" if one.costly else ""
        table.add_row(name, one.meaning, kinds, mark)
    return table


def curves_table(measured: Characterisation, title: str, spacing: Spacing | None = None) -> Table:
    """Mean of every descriptor at r = 0, 1, 2, 4, ... pixels."""
    import numpy as np

    longest = max(int(curve.r[-1]) for curve in measured.curves.values())
    # Curves change most at short lags, and a terminal has room for about ten columns.
    lags = [0, *(2**k for k in range(longest.bit_length()))]
    table = Table(title=f"{title}: {headline(measured)}", caption="mean over the images at r pixels")
    for name in ("descriptor", *(_lag(lag, spacing) for lag in lags)):
        table.add_column(name, justify="left" if name == "descriptor" else "right")
    for name, curve in measured.curves.items():
        at = dict(zip(np.asarray(curve.r).tolist(), np.asarray(curve.mean).tolist(), strict=True))
        table.add_row(name, *(number(at.get(lag)) for lag in lags))
    return table


def _lag(lag: int, spacing: Spacing | None) -> str:
    from raysys.spacing import physical

    length = physical(lag, "pixel", spacing)
    return f"r = {lag}" if length is None else f"r = {lag}\n{length[0]:.4g} {length[1]}"


def scalars_table(measured: Characterisation, title: str, spacing: Spacing | None = None) -> Table:
    """Mean of every number with its 95 % interval, unit and protocol."""
    table = Table(title=f"{title}: {headline(measured)}", caption="mean over the images and its 95 % interval")
    sized = spacing is not None and bool(spacing.unit) and spacing.isotropic
    for name in ("number", "mean", "95 % interval", "unit", *(["that is"] if sized else []), "protocol"):
        table.add_column(name, justify="right" if name in ("mean", "95 % interval") else "left")
    for name, one in measured.scalars.items():
        half = one.half_width
        interval = f"{number(one.mean - half)} to {number(one.mean + half)}" if math.isfinite(half) else "-"
        told = [in_units(one.mean, name, one.unit, spacing)] if sized else []
        table.add_row(name, number(one.mean), interval, one.unit, *told, _protocol(one.protocol))
    return table


def numbers_table(sets: Mapping[str, Characterisation], spacing: Spacing | None, *, title: str = "Numbers") -> Table:
    """Mean of every number of several sets, in pixels and below that in units of length where they are known."""
    first = next(iter(sets.values()))
    sized = "" if spacing is None else f"; pixels of {spacing}"
    table = Table(title=title, caption=f"mean over the images of each set{sized}")
    for name in ("number", "unit", *sets):
        table.add_column(name, justify="left" if name in ("number", "unit") else "right")
    for name, one in first.scalars.items():
        means = [measured.scalars[name].mean if name in measured.scalars else math.nan for measured in sets.values()]
        told = [in_units(mean, name, one.unit, spacing) for mean in means]
        cells = [f"{number(mean)}\n{words}".rstrip() for mean, words in zip(means, told, strict=True)]
        table.add_row(name, one.unit, *cells)
    return table


def in_units(value: float, name: str, unit: str, spacing: Spacing | None) -> str:
    """A number in the unit of the pixels' size, permeabilities in m^2 and darcy; empty of a pure number."""
    from raysys.spacing import permeability_in_words, physical

    if unit == "pixel^2" and name.startswith("permeability"):
        return permeability_in_words(value, spacing) or ""
    found = physical(value, unit, spacing)
    return "" if found is None else f"{number(found[0])} {found[1]}"


def pores_table(pores: Pores, title: str, spacing: Spacing | None = None) -> Table:
    """Quartiles and mean of every property of the pores."""
    import numpy as np

    from raysys.stats.geometry.pores import PORE_UNITS, SHAPED
    from raysys.stats.sets.distributions import PORE_PROPERTIES, SIZES

    count = f"{pores.count:,} {'pore' if pores.count == 1 else 'pores'} in {pores.n:,} images"
    count = count.removesuffix("s") if pores.n == 1 else count
    of = f"shapes and directions: of pores of {SHAPED} pixels or more"
    table = Table(title=f"{title}: {count}", caption=f"{_protocol(pores.protocol)}; {of}")
    sized = spacing is not None and bool(spacing.unit) and spacing.isotropic
    for name in ("property", "lower quartile", "median", "upper quartile", "mean", *(["that is"] if sized else [])):
        table.add_column(name, justify="left" if name == "property" else "right")
    for name, values in pores.properties.items():
        if name.startswith("centroid"):  # where a pore lies says nothing about pores
            continue
        if name in PORE_PROPERTIES and name not in SIZES:
            # A pixel or two have no shape: their elongation is that of the grid.
            values = values[pores.pixels >= SHAPED]
        held = values[np.isfinite(values)]
        period = PORE_PROPERTIES.get(name)
        if not len(held):
            table.add_row(name, *["-"] * 4)
        elif period is None:
            mean = float(held.mean())
            told = [in_units(mean, name, PORE_UNITS.get(name, ""), spacing)] if sized else []
            table.add_row(name, *map(number, np.quantile(held, QUARTILES)), number(mean), *told)
        else:  # directions have no order, and their mean is one on the circle
            turned = np.exp(2j * np.pi * held / period).mean()
            table.add_row(name, *["-"] * 3, number(float(np.angle(turned)) * period / (2 * np.pi)))
    return table


def sizes_table(found: RepresentativeSize, title: str) -> Table:
    """F2 of windows of every size against the largest."""
    table = Table(
        title=f"{title}: F2 of {found.curves[0].n} random windows of each size",
        caption="inside: share of lags at which the mean F2 lies in the 95 % band of the largest size",
    )
    heads = ("size", "MSE to the largest", "known to (95 %)", "inside", "phase fraction", "")
    for name in heads:
        table.add_column(name, justify="right")
    for k, size in enumerate(found.sizes):
        numbers = (number(float(found.mse[k])), f"+-{number(float(found.half_width[k]))}", f"{found.inside[k]:.0%}")
        mark = "representative" if size == found.suggestion else ""
        table.add_row(str(size), *numbers, f"{found.fractions[k].mean():.4f}", mark)
    return table


def headline(measured: Characterisation) -> str:
    """Number, size, phase fraction and boundary in one line."""
    spread = f" +- {measured.phase_fractions.std(ddof=1):.4f}" if measured.n > 1 else ""
    images = "image" if measured.n == 1 else "images"
    counted = "" if measured.groups is None else f", counted as {measured.units} in bands and intervals"
    return (
        f"{measured.n} {images} of {by(tuple(measured.shape))} pixels, phase fraction {measured.phase_fraction:.4f}"
        f"{spread}, boundary {measured.boundary}{counted}"
    )


def label_headline(by_phase: dict[str, Characterisation]) -> str:
    """The same of label images, with the fractions of all phases."""
    first = next(iter(by_phase.values()))
    fractions = ", ".join(f"{phase} {one.phase_fraction:.4f}" for phase, one in by_phase.items())
    images = "image" if first.n == 1 else "images"
    return (
        f"{first.n} {images} of {by(tuple(first.shape))} pixels, phase fractions {fractions}, boundary {first.boundary}"
    )


def errors_table(errors: dict[str, dict[str, float]], baseline: dict[str, Baseline] | None, *, reference: str) -> Table:
    """MSE of the mean curves of each set against the reference, and what the reference's own halves differ by."""
    table = Table(title=f"MSE against {reference} (mean curves; S2 and P* scaled to Fn, others as they are)")
    table.add_column("descriptor")
    for name in errors:
        table.add_column(name, justify="right")
    if baseline:
        table.add_column(f"{reference} against itself", justify="right")
        reason = next((one.reason for one in baseline.values() if one.reason), "")
        without = f"median of random halves, without a 95 % band: {reason}"
        within = "median and 95 % band of random halves; too narrow where images overlap"
        table.caption = f"against itself: {without if reason else within}"
    for descriptor in next(iter(errors.values())):
        row = [number(found.get(descriptor)) for found in errors.values()]
        if baseline:
            row.append(_band(baseline.get(descriptor)))
        table.add_row(descriptor, *row)
    return table


def distances_table(found: Sequence[Distance], *, reference: str, of: str = "") -> Table:
    """How far whole distributions are apart, beside what halves of the reference are apart."""
    table = Table(
        title=f"Distances of distributions {f'of {of} ' if of else ''}from {reference}",
        caption="+-: standard deviation of the bootstrap; below it: median and 95 % band of random halves of "
        f"{reference} against each other, by chance farther apart than whole sets (KL twice, the others 1.4 times)",
    )
    table.add_column("distribution of")
    for measure in found[0].measures if found else ():
        table.add_column(measure, justify="right")
    for one in found:
        own = {measure: _band(one.baseline.get(measure)) for measure in one.measures}
        cells = (f"{_estimate(e)}\n{own[measure]}" for measure, e in one.measures.items())
        table.add_row(one.name, *cells)
    return table


def own_baseline(measured: Characterisation) -> dict[str, Baseline] | None:
    """How much two halves of a set differ; None for fewer than four images, or one unit, which have no such halves."""
    from raysys.stats import real_against_real

    return real_against_real(measured) if measured.n >= 4 and measured.units > 1 else None


def _estimate(one: Estimate) -> str:
    spread = f" +- {number(one.std)}" if math.isfinite(one.std) else ""
    return f"{number(one.value)}{spread}"


def _band(own: Baseline | None) -> str:
    if own is None or not math.isfinite(own.median):
        return "-"
    if not math.isfinite(own.high):
        return number(own.median)
    return f"{number(own.median)} ({number(own.low)} to {number(own.high)})"


def _protocol(protocol: dict[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in protocol.items())
