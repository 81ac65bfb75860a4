"""The tables of the page about textures: a row for each picture, the bars and floors above."""

from __future__ import annotations

import math
from collections.abc import Callable

from raysys.assess.texture.copying import Copying
from raysys.assess.texture.scores import BARS, TextureScores
from raysys.report.elements.document import Section
from raysys.report.elements.notation import HTML, scientific, symbol, text
from raysys.report.elements.palette import Ink
from raysys.report.elements.tables import key, table

__all__ = ["copying_section", "descriptor_section", "nearness_section", "seam_section", "three_section"]

COPYING: dict[str, tuple[str, Callable[[Copying], str]]] = {
    "largest piece": ("share of the picture", lambda one: _share(one.largest_piece)),
    "bent piece": ("share, offsets that drift", lambda one: _share(one.largest_bent_piece)),
    "coherent": ("neighbouring cells of one offset", lambda one: _share(one.coherent)),
    "exact": ("cells that the source has as they are", lambda one: _share(one.exact)),
    "distinct": ("different nearest sources over cells", lambda one: _share(one.distinct)),
    "source used": ("of its places", lambda one: _share(one.source_used)),
    "never matched": ("patches nearest of none of the source's", lambda one: _share(one.never_matched)),
    "matched again": ("patches nearest of more than one", lambda one: _share(one.matched_again)),
    "distance": ("to the nearest, of the range", lambda one: f"{one.distance:.4f}"),
    "coverage": ("of the source to the picture", lambda one: f"{one.coverage:.4f}"),
}


def three_section(scores: TextureScores, ink: dict[str, Ink]) -> Section:
    """Nearness, copying and use of the source beside each other, each with its bar."""
    side = scores.side
    floor = f" at {side} px" if side is not None else ""
    heads = _heads((f"{scores.distance_name or 'distance'} over the floor{floor}", "largest piece", "source used"))
    bars = (f"≤ {BARS.floor_share:g}", f"≤ {_share(BARS.largest_piece)}", f"≥ {_share(BARS.source_used)}")
    rows = [_row("<th>bar</th>", bars, "bar")]
    for name, one in scores.pictures.items():
        passed, share = scores.passed(name), scores.floor_share(name)
        cells = (
            _marked("–" if math.isnan(share) else f"{share:.2f}", passed["floor_share"]),
            _marked(_share(one.copying.largest_piece), passed["largest_piece"]),
            _marked(_share(one.copying.source_used), passed["source_used"]),
        )
        rows.append(_row(f"<th>{key(name, ink)}</th>", cells))
    caption = "A verbatim copy has the best first number and the worst second one; noise has the best second one."
    return Section("Three numbers together", caption, [table("scores", heads, rows)])


def nearness_section(scores: TextureScores, ink: dict[str, Ink]) -> Section | None:
    """Mean least distances at every size of patches, and their floors."""
    sides = list(scores.colour_floors)
    if not sides:
        return None
    seen = [side for side in sides if side in scores.floors]
    heads = _heads(
        [*(f"{scores.distance_name}, {side} px" for side in seen), *(f"colour, {side} px" for side in sides)]
    )
    floors = [_distance(scores.floors[side].mean) for side in seen]
    floors += [_distance(scores.colour_floors[side].mean) for side in sides]
    rows = [_row("<th>disjoint floor</th>", floors, "bar")]
    for name, one in scores.pictures.items():
        cells = [_distance(one.distance[side].mean) if side in one.distance else "–" for side in seen]
        cells += [_distance(one.colour[side].mean) if side in one.colour else "–" for side in sides]
        rows.append(_row(f"<th>{key(name, ink)}</th>", cells))
    caption = f"Lower is nearer. {text(scores.weights)}." if scores.weights else "Lower is nearer."
    return Section("Nearness", caption, [table("scores", heads, rows)])


def copying_section(scores: TextureScores, ink: dict[str, Ink]) -> Section:
    """All copy measures, and the coverage of the source."""
    heads = ["<th></th>"]
    heads += [f'<th class="num">{name}<small>{words}</small></th>' for name, (words, _) in COPYING.items()]
    rows = [
        _row(f"<th>{key(name, ink)}</th>", [told(one.copying) for _, told in COPYING.values()])
        for name, one in scores.pictures.items()
    ]
    caption = "What of a picture is the source as it was, and what of the source is in the picture; definitions below."
    return Section("Copying and coverage", caption, [table("scores", heads, rows)])


def seam_section(scores: TextureScores, ink: dict[str, Ink]) -> Section:
    """Steps across the edges over steps inside."""
    heads = _heads(("between rows", "lines inside, 97.5 %", "between columns", "lines inside, 97.5 %", "can be tiled"))
    rows = []
    for name, one in scores.pictures.items():
        numbers = (one.seam.rows, one.seam.rows_high, one.seam.columns, one.seam.columns_high)
        cells = [
            *(f"{value:.2f}" for value in numbers),
            _marked("yes" if one.seam.tileable else "no", one.seam.tileable),
        ]
        rows.append(_row(f"<th>{key(name, ink)}</th>", cells))
    caption = "The mean step from the last line of pixels to the first, over the mean step between neighbours inside."
    return Section("Seams", caption, [table("scores", heads, rows)])


def descriptor_section(scores: TextureScores, ink: dict[str, Ink]) -> Section | None:
    """Descriptors of binary pictures with the real-against-real band."""
    names = list(dict.fromkeys(name for one in scores.pictures.values() for name in one.descriptors))
    if not names:
        return None
    heads = ["<th></th>", *(f'<th class="num">{symbol(name)}<small>mean squared error</small></th>' for name in names)]
    bands = next(one.descriptors for one in scores.pictures.values() if one.descriptors)
    told = [scientific(band.high) if (band := bands[name].band) is not None else "–" for name in names]
    rows = [_row("<th>upper end of the band</th>", told, "bar")]
    for name, one in scores.pictures.items():
        cells = []
        for descriptor in names:
            score = one.descriptors.get(descriptor)
            words = f'<span class="verdict {score.verdict.kind}">{score.verdict.told(HTML)}</span>' if score else ""
            cells.append(f"{scientific(score.error)}{words}" if score else "–")
        rows.append(_row(f"<th>{key(name, ink)}</th>", cells))
    caption = (
        "Of disjoint tiles of the picture against those of the source; the band is of two sets of the source's tiles."
    )
    return Section("Descriptors", caption, [table("scores", heads, rows)])


def _heads(names: list[str] | tuple[str, ...]) -> list[str]:
    return ["<th></th>", *(f'<th class="num">{text(name)}</th>' for name in names)]


def _row(head: str, cells: list[str] | tuple[str, ...], kind: str = "") -> str:
    opened = f'<tr class="{kind}">' if kind else "<tr>"
    body = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    return f"{opened}{head}{body}</tr>"


def _marked(told: str, passed: bool | None) -> str:
    kind = {True: "inside", False: "above", None: "unknown"}[passed]
    return f'<span class="mark {kind}">{told}</span>'


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _distance(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4g}"
