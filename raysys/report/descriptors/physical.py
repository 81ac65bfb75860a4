"""Numbers in units of length, where the size of the pixels is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from raysys.report.elements.document import Section
from raysys.report.elements.notation import counted, text, unit_in_html, worded
from raysys.report.elements.pictures import enlargeable
from raysys.report.elements.tables import table
from raysys.spacing import Spacing, permeability_in_words, physical
from raysys.stats import Characterisation
from raysys.stats.geometry.pores import PORE_UNITS

__all__ = ["sets_in_units", "units_section"]


def units_section(images: np.ndarray | None, measured: Characterisation, spacing: Spacing | None) -> Section | None:
    """One image with a scale bar, the longest lag, and every number with a unit; None where the size has none.

    Parameters
    ----------
    images
        (N, ...) uint8 in {0, 1}.
    measured
        Of these images.
    spacing
        Of their pixels.
    """
    if spacing is None or not spacing.unit:
        return None
    parts = (
        [] if images is None else [f'<div class="pair">{enlargeable(_flat(images), "the first image", spacing)}</div>']
    )
    if not spacing.isotropic:
        caption = (
            f"Pixels are {text(str(spacing))} along the axes, and numbers that mix directions stay in pixels: no one "
            "length is meant by them. raysys stats --resample makes pixels equally long."
        )
        return Section("In units of length", caption, parts)
    rows = _rows(measured, spacing)
    caption = f"Pixels are {text(str(spacing))} wide; one pixel of every axis and table on this page is that long."
    heads = ["<th>number</th>", '<th class="num">in pixels</th>', '<th class="num">in units of length</th>']
    return Section("In units of length", caption, [*parts, table("units", heads, rows)] if rows else parts)


def sets_in_units(sets: Mapping[str, Characterisation], spacing: Spacing | None) -> Section | None:
    """Every number with a unit of every set, in pixels and in units of length; None where no one size is known."""
    if spacing is None or not spacing.unit or not spacing.isotropic:
        return None
    rows = [row for name, measured in sets.items() for row in _rows(measured, spacing, name)]
    caption = f"Pixels of all sets are {text(str(spacing))} wide."
    heads = ["<th>number</th>", '<th class="num">in pixels</th>', '<th class="num">in units of length</th>']
    return Section("In units of length", caption, [table("units", heads, rows)]) if rows else None


def _flat(images: np.ndarray) -> np.ndarray:
    first = images[0]
    return np.asarray(first if first.ndim == 2 else first[len(first) // 2])


def _rows(measured: Characterisation, spacing: Spacing, of: str = "") -> list[str]:
    """Rows of a table; `of` is the set's name, where there are several."""
    end = f", {of}" if of else ""
    found = [
        _row(f"{worded(one.name)}{end}", one.name, one.mean, one.unit, spacing) for one in measured.scalars.values()
    ]
    if measured.pores is not None:
        means = {name: float(np.nanmean(values)) for name, values in measured.pores.properties.items() if len(values)}
        found += [
            _row(f"{worded(name)} of {counted(measured.pores.count, 'pore')}, mean{end}", name, mean, unit, spacing)
            for name, mean in means.items()
            if (unit := PORE_UNITS.get(name))
        ]
    lags = {int(curve.r[-1]) for curve in measured.curves.values()}
    found += [_row(f"longest lag{end}", "r", float(max(lags)), "pixel", spacing)] if lags else []
    return [row for row in found if row]


def _row(label: str, name: str, value: float, unit: str, spacing: Spacing) -> str:
    told = physical(value, unit, spacing)
    if told is None:
        return ""
    said = permeability_in_words(value, spacing) if name.startswith("permeability") else None
    length = text(said) if said else f"{told[0]:.4g} {unit_in_html(told[1])}"
    return (
        f'<tr data-number="{text(name)}"><th>{text(label)}</th><td class="num">{value:.4g} {unit_in_html(unit)}</td>'
        f'<td class="num" data-value="{told[0]!r}">{length}</td></tr>'
    )
