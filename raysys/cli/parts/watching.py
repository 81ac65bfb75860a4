"""A farm while it runs: a bar, or with --watch a table, a picture and a page that a browser reloads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from raysys.cli.parts.terminal import Bar, number, wrote

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from raysys.farm import Nouns, Progress

BARS = "▁▂▃▄▅▆▇█"
HALVES = " ▀▄█"  # by whether the upper and the lower half of a character are dark
COLUMNS, LINES = 48, 24  # of the picture at most, characters
SPARKS = 48  # characters of the curve


@contextmanager
def watching(nouns: Nouns, jobs: int, page: Path | None) -> Iterator[Callable[[Progress], None]]:
    """Show a farm of so many jobs; yields what is called with its progress.

    Parameters
    ----------
    nouns, jobs
        What things are called in the farm, and how many jobs it has.
    page
        HTML file of the live view; None for a bar alone.
    """
    with ExitStack() as stack:
        views: list[Callable[[Progress], None]] = []
        console = Console(stderr=True)
        # In a job's log a table drawn anew four times a second would be thousands of lines.
        if page is not None and console.is_terminal:
            views.append(stack.enter_context(_table(nouns, console)))
        else:
            views.append(stack.enter_context(_bar(nouns, jobs)))
        if page is not None:
            views.append(stack.enter_context(_live_page(nouns, page)))

        def heard(progress: Progress) -> None:
            for view in views:
                view(progress)

        yield heard


@contextmanager
def _bar(nouns: Nouns, jobs: int) -> Iterator[Callable[[Progress], None]]:
    with Bar(nouns.work, nouns.jobs, nouns.measure, "workers", "left") as bar:

        def update(progress: Progress) -> None:
            pending = f", {progress.pending} pending" if progress.pending else ""
            fields = {nouns.jobs: f"{progress.finished}/{jobs}", nouns.measure: number(progress.median)}
            fields |= {"workers": f"{progress.workers}{pending}", "left": clock(progress.seconds_left)}
            # A bar counts whole numbers; jobs end seldom, and a thousandth is what one sees move.
            bar.update(round(1000 * progress.fraction), 1000, **fields)

        yield update


@contextmanager
def _table(nouns: Nouns, console: Console) -> Iterator[Callable[[Progress], None]]:
    medians: list[float] = []
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def update(progress: Progress) -> None:
            medians.append(progress.median)
            live.update(view(nouns, progress, medians))

        yield update


@contextmanager
def _live_page(nouns: Nouns, path: Path) -> Iterator[Callable[[Progress], None]]:
    from raysys.report.annealing.live import LivePage

    page = LivePage(path, f"{nouns.work.capitalize()} into {path.parent.name}", nouns)
    wrote(path, f"open it in a browser; it reloads itself while {nouns.jobs} run")
    try:
        yield page.update
    # Of Ctrl-C too: a page that goes on saying that it runs is wrong.
    except BaseException as error:
        page.end("interrupted" if isinstance(error, KeyboardInterrupt) else f"failed: {error}")
        raise
    page.end()


def view(nouns: Nouns, progress: Progress, medians: Sequence[float]) -> Table:
    """Numbers of a farm beside the picture of the job that moved last."""
    numbers = Table.grid(padding=(0, 2))
    failed = f", {progress.failed} failed" if progress.failed else ""
    pending = f", {progress.pending} waiting for room" if progress.pending else ""
    for name, value in (
        (f"{nouns.jobs} done", f"{progress.finished} of {progress.jobs}{failed}"),
        (f"{nouns.measure} lowest", number(progress.lowest)),
        ("median", number(progress.median)),
        ("highest", number(progress.highest)),
        ("median so far", sparkline(medians)),
        (f"{nouns.unit}/s", f"{progress.rate:,.0f}"),
        ("done", f"{progress.fraction:.0%}"),
        ("time left", clock(progress.seconds_left)),
        ("workers", f"{progress.workers}{pending}"),
        ("picture", f"{nouns.job} {progress.job}, {nouns.step} {progress.step} of {progress.steps}"),
    ):
        numbers.add_row(Text(name, style="dim"), value)
    whole = Table.grid(padding=(0, 4))
    image = progress.image
    whole.add_row(numbers, Text("" if image is None else blocks(image)))
    return whole


def sparkline(values: Sequence[float], width: int = SPARKS) -> str:
    """Positive numbers as bars of the height of their logarithm, at most `width` of them."""
    held = [math.log10(value) for value in values if value > 0 and math.isfinite(value)]
    if len(held) > width:
        held = [held[k * (len(held) - 1) // (width - 1)] for k in range(width)]
    if not held:
        return ""
    low, high = min(held), max(held)
    return "".join(BARS[round((len(BARS) - 1) * (value - low) / (high - low))] if high > low else "▄" for value in held)


def blocks(image: np.ndarray, columns: int = COLUMNS, lines: int = LINES) -> str:
    """An image (or the middle slice of a volume) in characters of two pixels each, the brighter half of values dark."""
    import numpy as np

    flat = image[len(image) // 2] if image.ndim == 3 else image
    step = max(1, -(-flat.shape[1] // columns), -(-flat.shape[0] // (2 * lines)))
    rows, across = (max(1, side // step) for side in flat.shape)
    cut = flat[: rows * step, : across * step].astype(np.float64)
    means = cut.reshape(rows, step, across, step).mean(axis=(1, 3)) if step > 1 else cut
    # Labels have any number of values: what is above half of the largest is drawn.
    dark = means * 2 >= max(float(flat.max()), 1)
    if rows % 2:
        dark = np.concatenate([dark, np.zeros((1, across), bool)])
    codes = dark[::2] + 2 * dark[1::2]
    return "\n".join("".join(HALVES[code] for code in row) for row in codes)


def clock(seconds: float | None) -> str:
    """Seconds as 1:02:03 or 2:03; a dash for what is not known."""
    if seconds is None or not math.isfinite(seconds):
        return "-"
    whole = round(seconds)
    hours = f"{whole // 3600}:{whole // 60 % 60:02d}" if whole >= 3600 else f"{whole // 60}"
    return f"{hours}:{whole % 60:02d}"
