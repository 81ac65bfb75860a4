"""Whole data sets, block by block: what an interrupted call has drawn is kept beside the file, and not drawn again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from raysys.data.micro2d.classes import CLASSES
from raysys.data.micro2d.generator import SIZE, VERSION, check
from raysys.data.micro2d.layout import Block, Portion, draw, found, kept, write
from raysys.errors import RaysysError
from raysys.files import written_aside

BLOCK = 250  # images; a second or two of work, and what an interruption may lose for each worker

Spread = Callable[[Sequence[Portion]], Iterator[Block]]


def one_by_one(portions: Sequence[Portion]) -> Iterator[Block]:
    """Draw blocks in this process."""
    return map(draw, portions)


def synthesize(
    path: str | Path,
    counts: Mapping[str, int],
    *,
    seed: int,
    size: int = SIZE,
    spread: Spread = one_by_one,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a data set in MICRO2D's layout, of images that imitate its classes (`micro2d_like`).

    The file appears under its name when it is complete. Until then, blocks of 250 images of a class lie in the folder
    `PATH.parts` beside it; the same call takes them up, and the folder goes when the file is there. A call with more or
    fewer images, or other classes, takes up those that it shares.

    Parameters
    ----------
    path
        HDF5 file; one that is there is replaced in the end.
    counts
        Images by class; `COUNTS` are MICRO2D's own. Image i of a class is the same in every data set of that seed and
        size.
    seed, size
        As for `micro2d_like`.
    spread
        What draws the blocks: `one_by_one`, or `partial(raysys.farm.mapping.mapped, draw)` on Ray, with `draw` of
        `raysys.data.micro2d.layout`; the images are the same.
    progress
        Called with the number of images that are drawn, and of all, after each block.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    RaysysError
        For an unknown class, a count below 1, a negative seed, a size too small for a class, a path that is a folder,
        or a folder of parts that holds blocks of another seed or size.
    """
    target = Path(path)
    portions = portions_of(counts, seed=seed, size=size)
    if target.is_dir():
        raise RaysysError(f"{path} is a folder; name an HDF5 file")
    total = sum(counts.values())
    parts = _opened(target.with_name(f"{target.name}.parts"), seed, size)
    places = {portion: parts / f"{portion.name}-{portion.start:06d}-{portion.stop:06d}.npz" for portion in portions}
    missing = [portion for portion in portions if not places[portion].exists()]
    done = total - sum(portion.stop - portion.start for portion in missing)
    if progress:
        progress(done, total)
    for block in spread(missing):
        kept(block, places[block.portion])
        done += block.portion.stop - block.portion.start
        if progress:
            progress(done, total)
    write(target, counts, (found(portion, place) for portion, place in places.items()), seed=seed, size=size)
    shutil.rmtree(parts)
    return target


def portions_of(counts: Mapping[str, int], *, seed: int, size: int) -> list[Portion]:
    """The blocks that a data set is made of.

    Raises
    ------
    RaysysError
        As `synthesize` says.
    """
    if not counts:
        raise RaysysError(f"no class is asked for; there are {', '.join(CLASSES)}")
    for name, count in counts.items():
        check(name, seed=seed, size=size)
        if count < 1:
            raise RaysysError(f"{name}: {count} images; a class has at least 1")
    return [
        Portion(name, start, min(start + BLOCK, count), seed, size)
        for name, count in counts.items()
        for start in range(0, count, BLOCK)
    ]


def _opened(folder: Path, seed: int, size: int) -> Path:
    asked = {"generator_version": VERSION, "seed": seed, "size": size}
    note = folder / "settings.json"
    if note.exists():
        held = json.loads(note.read_text())
        if held != asked:
            raise RaysysError(
                f"{folder} holds blocks of an unfinished data set of {_told(held)}, and this one is of {_told(asked)}; "
                "finish that one, or delete the folder"
            )
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with written_aside(note) as aside:
        aside.write_text(json.dumps(asked))
    return folder


def _told(settings: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())
