"""What was published in words, and whether our measures bear it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from raysys.assess.autoencoding.statements import (
    AGREES,
    CONTRADICTS,
    IN_PART,
    NOT_TESTABLE,
    UNDECIDED,
    Judgement,
    statement_rows,
)
from raysys.report.elements.document import Section
from raysys.report.elements.notation import text
from raysys.report.elements.tables import table

CAPTION = (
    "The supplement's qualitative assessment in our words, for models of its names, and its tests: the "
    "mean margin by which each holds, below 0 where it does not, and its error over images. A margin within twice "
    "its error decides nothing."
)
ORDER = (AGREES, IN_PART, UNDECIDED, CONTRADICTS)


def statements_section(judgements: Sequence[Judgement]) -> Section | None:
    """A row for each statement that could be tested; None if none could."""
    tested = [one for one in judgements if one.verdict != NOT_TESTABLE]
    if not tested:
        return None
    counts = Counter(one.verdict for one in tested)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ORDER if counts[verdict])
    heads = ["<th>class</th>", "<th>model</th>", "<th>published</th>", "<th>ours</th>", "<th>tests</th>"]
    rows = [_row(row) for row in statement_rows(tested)]
    summary = f"<p>{len(tested)} statements could be tested: {told}.</p>"
    return Section("Published statements", CAPTION, [summary, table("statements", heads, rows)])


def _row(row: dict[str, str]) -> str:
    tests = "<br>".join(text(test) for test in row["tests"].split("; "))
    return (
        f"<tr><th>{text(row['class'])}</th><td>{text(row['model'])}</td>"
        f"<td>{text(row['says'])} <small>({text(row['place'])})</small></td>"
        f'<td data-verdict="{text(row["verdict"])}">{text(row["verdict"])}</td><td><small>{tests}</small></td></tr>'
    )
