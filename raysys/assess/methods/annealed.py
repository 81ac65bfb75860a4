"""Sets that `raysys anneal` has left in a folder: images, what their chains were asked for, and how long they took."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from raysys.anneal.order import CHAINS
from raysys.assess.methods.labelling import Values
from raysys.assess.methods.method import Made, Method
from raysys.data.files.reading import read_stored
from raysys.data.sets import label_set
from raysys.errors import RaysysError
from raysys.farm import Holdings, holdings
from raysys.spacing import Spacing, known_along

__all__ = ["annealed", "is_annealed"]

SHOWN = ("selection", "stages", "moves", "levels", "seed")  # of a schedule, in a farm's signature
LISTED = 8  # missing chains that a sentence names


def is_annealed(folder: Path) -> bool:
    """Whether a folder is one that `raysys anneal` keeps its chains in, complete or not."""
    return (folder / "chains" / "farm.npz").is_file()


def annealed(folder: Path, phases: Values | None = None) -> Made:
    """Read what a complete farm of chains has left: the phase of interest, or all `phases`.

    Raises
    ------
    RaysysError
        If it is no such folder, chains are missing, or its images hold other phases.
    """
    if not is_annealed(folder):
        raise RaysysError(f"--annealed {folder} is no folder of raysys anneal: it has no chains/farm.npz")
    rows = _chains(folder)
    (images, spacing), fractions = _images(folder), [float(row["phase_fraction"]) for row in rows]
    if len(images) != len(rows):
        raise RaysysError(
            f"--annealed {folder} holds {len(images)} images of {len(rows)} chains; the same raysys anneal command "
            "writes them anew"
        )
    seconds = [float(row["seconds"]) for row in rows]
    told = f"{len(rows)} chains, {sum(seconds):.3g} s of one core in all; {_schedule(folder)}"
    middle = sorted(seconds)[len(seconds) // 2]
    method = Method("annealed", str(folder), asked=_asked(folder), per_image=middle, told=told)
    if phases is not None:
        stored = _stored(images, folder)
        return Made(label_set(stored, phases, name=f"--annealed {folder}", dims=images.ndim - 1), method, spacing)
    return Made(_phase_of(images, fractions, folder), method, spacing)


def _chains(folder: Path) -> list[dict[str, str]]:
    """The rows of energies.csv; whatever is missing is counted."""
    under_way = {int(path.stem.split("-")[1]) for path in (folder / "chains").glob("chain-*.npz")}
    path, holds = folder / "energies.csv", _holdings(folder)
    if not path.is_file():
        count = f"{holds.ended} chains have ended, and {len(under_way)} are under way"
        raise _incomplete(folder, f"its farm was interrupted ({count})")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    failed = {int(row["chain"]) for row in rows if row["failed"]}
    ended = {int(row["chain"]) for row in rows} - failed
    # A later run may have asked for more than the table has; old farms do not say how many.
    wanted = max(holds.jobs or 0, max(ended | failed, default=-1) + 1)
    missing = sorted((failed | under_way | set(range(wanted))) - ended)
    if missing or not ended:
        total = max(ended | set(missing), default=-1) + 1
        which = f" ({', '.join(map(str, missing[:LISTED]))}{', ...' if len(missing) > LISTED else ''})"
        raise _incomplete(folder, f"{len(missing)} of {total} chains are missing{which}")
    return rows


def _incomplete(folder: Path, what: str) -> RaysysError:
    return RaysysError(f"--annealed {folder} is not complete: {what}; the same raysys anneal command goes on with them")


def _images(folder: Path) -> tuple[np.ndarray, Spacing | None]:
    """All images, and how far their pixels are apart."""
    paths = [path for name in ("images.tif", "images.npy", "volumes") if (path := folder / name).exists()]
    if not paths:
        raise RaysysError(f"--annealed {folder} holds no images; the same raysys anneal command writes them anew")
    if paths[0].name != "volumes":
        stack = read_stored(paths[0])
        return stack.array if stack.array.ndim == 3 else stack.array[None], known_along(stack.spacing, 2)
    volumes = [read_stored(path) for path in sorted(paths[0].iterdir())]
    return np.stack([one.array.squeeze() for one in volumes]), known_along(volumes[0].spacing, 3)


def _stored(images: np.ndarray, folder: Path) -> np.ndarray:
    """The values that the target's images had: pictures of 0 and 1 alone show 1 as 255."""
    if not (folder / "target.npz").is_file():
        return images
    with np.load(folder / "target.npz", allow_pickle=False) as target:
        of_two = target["values"].tolist() == [0, 1]
    return images // 255 if of_two and images.max() > 1 else images


def _phase_of(images: np.ndarray, fractions: list[float], folder: Path) -> np.ndarray:
    """The phase of interest as 1: the stored value whose share in each image is the one that the farm has noted."""
    for value in np.unique(images)[::-1]:
        marked = images == value
        if all(float(image.mean()) == fraction for image, fraction in zip(marked, fractions, strict=True)):
            return marked.view(np.uint8)
    raise RaysysError(f"--annealed {folder}: its images do not have the phase fractions of its energies.csv")


def _asked(folder: Path) -> tuple[str, ...]:
    """Names of the target's terms."""
    if not (folder / "target.npz").is_file():
        return ()
    with np.load(folder / "target.npz", allow_pickle=False) as stored:
        return tuple(dict.fromkeys(key.split("/")[0] for key in stored.files if key.endswith("/weight")))


def _holdings(folder: Path) -> Holdings:
    return holdings(folder / "chains", CHAINS)


def _schedule(folder: Path) -> str:
    signature = _holdings(folder).signature
    return ", ".join(f"{name} {signature[name]}" for name in SHOWN if name in signature)
