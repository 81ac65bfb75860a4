"""Samples larger than memory: drawn slab by slab, and written to a file that goes on where it was interrupted.

A slab is as thick as the network's blocks along the first axis, and lies on the same grid as they do, so that no block
is computed twice and every pixel has the bits that `GenerativeModel.sample` gives it. Only around slabs that are
cleaned blocks are made again, and these slabs are thicker for that.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import raysys
from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.form import Form
from raysys.models.generative import GenerativeModel, Request
from raysys.models.sampling import array_dtype, array_shape
from raysys.models.stores import Store, replaceable, store
from raysys.models.window import Window

# Blocks of a slab of samples that are cleaned: each is made with the blocks around it, of which a thick slab has fewer.
BLOCKS_CLEANED = 4
MOST_BYTES = 2**28  # of a slab that is written at once; the blocks of a volume may be thick and its slices large

Progress = Callable[[int, int], Any]


@dataclass(frozen=True)
class Slab:
    """A part of an image of a request that is drawn at once.

    Attributes
    ----------
    image
        Number of the image.
    start
        Where the part begins in the image, along the first two axes; along the others it is whole.
    window
        Where it lies in the endless image.
    """

    image: int
    start: tuple[int, int]
    window: Window


@dataclass(frozen=True)
class Written:
    """A file of samples.

    Attributes
    ----------
    path
        Where it is.
    shape
        Of the array in it, (n, *size) with a last axis for colours.
    means
        float64 (n, values): the phase fraction of each binary image, the share of every phase in label images, the mean
        of grey ones and of each colour.
    """

    path: Path
    shape: tuple[int, ...]
    means: np.ndarray


def slabs(model: GenerativeModel, request: Request, most: int | None = None) -> list[Slab]:
    """How a request is cut: image by image, along the first axis; along the second one too if a slab has over `most`.

    `most` is in bytes.
    """
    window, block = request.window, model.lattice.block
    thickness = block[0] * (1 if model.cleaning(request) is None else BLOCKS_CLEANED)
    row = np.prod(array_shape(model.form, 1, window.size, grey=request.grey)[3:], dtype=np.int64)
    row *= thickness * array_dtype(model.form, grey=request.grey).itemsize
    columns = [(0, window.origin[1], window.size[1])]
    if most is not None and row * window.size[1] > most:
        columns = _cut(request, 1, max(1, int(most // (row * block[1]))) * block[1])
    rest = (window.origin[2:], window.size[2:])
    return [
        Slab(image, (first, second), Window((top, left, *rest[0]), (rows, width, *rest[1]), window.period))
        for image in range(len(request.seeds))
        for first, top, rows in _cut(request, 0, thickness)
        for second, left, width in columns
    ]


def _cut(request: Request, axis: int, thickness: int) -> list[tuple[int, int, int]]:
    """(first pixel in the image, first pixel in the endless image, pixels) of each part along an axis."""
    length, origin, roll = request.window.size[axis], request.window.origin[axis], request.roll[axis]
    parts, done = [], 0
    while done < length:
        # A rolled image begins inside its period, and goes on at 0 where that ends.
        start = (roll + done) % length if request.window.period is not None else origin + done
        end = length if request.window.period is not None else origin + length
        pixels = min(thickness - start % thickness, end - start, length - done)
        parts.append((done, start, pixels))
        done += pixels
    return parts


def draw_slab(
    model: GenerativeModel, request: Request, slab: Slab, *, show: Callable[[int], Any] | None = None
) -> np.ndarray:
    """A slab (rows, columns, *rest of the size, ...); `show` is told how many blocks have just been made."""
    images = slice(slab.image, slab.image + 1)
    drawn: np.ndarray = model.draw(request, window=slab.window, images=images, show=show)[0]
    # Along axes that are cut, the parts are in the order of the rolled image already.
    whole = [axis for axis, size in enumerate(request.window.size) if slab.window.size[axis] == size]
    moved = {axis: -request.roll[axis] for axis in whole if request.roll[axis] and axis > 0}
    return np.roll(drawn, list(moved.values()), list(moved)) if moved else drawn


def stream(model: GenerativeModel, n: int = 1, **options: Any) -> Iterator[np.ndarray]:
    """What `model.sample(n, **options)` returns, in slabs along the first axis of each image, one after the other.

    Yields
    ------
    (rows, *rest of the size), of the sample's number type; memory is that of one slab
    """
    request = model.request(n, **options)
    for slab in slabs(model, request):
        yield draw_slab(model, request, slab)


def write_sample(
    model: GenerativeModel,
    path: str | Path,
    *,
    n: int = 1,
    progress: Progress | None = None,
    resume: bool = True,
    **options: Any,
) -> Written:
    """Write samples to a file, slab by slab.

    What is written grows beside `path`, as PATH.part, and PATH.part.json says which slabs are done. If the process is
    killed, the same call goes on after the last of them; `path` itself appears when it is complete, with the bytes that
    it has when nothing interrupts it.

    Parameters
    ----------
    model
        Whose samples.
    path
        `.npy` and `.zarr` hold the array that `model.sample` returns; `.tif` one page for each slice, phase 1 as 255,
        colours in 256 steps.
    n
        Number of images.
    progress
        Called with the blocks that are made and how many there are.
    resume
        Go on with what an earlier call left; otherwise begin anew.
    options
        `seed`, `size`, `origin`, `condition`, `periodic`, `grey` and `raw`, as of `model.sample`.

    Raises
    ------
    RaysysError
        If the model cannot grant the request, what is there belongs to another request, or the disk is full.
    """
    path = Path(path)
    request = model.request(n, **options)
    form, grey = model.form, request.grey
    shape, dtype = array_shape(form, n, request.window.size, grey=grey), array_dtype(form, grey=grey)
    if path.exists() and not replaceable(path):
        raise RaysysError(f"{path} exists and is no {path.suffix.lower()} of samples; name another")
    target = store(path, form, shape, dtype, model.card.images.pixel_size)
    part = target.path = path.with_name(f"{path.name}.part")
    record = Record(part.with_name(f"{part.name}.json"), fingerprint(model, request))
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        means = _fill(target, record, model, request, progress, resume)
        target.tidy()
        _settle(part, path)
        record.path.unlink()
    except OSError as error:
        raise RaysysError(_full(path, target, record, error)) from error
    return Written(path, shape, means)


@dataclass(frozen=True)
class Record:
    """The file that says which slabs of a request are done, and what was summed over them."""

    path: Path
    fingerprint: str

    def read(self, resume: bool) -> tuple[int, np.ndarray | None]:
        """Slabs that are done, and their sums; 0 and None to begin anew."""
        if not resume or not self.path.is_file():
            return 0, None
        try:
            record = json.loads(self.path.read_text())
            fingerprint, done, sums = record["fingerprint"], int(record["done"]), np.array(record["sums"])
        except (ValueError, KeyError, TypeError):
            raise RaysysError(f"{self.path} is damaged; delete it, and what it tells of is begun anew") from None
        if fingerprint != self.fingerprint:
            raise RaysysError(
                f"{self.path} tells of another request than this one, begun by raysys {record.get('raysys_version')}; "
                "repeat that one to go on, name another file, or delete it to begin anew"
            )
        return done, sums

    def write(self, done: int, total: int, sums: np.ndarray) -> None:
        """Note that the first `done` slabs are on disk."""
        content = {"fingerprint": self.fingerprint, "done": done, "slabs": total, "sums": sums.tolist()}
        with written_aside(self.path) as aside:
            aside.write_text(json.dumps(content | {"raysys_version": raysys.__version__}))


def fingerprint(model: GenerativeModel, request: Request) -> str:
    """What the bits of a sample and its slabs depend on: weights, request, and whether a GPU computes it."""
    seen = hashlib.sha256()
    for name, value in sorted(model.network.state_dict().items()):
        seen.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    asked = None if request.asked is None else request.asked.as_request()
    facts: list[Any] = [model.card.architecture, model.card.hyperparameters, model.card.images.kind, model.device.type]
    facts += [request.seeds, request.window.origin, request.window.size, request.window.period, request.roll]
    # How it is cut into slabs, too, by whose number the record says what is done.
    facts += [model.lattice.block, MOST_BYTES]
    if (cleaning := model.cleaning(request)) is not None:
        facts.append([cleaning.model_dump(), BLOCKS_CLEANED])
    seen.update(json.dumps([*facts, request.grey, asked], default=str).encode())
    return seen.hexdigest()


def _fill(
    target: Store,
    record: Record,
    model: GenerativeModel,
    request: Request,
    progress: Progress | None,
    resume: bool,
) -> np.ndarray:
    """Write all slabs that are not there yet, and return the means."""
    cut = slabs(model, request, MOST_BYTES)
    blocks = [model.blocks(request, slab.window) for slab in cut]
    # A part of another request is refused whatever its length is: it may be hours of work.
    done, sums = record.read(resume and target.path.exists())
    if sums is None or not target.complete():
        done = 0
        record.path.unlink(missing_ok=True)  # or it would tell of a file that is no more
        target.create()
        sums = np.zeros((len(request.seeds), model.form.channels))
    made = sum(blocks[:done])

    def show(count: int) -> None:
        nonlocal made
        made += count
        if progress is not None:
            progress(made, sum(blocks))

    for number, slab in enumerate(cut[done:], done):
        drawn = draw_slab(model, request, slab, show=show)
        target.write(slab.image, slab.start, drawn)
        sums[slab.image] += _sums(drawn, model.form, request.grey)
        record.write(number + 1, len(cut), sums)
    return sums / np.prod(request.window.size, dtype=np.int64)


def _sums(drawn: np.ndarray, form: Form, grey: bool) -> np.ndarray:
    """(channels,) over a slab; see `Written.means`."""
    if form.kind == "labels" and not grey:
        return np.bincount(drawn.ravel(), minlength=form.channels).astype(np.float64)
    return drawn.reshape(-1, form.channels).sum(0, dtype=np.float64)


def _settle(part: Path, path: Path) -> None:
    """Give the complete part its name."""
    if part.is_dir() and path.is_dir():
        shutil.rmtree(path)  # a folder is not replaced by renaming another
    part.replace(path)


def _full(path: Path, target: Store, record: Record, error: OSError) -> str:
    """What to say of a disk that refuses; what cannot be gone on with is removed."""
    if isinstance(error, FileNotFoundError):
        return f"{target.path} is gone; another process has finished or removed it"
    needs = f"{path} needs {target.bytes / 1e9:.3g} GB, and it cannot be written ({error.strerror or error})"
    if record.path.is_file():
        return f"{needs}; make room, and the same command goes on"
    shutil.rmtree(target.path) if target.path.is_dir() else target.path.unlink(missing_ok=True)
    return f"{needs}; make room, or name a folder on another disk"
