"""Real images and what damage makes of their numbers: measured once for a reference, and kept."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raysys import __version__
from raysys.assess.listener import Listener
from raysys.assess.power.rungs import COPIES, Level, Rung, rungs_of
from raysys.cache import cache_folder
from raysys.files import written_aside
from raysys.stats import characterise
from raysys.stats.sets.vectors import Vectors, vectors_of

__all__ = ["Ladder", "Pool", "ladder_of"]

FORMAT = "raysys ladder 1"
MOST = 512  # real images that are damaged
PIXELS = 1 << 25  # of all of them: eight times 128 images of 128 x 128, or 128 volumes of 64


@dataclass(frozen=True)
class Pool:
    """Real images that are damaged.

    Attributes
    ----------
    images
        (N, ...) uint8 {0, 1}.
    groups
        (N,) labels of the blocks they stay in; None where they are independent.
    """

    images: np.ndarray
    groups: np.ndarray | None = None

    @classmethod
    def of(cls, images: np.ndarray, groups: np.ndarray | None = None) -> Pool:
        """As many as can be measured soon, evenly spaced."""
        most = max(1, min(MOST, PIXELS // max(1, images[0].size)))
        kept = np.linspace(0, len(images) - 1, min(most, len(images))).astype(int)
        return cls(np.ascontiguousarray(images[kept]), None if groups is None else np.asarray(groups)[kept])

    @property
    def blocks(self) -> np.ndarray:
        """(N,) numbers 0, 1, ... of the blocks; of independent images each is its own."""
        if self.groups is None:
            return np.arange(len(self.images))
        return np.unique(self.groups, return_inverse=True)[1]


@dataclass(frozen=True)
class Ladder:
    """Numbers of real images as they are, and on each rung of damage.

    Attributes
    ----------
    pool
        The images.
    clean
        Their vectors.
    damaged
        {rung: vectors of the same images in the same order}.
    folder
        Where it is kept.
    """

    pool: Pool
    clean: Vectors
    damaged: dict[Rung, Vectors]
    folder: Path


def ladder_of(
    pool: Pool,
    descriptors: Sequence[str],
    options: dict[str, Any],
    level: Level,
    listener: Listener = Listener(),
    *,
    name: str = "",
    rungs: Sequence[Rung] | None = None,
) -> Ladder:
    """Damage real images and measure them; what was measured of the same images before is read.

    Files lie below `power` in the cache, in a folder named for the images, the descriptors and their options, one for
    each rung, so that a full ladder goes on from a quick one. Damage is seeded by rung.

    Parameters
    ----------
    pool
        Real images.
    descriptors, options
        As `raysys.stats.characterise` takes them.
    level
        "quick" or "full".
    listener
        Is told how far it is.
    name
        Of the phase, for the listener.
    rungs
        Instead of those of the level.
    """
    folder = cache_folder() / "power" / _key(pool, descriptors, options)
    asked = list(rungs_of(level) if rungs is None else rungs)
    tell = listener.counting(f"damaging real images{f', {name}' if name else ''}", "rungs")

    def measured(images: np.ndarray) -> Vectors:
        return vectors_of(characterise(images, descriptors, **options))

    clean = _kept(folder / "clean.npz", lambda: measured(pool.images))
    damaged: dict[Rung, Vectors] = {}
    for done, rung in enumerate(asked, start=1):
        if rung.damage.name == COPIES:
            damaged[rung] = clean  # what is copied is chosen with each draw
        else:
            damaged[rung] = _kept(folder / f"{rung.key}.npz", lambda rung=rung: measured(_damaged(pool, rung)))
        tell(done, len(asked))
    return Ladder(pool, clean, damaged, folder)


def _damaged(pool: Pool, rung: Rung) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(rung.key.encode()).digest()[:8], "big")
    return rung.damage.apply(pool.images, rung.strength, np.random.default_rng(seed))


def _key(pool: Pool, descriptors: Sequence[str], options: dict[str, Any]) -> str:
    """Of everything that the numbers depend on."""
    words = json.dumps([FORMAT, __version__, list(descriptors), options, pool.images.shape], sort_keys=True)
    digest = hashlib.sha256(words.encode())
    digest.update(np.packbits(pool.images).tobytes())
    digest.update(pool.blocks.astype(np.int64).tobytes())
    return digest.hexdigest()[:24]


def _kept(path: Path, measure: Any) -> Vectors:
    """Vectors out of a file, or measured and written into it; one that cannot be read is written anew."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return Vectors({name: stored[name] for name in stored["names"].tolist()})
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        vectors: Vectors = measure()
    arrays: dict[str, Any] = dict(vectors.groups)
    # A group's name may hold a slash, which is a folder in an archive and allowed.
    with written_aside(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, names=np.array(list(vectors.groups)), **arrays)
    return vectors
