"""The page about volumes of rock: words first, then cubes, histograms, and all distances."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from raysys.assess.notation import worded
from raysys.assess.rock.scores import RockScores
from raysys.report.elements.document import Section, write_document
from raysys.report.elements.notation import HTML, counted, text
from raysys.report.elements.palette import Ink, inks
from raysys.report.elements.tables import key, table
from raysys.report.rocks.cubes import cube_faces
from raysys.report.textures.pictures import texture_picture
from raysys.report.textures.style import STYLE

__all__ = ["rock_page"]

REAL = "real"
SHOWN = 24  # bins of the pictures; KL has its own
WIDE, HIGH = 300, 110  # pixels of a histogram
HEADS = ("real", "made", "KL", "floor", "W1", "floor", "KS", "Hellinger")
COLUMNS = ("real_mean", "made_mean", "kl", "kl_floor", "w1", "w1_floor", "ks", "hellinger")


def rock_page(path: str | Path, scores: RockScores, *, title: str) -> None:
    """Write a self-contained page on volumes beside their rock.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    scores
        What `raysys.assess.rocks` returns.
    title
        Of the page, in plain text.
    """
    ink = inks([REAL, *scores.made])
    sections = [
        _words(scores),
        _cubes(scores, ink),
        _histograms(scores, ink),
        *(_table(scores, one) for one in scores.made),
    ]
    many = counted(scores.real.n, "sample")
    summary = (
        f"{counted(len(scores.made), 'made set')} beside {many} of the rock, {scores.protocol.edge} voxels a side."
    )
    write_document(path, title=title, summary=summary, sections=sections)


def _words(scores: RockScores) -> Section:
    told = scores.told(HTML)
    parts = [f'<p class="finding" data-verdict="{text(name)}">{words}</p>' for name, words in told.items()]
    return Section(
        "In words", "Near is a Wasserstein-1 distance within the interval of two halves' of the rock.", [STYLE, *parts]
    )


def _cubes(scores: RockScores, ink: dict[str, Ink]) -> Section:
    shown = {name: cube_faces(one.crops.images[0]) for name, one in {REAL: scores.real, **scores.made}.items()}
    cards = [
        f"<div><p>{key(name, ink)}</p>{texture_picture(cube, f'{name}, its first sample')}</div>"
        for name, cube in shown.items()
    ]
    caption = "The first sample of each set, pores dark: its first layer above."
    return Section("Samples", caption, [f'<div class="textures">{"".join(cards)}</div>'])


def _histograms(scores: RockScores, ink: dict[str, Ink]) -> Section:
    cards = [f"<div><p>{text(worded(number))}</p>{_drawn(scores, number, ink)}</div>" for number in scores.real.numbers]
    keys = " ".join(key(name, ink) for name in (REAL, *scores.made))
    return Section(
        "Distributions",
        f"{keys}: share of the samples over each number.",
        [f'<div class="textures">{"".join(cards)}</div>'],
    )


def _drawn(scores: RockScores, number: str, ink: dict[str, Ink]) -> str:
    """Histograms of all sets over one axis, as SVG."""
    sets = {name: one.numbers[number].values for name, one in {REAL: scores.real, **scores.made}.items()}
    held = {name: values[np.isfinite(values)] for name, values in sets.items()}
    pooled = np.concatenate(list(held.values()))
    if not len(pooled):
        return "<p>no value is known</p>"
    edges = np.histogram_bin_edges(pooled, SHOWN)
    shares = {name: np.histogram(values, edges)[0] / max(1, len(values)) for name, values in held.items()}
    top = max(share.max() for share in shares.values())
    across = np.repeat(np.linspace(0, WIDE, SHOWN + 1), 2)[1:-1]
    heights = {name: HIGH - HIGH * np.repeat(share, 2) / top for name, share in shares.items()}
    lines = "".join(
        f'<polyline fill="none" stroke-width="2" stroke="{ink[name].colour}" points="'
        f'{" ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))}"/>'
        for name, down in heights.items()
    )
    axis = f"{edges[0]:.4g} to {edges[-1]:.4g} {scores.real.numbers[number].unit.replace('pixel', 'voxel')}"
    label = text(f"{worded(number)}, histograms")
    frame = f'viewBox="-2 -2 {WIDE + 4} {HIGH + 4}" width="{WIDE}"'
    return f'<svg {frame} role="img" aria-label="{label}">{lines}</svg><small>{text(axis)}</small>'


def _table(scores: RockScores, name: str) -> Section:
    rows = []
    for row in scores.rows():
        if row["set"] != name:
            continue
        cells = [f'<td class="num">{row[column]:.4g}</td>' for column in COLUMNS]
        near = {True: "near", False: "farther", None: "–"}[row["near"]]
        rows.append(f"<tr><th>{text(worded(row['number']))}</th>{''.join(cells)}<td>{near}</td></tr>")
    heads = ["<th></th>", *(f'<th class="num">{head}</th>' for head in HEADS), "<th></th>"]
    return Section(f"Distances of {name}", text(scores.protocol.words), [table("scores", heads, rows)])
