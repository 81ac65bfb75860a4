"""Prepared images on disk: made once for a training, and mapped from there by every process that trains on them.

A folder holds `image.npy`, the whole image after all preparation, and `facts.json`. Tiles are cut out of the mapped
image, so that overlapping ones take no room, neither on disk nor in the memory of several workers. The folder's name is
made of the source file's content, of the settings that decide on the image (not those that say how it is cut), and of
this room's edition; it is shared by all trainings below one storage folder, and may be deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from raysys.data.files.reading import fingerprint
from raysys.data.large.phases import segment_large
from raysys.data.large.prepared import cached_folder, deciding, facts_of, found_in, is_large
from raysys.data.large.survey import Show
from raysys.data.phases import told_decision
from raysys.data.preparation.prepare import prepared_at_once, say_notices
from raysys.data.preparation.prepared_image import ImageFacts, PreparedImage, cut
from raysys.data.preparation.tiling import Tiles
from raysys.data.preparation.window import with_window
from raysys.data.settings import DataSettings
from raysys.errors import RaysysError
from raysys.files import folder_made_once
from raysys.spacing import told_spacing

EDITION = 3  # of the steps; a change of their results gets a new one, and old folders are not taken
IMAGE, FACTS = "image.npy", "facts.json"
CHECKED_BYTES = 16 << 20  # at a time, of a checksum


def prepared_folder(settings: DataSettings, root: Path, *, show: Show | None = None) -> Path:
    """The folder of a prepared image below `root`, which is made unless it is there and whole.

    Parameters
    ----------
    settings
        Which image, and how it is prepared.
    root
        On a disk that all workers see; several processes may ask for the same at once.
    show
        Is told of a large image how far it is: (rows done, all rows, what is being done).

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the image or does not fit it.

    Warns
    -----
    UserWarning
        As `raysys.data.prepare` does, also if the folder was there.
    """
    settings = with_window(settings)
    digest = fingerprint(settings.images)
    folder = root / _key(settings, digest)
    stands = partial(_stands, settings=settings, digest=digest)
    if not stands(folder):
        folder_made_once(folder, partial(_fill, settings=settings, digest=digest, show=show), stands=stands)
    facts = _facts(folder, settings)
    if facts is not None:
        say_notices(facts)
    return folder


def mapped_tiles(folder: Path, settings: DataSettings) -> Tiles | None:
    """Tiles of the prepared image in a folder, as `raysys.data.prepare` would cut them: training tiles when asked for.

    Parameters
    ----------
    folder
        As `prepared_folder` names it.
    settings
        Those that it was made for; what is said of tiles may differ.

    Returns
    -------
    None if there is no such folder, or it is damaged or of another image.

    Raises
    ------
    RaysysError
        If either side of the cut is smaller than one tile.
    """
    settings = with_window(settings)
    facts, path = _facts(folder, settings), folder / IMAGE
    if facts is None:
        return None
    try:
        image = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return cut(PreparedImage(image, facts, path=path), settings, mapped=True)


def _key(settings: DataSettings, digest: str) -> str:
    said = json.dumps([EDITION, digest, _deciding(settings)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _deciding(settings: DataSettings) -> dict[str, Any]:
    """{field: value} of what decides on the image; slices are prepared one by one where tiles are flat."""
    axes = settings.dims or (None if isinstance(settings.tile, int) else len(settings.tile))
    return deciding(settings) | {"colour": settings.colour, "axes": axes}


def _fill(folder: Path, *, settings: DataSettings, digest: str, show: Show | None) -> None:
    path = folder / IMAGE
    if is_large(settings):
        facts = _write_large(path, settings, digest, show)
    else:
        prepared = prepared_at_once(settings)
        np.save(path, prepared.image)
        facts = prepared.facts
    record = {
        "deciding": _deciding(settings),
        "bytes": path.stat().st_size,
        "checksum": _checksum(path),
        "facts": asdict(facts),
    }
    (folder / FACTS).write_text(json.dumps(record, indent=1))


def _write_large(path: Path, settings: DataSettings, digest: str, show: Show | None) -> ImageFacts:
    """Segment a large image, unless `raysys data` has done so and left it in the cache."""
    cached = cached_folder(settings, digest)
    if not cached.exists():
        return facts_of(segment_large(settings, path, show=show), digest)
    made = found_in(cached)
    try:
        os.link(made.path, path)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(made.path, path)
    return facts_of(made, digest)


def _stands(folder: Path, *, settings: DataSettings, digest: str) -> bool:
    """Whether a folder is of that image and whole, down to its bytes: one that was damaged is not trained on."""
    facts, record = _facts(folder, settings), _record(folder) or {}
    return facts is not None and facts.sha256 == digest and record.get("checksum") == _checksum(folder / IMAGE)


def _facts(folder: Path, settings: DataSettings) -> ImageFacts | None:
    """What is known of the image in a folder, if it is of these settings and has the length that it should have."""
    record = _record(folder)
    # As JSON, in which lists and tuples are the same.
    if record is None or record.get("deciding") != json.loads(json.dumps(_deciding(settings))):
        return None
    try:
        facts = record["facts"]
        read: dict[str, Any] = {"shape_stored": tuple(facts["shape_stored"]), "notices": tuple(facts["notices"])}
        read |= {"spacing": told_spacing(facts["spacing"]), "decision": told_decision(facts["decision"])}
        return ImageFacts(**facts | read)
    except (KeyError, TypeError, RaysysError):
        return None


def _record(folder: Path) -> Mapping[str, Any] | None:
    """What a folder says of itself, if its image has the length that it should have."""
    try:
        record = json.loads((folder / FACTS).read_text())
        whole = record["bytes"] == (folder / IMAGE).stat().st_size
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if whole else None


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as stream:
        while part := stream.read(CHECKED_BYTES):
            found = zlib.crc32(part, found)
    return found
