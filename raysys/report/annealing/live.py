"""A page about a farm that is under way: a file that is written anew every other second, and reloads itself."""

from __future__ import annotations

import base64
import io
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from raysys.files import written_aside
from raysys.report.elements.gallery import DARK, LIGHT
from raysys.report.elements.notation import counted, duration, scientific, text
from raysys.report.elements.palette import COLOURS

if TYPE_CHECKING:
    from raysys.farm import Nouns, Progress

SECONDS = 2.0
POINTS = 400  # of the curve; beyond that every other one is dropped
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 260, 64, 30  # of the curve, pixels
LARGEST = 512  # pixels of the picture a side

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{reload}
<title>{title}: {state}</title>
<style>
body {{ margin: 0 auto; padding: 32px; max-width: 1120px; background: #fdfcfa; color: #22262b;
  font: 15px/1.5 Inter, "Segoe UI", "Helvetica Neue", Helvetica, Arial, sans-serif;
  font-variant-numeric: tabular-nums; }}
h1 {{ font: 600 28px Charter, Georgia, "Liberation Serif", serif; margin: 0; }}
.state {{ color: #6b6f76; margin: 2px 0 20px; }}
.bar {{ height: 6px; background: #eeebe4; margin: 0 0 24px; }} .bar div {{ height: 6px; background: {colour}; }}
.views {{ display: flex; flex-wrap: wrap; gap: 28px; align-items: flex-start; }}
img {{ width: 360px; image-rendering: pixelated; outline: 1px solid #dcd8cf; }}
svg text {{ font-size: 11px; fill: #3b4048; }}
table {{ border-collapse: collapse; margin-top: 12px; }} td {{ padding: 4px 18px 4px 0; vertical-align: top; }}
td:first-child {{ color: #6b6f76; }} sup {{ line-height: 0; font-size: 72%; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p class="state">{state}, {moment}</p>
<div class="bar"><div style="width: {percent:.1f}%"></div></div>
<div class="views"><div>{picture}</div><div>{curve}<table>{facts}</table></div></div>
</body>
</html>
"""


class LivePage:
    """Writes the page while `update` is called, and a last time at `end`.

    Parameters
    ----------
    path
        Of the HTML file; each version appears when it is complete.
    title
        In plain text.
    nouns
        What things are called in the farm.
    seconds
        Between two versions of the file, at least.
    """

    def __init__(self, path: str | Path, title: str, nouns: Nouns, *, seconds: float = SECONDS) -> None:
        self.path, self.title, self.nouns, self.seconds = Path(path), title, nouns, seconds
        self._began, self._written = time.monotonic(), -math.inf
        self._points: list[tuple[float, float, float, float]] = []
        self._last: Progress | None = None
        self._write("starting")

    def update(self, progress: Progress) -> None:
        """Take news; the file follows at most every `seconds`."""
        self._last = progress
        now = time.monotonic()
        if now - self._written >= self.seconds:
            self._note(now)
            self._write("running")

    def end(self, state: str = "finished") -> None:
        """Say how it ended; the page reloads no more."""
        self._note(time.monotonic())
        self._write(state, over=True)

    def _note(self, now: float) -> None:
        if self._last is None or not math.isfinite(self._last.median):
            return
        one = self._last
        self._points.append((now - self._began, one.lowest, one.median, one.highest))
        if len(self._points) > POINTS:
            self._points = [*self._points[:-1:2], self._points[-1]]

    def _write(self, state: str, *, over: bool = False) -> None:
        self._written = time.monotonic()
        one = self._last
        page = PAGE.format(
            reload="" if over else f'<meta http-equiv="refresh" content="{self.seconds:g}">',
            title=text(self.title),
            state=text(state),
            moment=f"after {duration(self._written - self._began)}",
            colour=COLOURS[0],
            percent=100 * one.fraction if one is not None else 0,
            picture=_picture(one, self.nouns) if one is not None else "",
            curve=_curve(self._points, self.nouns.measure),
            facts=_facts(one, self.nouns) if one is not None else "",
        )
        with written_aside(self.path) as aside:
            aside.write_text(page, encoding="utf-8")


def _picture(one: Progress, nouns: Nouns) -> str:
    image = one.image
    if image is None:
        return ""
    flat = image[len(image) // 2] if image.ndim == 3 else image
    step = -(-max(flat.shape) // LARGEST)
    share = flat[::step, ::step, None] / max(int(flat.max()), 1)
    pixels = np.rint(np.array(LIGHT) + share * (np.array(DARK) - np.array(LIGHT))).astype(np.uint8)
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, format="PNG")
    source = base64.b64encode(held.getvalue()).decode("ascii")
    cut = ", its middle slice" if image.ndim == 3 else ""
    caption = f"{nouns.job} {one.job}{cut}, {nouns.step} {one.step} of {one.steps}"
    caption += f", {nouns.measure} {scientific(one.measure)}"
    return f'<img alt="{nouns.job} {one.job}" src="data:image/png;base64,{source}"><p class="state">{caption}</p>'


def _facts(one: Progress, nouns: Nouns) -> str:
    failed = f", {one.failed} failed" if one.failed else ""
    pending = f", {one.pending} waiting for room" if one.pending else ""
    left = duration(one.seconds_left) if one.seconds_left is not None else "–"
    measures = (scientific(one.lowest), scientific(one.median), scientific(one.highest))
    rows = {
        nouns.jobs: f"{one.finished:,} of {one.jobs:,} done{failed}",
        nouns.measure: "{} lowest, {} median, {} highest".format(*measures),
        "speed": f"{scientific(one.rate)} {nouns.unit} a second",
        nouns.unit: f"{one.work:,}",
        "workers": f"{counted(one.workers, 'worker')}{pending}",
        "time left": "none" if one.fraction == 1 else left,
    }
    return "".join(f"<tr><td>{name}</td><td>{told}</td></tr>" for name, told in rows.items())


def _curve(points: list[tuple[float, float, float, float]], measure: str) -> str:
    """Median measure over time on a logarithmic axis, between the lowest and the highest."""
    held = [point for point in points if point[3] > 0]
    if len(held) < 2:
        return ""
    seconds, *measures = np.array(held).T
    floor = min(values[values > 0].min(initial=math.inf) for values in measures)
    low, median, high = (np.log10(np.maximum(values, floor)) for values in measures)
    bottom, top = math.floor(low.min()), math.ceil(high.max() + 1e-9)
    x = LEFT + (WIDTH - LEFT - 10) * seconds / seconds[-1]

    def y(values: np.ndarray | float) -> np.ndarray:
        return 8 + (HEIGHT - BOTTOM - 8) * (top - np.asarray(values)) / max(top - bottom, 1)

    band = _points([*zip(x, y(low), strict=True), *zip(x[::-1], y(high)[::-1], strict=True)])
    line = _points(list(zip(x, y(median), strict=True)))
    step = -(-(top - bottom) // 6)
    marks = "".join(_mark(power, float(y(power))) for power in range(bottom, top + 1, max(step, 1)))
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{measure} over time">{marks}'
        f'<polygon points="{band}" fill="{COLOURS[0]}" fill-opacity="0.16"/>'
        f'<polyline points="{line}" fill="none" stroke="{COLOURS[0]}" stroke-width="2"/>'
        f'<text x="{LEFT}" y="{HEIGHT - 8}">{measure} (median, lowest to highest) over {duration(seconds[-1])}</text>'
        "</svg>"
    )


def _mark(power: int, y: float) -> str:
    line = f'<line x1="{LEFT}" x2="{WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eeebe4"/>'
    return f'{line}<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">1e{power}</text>'


def _points(places: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
