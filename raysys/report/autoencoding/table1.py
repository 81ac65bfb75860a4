"""The published Table 1, the best hyper-parameters of each model, and ours beside it."""

from __future__ import annotations

from collections.abc import Mapping

from raysys.errors import RaysysError
from raysys.report.elements.document import Section
from raysys.report.elements.notation import scientific, text
from raysys.report.elements.tables import table

ROWS = ("learning rate", "depth", "auxiliary weight", "gradient clipping")
# Supplement of the CESS paper, section 1.1, Table 1; its third row is titled "CESS Loss Weight", also for style.
PUBLISHED: dict[str, tuple[str, str, str, str]] = {
    "MSE": ("7.3 × 10<sup>−5</sup>", "4", "0", "1"),
    "MSE + CESS": ("2.5 × 10<sup>−4</sup>", "3", "2.3 × 10<sup>3</sup>", "0.1"),
    "CESS finetune": ("5.1 × 10<sup>−5</sup>", "4", "6.3 × 10<sup>3</sup>", "1"),
    "CESS 50x50 finetune": ("4.8 × 10<sup>−5</sup>", "4", "5.2 × 10<sup>3</sup>", "1"),
    "Style": ("1.2 × 10<sup>−4</sup>", "4", "4.5 × 10<sup>−3</sup>", "0.1"),
}
CAPTION = (
    "As published, from a Bayesian sweep, and in bold as ours are. The auxiliary weight is that of CESS, or of the "
    "style loss; beside CESS, the published weight of the pixel error was held at 1 × 10<sup>−3</sup>."
)

Settings = Mapping[str, float | None]


def settings_section(ours: Mapping[str, Settings]) -> Section:
    """Table 1: models across, hyper-parameters down, published above ours.

    Parameters
    ----------
    ours
        {model: {row: value}} with rows out of `ROWS`; None is "none". Models called as a published column, but for
        case, spaces and signs, stand in it; others get columns of their own.

    Raises
    ------
    RaysysError
        If a row is unknown.
    """
    held = {_key(name): (name, settings) for name, settings in ours.items()}
    for name, settings in ours.items():
        unknown = [row for row in settings if row not in ROWS]
        if unknown:
            raise RaysysError(f"Table 1 of {name!r} has a row {unknown[0]!r}; allowed: {', '.join(ROWS)}")
    published = {_key(name): name for name in PUBLISHED}
    columns = published | {key: name for key, (name, _) in held.items() if key not in published}
    heads = ["<th></th>", "<th></th>", *(f'<th class="num">{text(name)}</th>' for name in columns.values())]
    rows = [line for place, row in enumerate(ROWS) for line in _lines(place, row, columns, published, held)]
    return Section("Best hyper-parameters", CAPTION, [table("settings", heads, rows)])


def _lines(
    place: int,
    row: str,
    columns: Mapping[str, str],
    published: Mapping[str, str],
    held: Mapping[str, tuple[str, Settings]],
) -> list[str]:
    """A row as published and, where there is anything of ours, below it ours."""
    seed = [PUBLISHED[published[key]][place] if key in published else "–" for key in columns]
    span = ' rowspan="2"' if held else ""
    cells = "".join(f'<td class="num">{cell}</td>' for cell in seed)
    lines = [f"<tr><th{span}>{row}</th><td>published</td>{cells}</tr>"]
    if held:
        own = (_own(row, held[key][1]) if key in held else '<td class="num">–</td>' for key in columns)
        lines.append(f'<tr class="own"><td>ours</td>{"".join(own)}</tr>')
    return lines


def _own(row: str, settings: Settings) -> str:
    if row not in settings:
        return '<td class="num">–</td>'
    value = settings[row]
    return f'<td class="num"><b>{"none" if value is None else scientific(float(value))}</b></td>'


def _key(name: str) -> str:
    """A model's name without case, spaces and signs, "mse-cess" and "MSE + CESS" alike."""
    letters = "".join(letter for letter in name.lower() if letter.isalnum())
    return letters.removesuffix("loss")
