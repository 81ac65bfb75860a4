"""A picture too large for memory from the command line: when it is made by windows, and where they are written."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.terminal import by, notice, wrote
from raysys.cli.parts.watching import watching
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.spacing import Spacing
    from raysys.synthesis import LargePicture, SynthesisOrder

__all__ = ["make_large", "window_for"]

USUAL = 512  # pixels a side of windows that nobody asked for
GIGA = 1e9


def window_for(order: SynthesisOrder, asked: int | None) -> int | None:
    """The side of windows, if the picture is made by any: as asked for, or where memory cannot hold it in one piece."""
    from raysys.synthesis.memory import available, bytes_of

    if asked is not None:
        return asked
    needed, free = bytes_of(order.plan), available()
    if needed <= free:
        return None
    size = by(order.plan.size)
    notice(
        f"{size} pixels in one piece take about {needed / GIGA:.1f} GB of memory, and {free / GIGA:.1f} GB may be "
        f"taken, so the picture is made by windows of {USUAL}; --window says otherwise"
    )
    return USUAL


def make_large(
    order: SynthesisOrder, window: int, output: Path, spacing: Spacing | None, *, variations: int, watch: bool
) -> LargePicture:
    """Make a picture by windows and write it part by part."""
    from raysys.data.large.pictures import check_picture_name, write_picture
    from raysys.synthesis import by_windows
    from raysys.synthesis.grid import Grid

    check_picture_name(output)
    if variations > 1:
        raise RaysysError(
            f"--variations {variations} by windows of {window}; allowed: one picture a command, others by --seed"
        )
    plan = order.plan
    grid = Grid.of(plan.size, window, periodic=plan.periodic)
    notice(_forecast(order, grid))
    folder = output.with_name(f"{output.name}.pictures")
    page = output.with_name(f"{output.name}.live.html") if watch else None
    with keeping(lambda: f"the windows that are done are kept in {folder}, to go on: {again()}"):
        with watching(order.nouns, 1, page) as heard:
            made = by_windows(order, folder, window=window, progress=heard)
            for sentence in made.notices:
                notice(sentence)
            write_picture(output, made.bands(), plan.size, kind=plan.exemplar.kind, spacing=spacing)
    wrote(output, f"1 of {by(plan.size)} pixels, by {grid.count} windows")
    shutil.rmtree(folder, ignore_errors=True)
    return made


def _forecast(order: SynthesisOrder, grid: object) -> str:
    from dataclasses import replace

    from raysys.synthesis.grid import Grid
    from raysys.synthesis.memory import bytes_of

    assert isinstance(grid, Grid)
    plan = order.plan
    side = min(grid.side + 8, *plan.size)
    memory = bytes_of(replace(plan, size=(side, side), periodic=False, guidance=None))
    values = math.prod(plan.size) * (3 if plan.exemplar.kind == "colour" else 1)
    # The picture, and at half its size a start with the origins of a quilt.
    disk = 4 * values * 1.25 + 3 * math.prod(plan.size)
    return (
        f"{grid.count} windows of {grid.side} pixels, {grid.context} of them around each core: about "
        f"{memory / GIGA:.1f} GB of memory, and {disk / GIGA:.2g} GB on disk beside the output until it is done"
    )
