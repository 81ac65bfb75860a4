"""The page about pictures of a texture: words first, then pictures with their maps, the three numbers, all scores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from raysys.assess.notation import listed
from raysys.assess.texture.copying import BEND
from raysys.assess.texture.scores import BARS, TextureScores
from raysys.assess.texture.vectors import COLOUR_SPACE
from raysys.report.elements.document import Section, write_document
from raysys.report.elements.notation import HTML, counted, text
from raysys.report.elements.palette import Ink, inks
from raysys.report.elements.tables import key, table
from raysys.report.textures.numbers import (
    copying_section,
    descriptor_section,
    nearness_section,
    seam_section,
    three_section,
)
from raysys.report.textures.pictures import key_picture, map_picture, texture_picture
from raysys.report.textures.style import STYLE

__all__ = ["texture_page"]

DEFINITIONS = {
    "largest piece": "connected cells of one offset between source and picture, the most there are, over all cells",
    "bent piece": f"the same where the offset may change by up to {BEND} pixels from cell to cell",
    "coherent": "pairs of neighbouring cells of one offset over all pairs; 10 to 20 % also of noise",
    "exact": "cells whose patch the source has within a thousandth of the range, root mean square, over all cells",
    "distinct": "different nearest sources over cells",
    "source used": "pixels of the source that cells stand for, over all that could be",
    "matched": "patches of the picture, every third pixel, as the nearest of the source's patches, every third pixel",
    "coverage": "root mean squared difference of the source's patches to the nearest of all of the picture's, mean",
}
PICTURES = (
    "Left each picture, right where in the source each place of it comes from: the colour is that of the place in the "
    "key. A patch of one colour that runs through is a piece of the source as it was; the largest has a black outline. "
    "Speckles are places that are nowhere in the source as they are."
)


def texture_page(path: str | Path, scores: TextureScores, *, title: str) -> None:
    """Write a self-contained page on pictures of a texture.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    scores
        What `raysys.assess.textures` returns.
    title
        Of the page, in plain text.
    """
    ink = inks(scores.pictures)
    makers: list[Callable[[TextureScores, dict[str, Ink]], Section | None]] = [
        _verdict_section,
        _picture_section,
        three_section,
        nearness_section,
        copying_section,
        seam_section,
        descriptor_section,
        _protocol_section,
    ]
    sections = [one for one in (make(scores, ink) for make in makers) if one is not None]
    write_document(path, title=title, summary=_summary(scores), sections=sections)


def _summary(scores: TextureScores) -> str:
    sides = " × ".join(str(side) for side in scores.source.shape[:2])
    good = [name for name in scores.pictures if all(value is True for value in scores.passed(name).values())]
    many = f"{counted(len(scores.pictures), 'picture')} of a source of {sides} pixels."
    if scores.side is None:
        return f"{many} Nearness cannot be judged here; how much is copied can."
    told = f"{listed([HTML.strong(name) for name in good])} meet" if good else "None meets"
    told = told.replace("meet", "meets") if len(good) == 1 else told
    return f"{many} {told} all three bars: near the source, no copy of it, and of all of it."


def _verdict_section(scores: TextureScores, ink: dict[str, Ink]) -> Section:
    sentences = scores.told(HTML)
    parts = [f'<p class="finding" data-verdict="{text(name)}">{told}</p>' for name, told in sentences.items()]
    caption = (
        "Nearness alone rewards copying: a picture below the disjoint floor, which is how near the source's own "
        "patches are to those elsewhere in it, is better only where it copies little and shows all of the source."
    )
    return Section("In words", caption, [STYLE, *parts])


def _picture_section(scores: TextureScores, ink: dict[str, Ink]) -> Section:
    shape = scores.source.shape[:2]
    cards = [_card("<b>source</b>, and the key", texture_picture(scores.source, "source"), key_picture(*shape, "key"))]
    for name, one in scores.pictures.items():
        sides = " × ".join(str(side) for side in one.image.shape[:2])
        head = f"{key(name, ink)} <small>{sides} pixels</small>"
        mapped = map_picture(one.nearest, shape, f"{name}, nearest sources")
        cards.append(_card(head, texture_picture(one.image, name), mapped))
    return Section("Pictures and their nearest sources", PICTURES, [f'<div class="textures">{"".join(cards)}</div>'])


def _card(head: str, *pictures: str) -> str:
    return f'<div><p>{head}</p><div class="both">{"".join(pictures)}</div></div>'


def _protocol_section(scores: TextureScores, ink: dict[str, Ink]) -> Section:
    first = next(iter(scores.pictures.values())).copying
    sides = ", ".join(str(side) for side in scores.colour_floors) or "none fitted"
    distance = scores.distance_name or "none: no weights of a network were at hand"
    strides = sorted({one.copying.stride for one in scores.pictures.values()})
    rows = {
        "distance": distance,
        "weights": scores.weights or "–",
        "colour": f"{COLOUR_SPACE}; the root of its mean",
        "patches": f"up to {scores.patches:,} of each image, of {sides} pixels a side, at places drawn by seed "
        f"{scores.seed}; each of the picture's against all of the source's, the least, averaged",
        "disjoint floor": "the same of the source's patches, against those that share no pixel with them",
        "cell": f"one of each {listed([f'{one} × {one}' for one in strides])} pixels of a picture, with its patch of "
        f"{first.patch} × {first.patch} pixels; its nearest source is that with the least squared difference, of all",
        **DEFINITIONS,
        "bars": f"distance at most {BARS.floor_share:g} of the floor, largest piece at most {BARS.largest_piece:g}, "
        f"source used at least {BARS.source_used:g} (pictures of four times the source's pixels)",
    }
    cells = [f"<tr><th>{text(name)}</th><td>{text(told)}</td></tr>" for name, told in rows.items()]
    notes = "".join(f"<li>{text(notice)}</li>" for notice in scores.notices)
    parts = [table("protocol", ["<th></th>", "<th></th>"], cells), f'<ul class="notes">{notes}</ul>' if notes else ""]
    return Section("Protocol", "The choices behind the numbers.", [part for part in parts if part])
