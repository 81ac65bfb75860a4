"""Whether a classifier of originals still takes an autoencoding for what it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from raysys.assess.autoencoding.comparison import ORIGINAL
from raysys.report.elements.document import Section
from raysys.report.elements.notation import text
from raysys.report.elements.palette import Ink
from raysys.report.elements.tables import key, table

if TYPE_CHECKING:
    from raysys.assess.autoencoding.retention import ClassRetention

WORST = 5  # confusions that are named of a model
CAPTION = (
    "Of the originals: the share that a classifier, trained on other originals, recognises. Of a model: the share of "
    "the recognised originals whose autoencodings, grey as they are, are recognised too."
)


def retention_section(retention: Mapping[str, ClassRetention], classes: list[str], ink: Mapping[str, Ink]) -> Section:
    """Classes down, models across, the originals first; below each its commonest confusions."""
    first = next(iter(retention.values()))
    shares = {ORIGINAL: first.originals} | {name: one.retained for name, one in retention.items()}
    whole = {ORIGINAL: first.accuracy_original} | {name: one.retention for name, one in retention.items()}
    tables = {ORIGINAL: first.confusion_original} | {name: one.confusion for name, one in retention.items()}
    heads = ["<th>class</th>", *(f'<th class="num">{key(name, dict(ink))}</th>' for name in shares)]
    rows = [_row(kind, {name: of_class.get(kind, math.nan) for name, of_class in shares.items()}) for kind in classes]
    rows.append(_row("all", whole))
    confused = "".join(f'<td style="text-align: right">{_confused(first.classes, one)}</td>' for one in tables.values())
    rows.append(f"<tr><th>commonest confusions</th>{confused}</tr>")
    return Section("Class retention", CAPTION, [table("retention", heads, rows)])


def confusions(classes: tuple[str, ...], counts: np.ndarray) -> list[tuple[str, str, int, int]]:
    """(class, what it is taken for, images so taken, images of the class) of a table (K, K), the commonest first."""
    found = [
        (classes[k], classes[other], int(counts[k, other]), int(counts[k].sum()))
        for k, other in zip(*np.nonzero(counts), strict=True)
        if k != other
    ]
    return sorted(found, key=lambda one: -one[2] / one[3])


def _row(kind: str, shares: Mapping[str, float]) -> str:
    cells = "".join(_cell(name, kind, share) for name, share in shares.items())
    return f"<tr><th>{text(kind)}</th>{cells}</tr>"


def _cell(name: str, kind: str, share: float) -> str:
    if math.isnan(share):
        return '<td class="num">–</td>'
    shade = f"background: rgba(0, 158, 115, {0.3 * share:.3f})"
    exact = f'data-set="{text(name)}" data-class="{text(kind)}" data-value="{share!r}"'
    return f'<td class="num" style="{shade}" {exact}>{100 * share:.0f} %</td>'


def _confused(classes: tuple[str, ...], counts: np.ndarray) -> str:
    told = "".join(
        f"<small>{text(name)} taken for {text(other)}, {count} of {total}</small>"
        for name, other, count, total in confusions(classes, counts)[:WORST]
    )
    return told or "<small>none</small>"
