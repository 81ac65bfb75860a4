"""An annealing while it runs: a bar, or with --watch a table, a picture and a page that a browser reloads."""

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

    from raysys.anneal import Progress

BARS = "▁▂▃▄▅▆▇█"
HALVES = " ▀▄█"  # by whether the upper and the lower half of a character are dark
COLUMNS, LINES = 48, 24  # of the picture at most, characters
SPARKS = 48  # characters of the curve


@contextmanager
def watching(chains: int, page: Path | None) -> Iterator[Callable[[Progress], None]]:
    """Show a farm of so many chains; yields what is called with its progress.

    Parameters
    ----------
    chains
        Of the farm.
    page
        HTML file of the live view; None for a bar alone.
    """
    with ExitStack() as stack:
        views: list[Callable[[Progress], None]] = []
        console = Console(stderr=True)
        if page is not None and console.is_terminal:
            views.append(stack.enter_context(_table(console)))
        else:
            views.append(stack.enter_context(_bar(chains)))
        if page is not None:
            views.append(stack.enter_context(_live_page(page)))

        def heard(progress: Progress) -> None:
            for view in views:
                view(progress)

        yield heard


@contextmanager
def _bar(chains: int) -> Iterator[Callable[[Progress], None]]:
    with Bar("annealing", "chains", "energy", "workers", "left") as bar:

        def update(one: Progress) -> None:
            pending = f", {one.pending} pending" if one.pending else ""
            fields = {"chains": f"{one.finished}/{chains}", "energy": number(one.median)}
            fields |= {"workers": f"{one.workers}{pending}", "left": clock(one.seconds_left)}
            bar.update(round(1000 * one.fraction), 1000, **fields)

        yield update


@contextmanager
def _table(console: Console) -> Iterator[Callable[[Progress], None]]:
    energies: list[float] = []
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def update(one: Progress) -> None:
            energies.append(one.median)
            live.update(view(one, energies))

        yield update


@contextmanager
def _live_page(path: Path) -> Iterator[Callable[[Progress], None]]:
    from raysys.report.annealing.live import LivePage

    page = LivePage(path, f"Annealing into {path.parent.name}")
    wrote(path, "open it in a browser; it reloads itself while chains run")
    try:
        yield page.update
    except BaseException as error:
        page.end("interrupted" if isinstance(error, KeyboardInterrupt) else f"failed: {error}")
        raise
    page.end()


def view(one: Progress, energies: Sequence[float]) -> Table:
    """Numbers of a farm beside the picture of the chain that moved last."""
    numbers = Table.grid(padding=(0, 2))
    failed = f", {one.failed} failed" if one.failed else ""
    pending = f", {one.pending} waiting for a CPU" if one.pending else ""
    for name, told in (
        ("chains done", f"{one.finished} of {one.chains}{failed}"),
        ("energy lowest", number(one.lowest)),
        ("median", number(one.median)),
        ("highest", number(one.highest)),
        ("median so far", sparkline(energies)),
        ("trial moves/s", f"{one.rate:,.0f}"),
        ("done", f"{one.fraction:.0%}"),
        ("time left", clock(one.seconds_left)),
        ("workers", f"{one.workers}{pending}"),
        ("picture", f"chain {one.chain}, stage {one.stage} of {one.stages}"),
    ):
        numbers.add_row(Text(name, style="dim"), told)
    whole = Table.grid(padding=(0, 4))
    image = one.image
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
