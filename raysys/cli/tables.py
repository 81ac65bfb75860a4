"""Characterisations and their differences as tables for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from raysys.cli.terminal import by, number

if TYPE_CHECKING:
    from raysys.stats import Baseline, Characterisation


def curves_table(measured: Characterisation, title: str) -> Table:
    """Mean of every descriptor at r = 0, 1, 2, 4, ... pixels."""
    import numpy as np

    longest = max(int(curve.r[-1]) for curve in measured.curves.values())
    lags = [0, *(2**k for k in range(longest.bit_length()))]
    table = Table(title=f"{title}: {headline(measured)}", caption="mean over the images at r pixels")
    for name in ("descriptor", *(f"r = {lag}" for lag in lags)):
        table.add_column(name, justify="left" if name == "descriptor" else "right")
    for name, curve in measured.curves.items():
        at = dict(zip(np.asarray(curve.r).tolist(), np.asarray(curve.mean).tolist(), strict=True))
        table.add_row(name, *(number(at.get(lag)) for lag in lags))
    return table


def headline(measured: Characterisation) -> str:
    """Number, size, phase fraction and boundary in one line."""
    spread = f" +- {measured.phase_fractions.std(ddof=1):.4f}" if measured.n > 1 else ""
    images = "image" if measured.n == 1 else "images"
    return (
        f"{measured.n} {images} of {by(tuple(measured.shape))} pixels, phase fraction {measured.phase_fraction:.4f}"
        f"{spread}, boundary {measured.boundary}"
    )


def errors_table(errors: dict[str, dict[str, float]], baseline: dict[str, Baseline] | None, *, reference: str) -> Table:
    """MSE of the mean curves of each set against the reference, and what the reference's own halves differ by."""
    table = Table(title=f"MSE against {reference} (mean curves; S2 and P* scaled to Fn, L as it is)")
    table.add_column("descriptor")
    for name in errors:
        table.add_column(name, justify="right")
    if baseline:
        table.add_column(f"{reference} against itself", justify="right")
        table.caption = "against itself: median and 95 % band of random halves; too narrow where images overlap"
    for descriptor in next(iter(errors.values())):
        row = [number(found.get(descriptor)) for found in errors.values()]
        if baseline:
            own = baseline.get(descriptor)
            row.append("-" if own is None else f"{number(own.median)} ({number(own.low)} to {number(own.high)})")
        table.add_row(descriptor, *row)
    return table


def own_baseline(measured: Characterisation) -> dict[str, Baseline] | None:
    """How much two halves of a set differ; None for fewer than four images, which have no halves worth comparing."""
    from raysys.stats import real_against_real

    return real_against_real(measured) if measured.n >= 4 else None
