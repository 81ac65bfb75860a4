"""One HTML file that needs nothing else: sections of text, tables and figures, Bokeh's script included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bokeh.document import Document
from bokeh.embed import components
from bokeh.events import DocumentReady
from bokeh.models import BoxZoomTool, CustomJS, Model
from bokeh.resources import Resources

import raysys
from raysys.files import written_aside
from raysys.report.elements.notation import text
from raysys.report.elements.stylesheet import STYLE
from raysys.report.elements.theme import THEME

FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="raysys {version}">
<title>{title}</title>
<style>{style}</style>
{library}
</head>
<body>
<main>
<header>
<h1>{title}</h1>
<p class="stamp">raysys {version} · {moment}</p>
<p class="summary">{summary}</p>
{contents}
</header>
{sections}
</main>
{script}
</body>
</html>
"""

# A finger that scrolls the page must not draw boxes to zoom into.
TOUCH = 'if (matchMedia("(pointer: coarse)").matches) for (const zoom of zooms) zoom.active = false'


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes
    ----------
    title
        Plain text.
    caption
        How to read what follows: HTML.
    parts
        HTML strings and Bokeh models in their order.
    """

    title: str
    caption: str
    parts: Sequence[str | Model]


def write_document(path: str | Path, *, title: str, summary: str, sections: Sequence[Section]) -> None:
    """Write a self-contained page; the file appears when it is complete.

    Parameters
    ----------
    path
        Of the HTML file.
    title
        Plain text.
    summary
        HTML of one paragraph.
    sections
        Empty figures and strings are the caller's to leave out.
    """
    models = [part for section in sections for part in section.parts if isinstance(part, Model)]
    script, divs = _embedded(models) if models else ("", ())
    places = iter(divs)
    # Only the core of Bokeh: widgets and tables would double the file.
    library = Resources(mode="inline", components=["bokeh"]).render_js() if models else ""
    page = FRAME.format(
        version=text(raysys.__version__),
        title=text(title),
        style=STYLE,
        library=library,
        moment=datetime.now().astimezone().strftime("%d %B %Y, %H:%M %Z"),
        summary=summary,
        contents=_contents(sections),
        sections="\n".join(_section(section, place, places) for place, section in enumerate(sections)),
        script=script,
    )
    with written_aside(path) as aside:
        aside.write_text(page, encoding="utf-8")


def _embedded(models: Sequence[Model]) -> tuple[str, Sequence[str]]:
    """One script for all figures, and the place of each."""
    document = Document(theme=THEME)
    # Figures are tied together by their legends: all of them are looked through anew for each that is added.
    with document.models.freeze():
        for model in models:
            document.add_root(model)
    zooms = list(document.select({"type": BoxZoomTool}))
    document.js_on_event(DocumentReady, CustomJS(args={"zooms": zooms}, code=TOUCH))
    script, divs = components(models, theme=THEME)
    return script, divs


def _contents(sections: Sequence[Section]) -> str:
    links = (f'<a href="#part-{place}">{text(section.title)}</a>' for place, section in enumerate(sections))
    return f'<nav class="contents">{"".join(links)}</nav>'


def _section(section: Section, place: int, places: Iterator[str]) -> str:
    parts = (next(places) if isinstance(part, Model) else part for part in section.parts)
    head = f'<h2>{text(section.title)}</h2>\n<p class="caption">{section.caption}</p>'
    return f'<section id="part-{place}">\n{head}\n{"".join(parts)}\n</section>'
