"""Pictures of any size, on disk, made window by window: what a window's neighbours have made of it stays as it is."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from raysys.errors import RaysysError
from raysys.farm.progress import Progress
from raysys.files import written_aside
from raysys.lock import Lock
from raysys.synthesis.descent import Descent, Plan
from raysys.synthesis.exemplar import as_pixels
from raysys.synthesis.grid import Grid, Window
from raysys.synthesis.large_start import started_in_bands
from raysys.synthesis.order import SynthesisOrder, on_threads
from raysys.synthesis.quilting import BAND
from raysys.synthesis.surroundings import Surroundings
from raysys.synthesis.thresholding import cut_of

__all__ = ["LargePicture", "by_windows"]

SHOWN = 256  # pixels a side of the picture that is shown while it grows
SECONDS = 2.0  # between two calls of progress
Hear = Callable[[Progress], None]


@dataclass(frozen=True, eq=False)
class LargePicture:
    """A picture on disk.

    Attributes
    ----------
    plan
        What it was made by.
    path
        A .npy file (H, W, 1 or 3) of float32 in [0, 1], of binary ones before the threshold.
    seconds
        Of work at it, over all runs that went on with it.
    losses
        The last of each window; of a quilt none.
    notices
        Sentences on what was decided on the way.
    """

    plan: Plan
    path: Path
    seconds: float
    losses: np.ndarray
    notices: tuple[str, ...] = ()

    def bands(self) -> Iterator[np.ndarray]:
        """The image in parts of some rows, as the exemplar is: binary with its phase fraction exactly."""
        kind = self.plan.exemplar.kind
        if kind == "colour":
            yield from self._stored()
            return
        flat = (band[..., 0] for band in self._stored())
        if kind == "grey":
            yield from flat
        elif self.plan.method == "quilting":
            yield from (band.astype(np.uint8) for band in flat)
        else:
            cut = cut_of(self._stored, round(self.plan.fraction * math.prod(self.plan.size)))
            yield from cut.bands(flat)

    @property
    def image(self) -> np.ndarray:
        """The whole, in memory."""
        return np.concatenate(list(self.bands()))

    def _stored(self) -> Iterator[np.ndarray]:
        held = np.load(self.path, mmap_mode="r")
        for first in range(0, len(held), BAND):
            yield np.array(held[first : first + BAND])


@dataclass
class _Record:
    """How far a picture has come, beside it on disk."""

    signature: dict[str, str]
    started: bool = False
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)  # one for each window that is done

    @classmethod
    def read(cls, path: Path, signature: dict[str, str]) -> _Record:
        """That of a folder, or a new one; RaysysError if it is of other settings."""
        if not path.exists():
            return cls(signature)
        try:
            found = cls(**json.loads(path.read_text()))
        except (ValueError, TypeError) as error:
            raise RaysysError(f"{path}: damaged, or not a file of raysys ({error})") from error
        if found.signature != signature:
            names = {**signature, **found.signature}
            differing = [name for name in names if signature.get(name) != found.signature.get(name)]
            raise RaysysError(
                f"{path.parent}: holds a picture of other settings ({', '.join(differing)}); allowed: the settings it "
                "was begun with, or another folder"
            )
        return found

    def write(self, path: Path) -> None:
        """Replace the file."""
        with written_aside(path) as aside:
            aside.write_text(json.dumps(asdict(self)))


def by_windows(
    order: SynthesisOrder, folder: str | Path, *, window: int = 512, number: int = 0, progress: Hear | None = None
) -> LargePicture:
    """Make a picture window by window, in memory that does not depend on its size.

    Windows are made row by row. Each sees 48 pixels around its core: those of earlier cores stay as they are, those of
    later ones are made with it, and are what these begin as. All others begin as one quilt (or noise), which lies on
    disk.

    Parameters
    ----------
    order
        See `raysys.synthesis.order_of`.
    folder
        Where the picture is kept; the same call goes on after the last window that is done, to the same picture. 12
        bytes a pixel, of colours 18, while it is made.
    window
        Side of the windows, in pixels.
    number
        Of the picture: 0, 1, ... are different ones.
    progress
        Called every other second.

    Raises
    ------
    RaysysError
        If the folder holds a picture of other settings, or another process works in it, or windows have no patch.
    """
    if order.plan.method == "patch-match":
        raise RaysysError("patch-match makes pictures in one piece; allowed by windows: any other method")
    grid = Grid.of(order.plan.size, window, periodic=order.plan.periodic)
    work = _Work(order, Path(folder), grid, number, progress)
    with Lock(work.folder, "a picture"):
        return work.done()


class _Work:
    """A picture on its way; see `by_windows`."""

    def __init__(self, order: SynthesisOrder, folder: Path, grid: Grid, number: int, progress: Hear | None) -> None:
        self.order, self.plan, self.folder, self.grid = order, order.plan, folder, grid
        self.number, self.progress = number, progress
        files = (folder / f"{name}-{number:06d}.npy" for name in ("picture", "start", "newest"))
        self.path, self.start, self.newest = files
        self.noted = folder / f"picture-{number:06d}.json"
        signature = order.signature() | {"window": f"{grid.side} with {grid.context} around"}
        self.record = _Record.read(self.noted, signature)
        self.begun, self.told = time.monotonic(), 0.0
        self.loss = math.nan

    def done(self) -> LargePicture:
        """Make what is left to be made."""
        with on_threads(self.order.threads):
            self._begin()
            notices: tuple[str, ...] = ()
            self._put(len(self.record.losses) - 1)
            for window in self.grid.windows() if self.plan.scales else ():
                plan = self._plan_of(window)
                notices = notices or plan.notices
                if window.number >= len(self.record.losses):
                    self._make(window, plan)
        for path in (self.start, self.newest):
            path.unlink(missing_ok=True)
        return LargePicture(self.plan, self.path, self.record.seconds, np.array(self.record.losses), notices)

    def _begin(self) -> None:
        """Lay down what all windows begin as; a quilt is then already the picture."""
        if self.record.started:
            return
        channels = self.plan.sources[0].pixels.shape[1]
        scale = self.plan.scales[0][0] if self.plan.scales else None
        path, size = (self.path, self.plan.size) if scale is None else (self.start, self.plan.size_at(scale))
        held = np.lib.format.open_memmap(path, "w+", np.float32, (*size, channels))
        canvas, first = self.folder / f"canvas-{self.number:06d}.npy", 0
        for band in started_in_bands(self.plan, scale, self.number, canvas):
            held[first : first + len(band)] = band.reshape(len(band), -1, channels)
            first += len(band)
        if scale is not None:
            self._blank(channels)
        held.flush()
        canvas.unlink(missing_ok=True)
        self.record.started = True
        self._keep()

    def _blank(self, channels: int) -> None:
        """A picture of which nothing is made yet."""
        held = np.lib.format.open_memmap(self.path, "w+", np.float32, (*self.plan.size, channels))
        for first in range(0, len(held), BAND):
            held[first : first + BAND] = np.nan
        held.flush()

    def _plan_of(self, window: Window) -> Plan:
        guidance = self.plan.guidance
        if guidance is not None:
            guidance = replace(guidance, target=guidance.target.part(window.at))
        return replace(self.plan, size=window.size, periodic=False, guidance=guidance)

    def _make(self, window: Window, plan: Plan) -> None:
        made = as_pixels(np.load(self.path, mmap_mode="r")[window.at])
        known = torch.from_numpy(self.grid.made_before(window))[None, None]
        surroundings = Surroundings.of(window.number, made, known, as_pixels(self._start_of(window)))
        descent = Descent(plan, self.number, surroundings)
        while not descent.finished:
            descent.advance()
            self.loss = descent.losses[-1]
            self._tell(window.number + descent.step / plan.steps)
        joined = surroundings.joined(descent.pixels.detach(), self.grid.context // 2)
        with written_aside(self.newest) as aside:
            np.save(aside, joined[0].permute(1, 2, 0).numpy())
        self.record.losses.append(self.loss)
        self._keep()
        self._put(window.number)

    def _put(self, number: int) -> None:
        """Put the newest window into the picture; who was killed in it does it again, to the same picture."""
        if number < 0 or not self.newest.exists():
            return
        window = next(one for one in self.grid.windows() if one.number == number)
        held = np.load(self.path, mmap_mode="r+")
        held[window.at] = np.load(self.newest)  # what was known is in it as it was
        held.flush()

    def _start_of(self, window: Window) -> np.ndarray:
        """What a window begins as, at the first scale."""
        start = np.load(self.start, mmap_mode="r")
        places = []
        for along, whole, there in zip((window.rows, window.columns), self.plan.size, start.shape[:2], strict=True):
            length = round(len(along) * there / whole)
            first = round(int(along[0]) * there / whole)
            first = first if self.grid.periodic else min(first, there - length)
            places.append(np.arange(first, first + length) % there)
        found: np.ndarray = start[np.ix_(*places)]
        return found

    def _keep(self) -> None:
        now = time.monotonic()
        self.record.seconds, self.begun = self.record.seconds + now - self.begun, now
        self.record.write(self.noted)

    def _tell(self, windows: float) -> None:
        now = time.monotonic()
        if self.progress is None or now - self.told < SECONDS:
            return
        self.told, share = now, windows / self.grid.count
        spent = self.record.seconds + now - self.begun
        self.progress(
            Progress(
                self.number,
                int(windows),
                self.grid.count,
                self.loss,
                finished=0,
                jobs=1,
                lowest=self.loss,
                median=self.loss,
                highest=self.loss,
                fraction=min(share, 0.999),
                seconds_left=spent * (1 - share) / share if share else None,
                shown=self._shown,
            )
        )

    def _shown(self) -> np.ndarray:
        """The picture as it is, small, in bytes."""
        held = np.load(self.path, mmap_mode="r")
        step = -(-max(held.shape[:2]) // SHOWN)
        small: np.ndarray = np.rint(255 * np.nan_to_num(held[::step, ::step, held.shape[2] // 2])).astype(np.uint8)
        return small
