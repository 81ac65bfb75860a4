"""The sets of `raysys compare` beside the real one: samples of models, farms of annealing chains, given images."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.terminal import Bar, by, notice
from raysys.errors import RaysysError
from raysys.models.naming import is_folder, model_uri

if TYPE_CHECKING:
    import numpy as np

    from raysys.assess.methods.method import Method
    from raysys.models import GenerativeModel

REAL = "real"
AT_ONCE = 16  # samples between two signs of life
SHOWN = ("selection", "stages", "moves", "levels", "seed")  # of a schedule, in a farm's signature


@dataclass(frozen=True)
class Made:
    """A set: its images (N, ...) uint8 {0, 1}, and how they were made."""

    images: np.ndarray
    method: Method


def pairs(option: str, given: Sequence[str], example: str, taken: Sequence[str] = ()) -> dict[str, str]:
    """{name: what} of [NAME=]WHAT each; without a name it is that of the folder or file, or WHAT itself.

    Raises
    ------
    RaysysError
        If a name stands twice, is taken by another option, or is not allowed.
    """
    from raysys.models.card import check_name

    found: dict[str, str] = {}
    for text in given:
        name, sign, what = text.partition("=")
        if sign and not (name and what):
            raise RaysysError(f"{option} {text}: write it as {example}")
        if not sign:
            name, what = Path(text).name, text
        if check_name(name, option) in (*found, *taken, REAL):
            raise RaysysError(f"{option} {text}: there is a set {name} already; give each a name of its own: {example}")
        found[name] = what
    return found


def loaded(uris: dict[str, str], tracking_uri: str | None, device: str) -> dict[str, GenerativeModel]:
    """The models, on a device.

    Raises
    ------
    RaysysError
        If one is not there, makes no images, or grey ones.
    """
    from raysys.models import GenerativeModel, load

    models = {}
    for name, uri in uris.items():
        model = load(model_uri(uri), tracking_uri=tracking_uri, kind=GenerativeModel)
        if model.card.images.kind != "binary":
            raise RaysysError(f"--model {name} makes grey images; allowed: models of binary ones, which have phases")
        models[name] = model.to(device)
    return models


def sampled(
    name: str, uri: str, model: GenerativeModel, request: dict[str, Any], training: float, real: np.ndarray
) -> Made:
    """Draw and time images; a conditional model is asked for the phase fractions of the real ones.

    Parameters
    ----------
    request
        n, seed, and shape: that of the real images, taken if the model makes images of any size.
    training
        Seconds, for the method.
    real
        The real images (N, *shape).

    Raises
    ------
    RaysysError
        If its images have another number of axes than the real ones.
    """
    import numpy as np

    from raysys.assess.methods.method import Method

    shape, n, seed = request["shape"], request["n"], request["seed"]
    if len(model.native_size) != len(shape):
        raise RaysysError(
            f"--model {name} makes images of {by(model.native_size)} pixels, and the real ones have {by(shape)}; "
            "allowed: as many axes"
        )
    size = list(shape) if model.any_size else None
    asked, note = _asked_of(model, name, real, n)
    model.sample(1, seed=seed, size=size)  # what is only done once is no part of an image's time
    parts, seconds = [], 0.0
    with Bar(f"samples of {name}", "of") as bar:
        for start in range(0, n, AT_ONCE):
            began = time.perf_counter()
            some = None if asked is None else asked[start : start + AT_ONCE]
            parts.append(model.sample(min(AT_ONCE, n - start), seed=seed, size=size, start=start, condition=some))
            seconds += time.perf_counter() - began
            bar.update(start + len(parts[-1]), n, of="images")
    images = np.concatenate(parts)
    told = f"seeds {seed} to {seed + n - 1}, timed here on {model.device.type}{note}{_collapse(name, images)}"
    return Made(images, Method("model", uri, training=training, per_image=seconds / n, told=told))


def _asked_of(model: GenerativeModel, name: str, real: np.ndarray, n: int) -> tuple[np.ndarray | None, str]:
    """What each of n images is asked to have, as the real images have it, and how that is told."""
    import numpy as np

    card = model.card.condition
    if card is None:
        return None, ""
    found = real.reshape(len(real), -1).mean(axis=1, dtype=np.float64)
    wanted = found[np.linspace(0, len(found) - 1, n).round().astype(np.int64)]
    asked = np.clip(wanted, card.low, card.high)
    outside = int((asked != wanted).sum())
    if outside:
        notice(
            f"{outside} of {n} phase fractions of the real images lie outside {card.low:g} to {card.high:g}, which "
            f"{name} was trained on; it is asked for the nearer end"
        )
    return asked, "; asked for the phase fractions of the real images"


def training_seconds(uri: str, tracking_uri: str | None) -> float:
    """How long the MLflow run that left the model took, by the clock; NaN where no training is known.

    Only runs of `raysys train` and trials of sweeps count: the run of a model that was registered by hand is none.
    """
    try:
        run_id = _run_of(uri, tracking_uri)
        if run_id is None:
            return math.nan
        from raysys.models.registry import tracking_client

        run = tracking_client(tracking_uri, existing=True).get_run(run_id)
    except Exception:  # whatever MLflow lacks, the time of a training is only told in passing
        return math.nan
    if run.data.tags.get("raysys.kind") not in ("train", "trial") or not run.info.end_time:
        return math.nan
    return float(run.info.end_time - run.info.start_time) / 1000


def farm(name: str, folder: Path) -> Made:
    """What `raysys anneal` has left in a folder, complete.

    Raises
    ------
    RaysysError
        If it is no such folder, or chains are missing.
    """
    from raysys.assess.methods.method import Method

    if not (folder / "chains" / "farm.npz").is_file():
        raise RaysysError(f"--annealed {folder} is no folder of raysys anneal: it has no chains/farm.npz")
    rows = _chains(folder)
    images, fractions = _images(folder), [float(row["phase_fraction"]) for row in rows]
    if len(images) != len(rows):
        raise RaysysError(
            f"--annealed {folder} holds {len(images)} images of {len(rows)} chains; the same raysys anneal command "
            "writes them anew"
        )
    seconds = [float(row["seconds"]) for row in rows]
    told = f"{len(rows)} chains, {sum(seconds):.3g} s of one core in all; {_schedule(folder)}"
    middle = sorted(seconds)[len(seconds) // 2]
    method = Method("annealed", str(folder), asked=_asked(folder), per_image=middle, told=told)
    return Made(_phase_of(images, fractions, folder), method)


def _run_of(uri: str, tracking_uri: str | None) -> str | None:
    """The MLflow run of a model, by whatever it is called."""
    from raysys.models.registry import MODEL_URI, RUN_URI, describe
    from raysys.train.folders import noted

    if is_folder(uri):
        return noted(Path(uri).parent).get("run_id")
    run, model = RUN_URI.fullmatch(model_uri(uri)), MODEL_URI.fullmatch(model_uri(uri))
    if run is not None:
        return run["run"]
    if model is None:
        return None
    known = describe(model["name"], tracking_uri=tracking_uri)
    version = int(model["version"] or known.aliases[model["alias"]])
    return next((one.run_id for one in known.versions if one.version == version), None)


def _collapse(name: str, images: np.ndarray) -> str:
    """Say that a model's images are all alike."""
    if len(images) < 2 or (images != images[:1]).any():
        return ""
    notice(f"all images of {name} are the same: its generator has collapsed")
    return "; all images are the same (mode collapse)"


def _chains(folder: Path) -> list[dict[str, str]]:
    """The rows of energies.csv; whatever is missing is counted."""
    under_way = {int(path.stem.split("-")[1]) for path in (folder / "chains").glob("chain-*.npz")}
    path = folder / "energies.csv"
    if not path.is_file():
        count = f"{_ended(folder)} chains have ended, and {len(under_way)} are under way"
        raise _incomplete(folder, f"its farm was interrupted ({count})")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    failed = {int(row["chain"]) for row in rows if row["failed"]}
    ended = {int(row["chain"]) for row in rows} - failed
    missing = sorted((failed | under_way | set(range(max(ended | failed, default=-1) + 1))) - ended)
    if missing or not ended:
        count = max(ended | set(missing), default=-1) + 1
        which = f" ({', '.join(map(str, missing[:8]))}{', ...' if len(missing) > 8 else ''})"
        raise _incomplete(folder, f"{len(missing)} of {count} chains are missing{which}")
    return rows


def _ended(folder: Path) -> int:
    from raysys.farm.archive import read_archive
    from raysys.farm.folder import ENDED

    found = [read_archive(path, ENDED)[0] for path in (folder / "chains").glob("ended-*.npz")]
    return sum(len(one["chains"]) for one in found)


def _incomplete(folder: Path, what: str) -> RaysysError:
    return RaysysError(f"--annealed {folder} is not complete: {what}; the same raysys anneal command goes on with them")


def _images(folder: Path) -> np.ndarray:
    from raysys.data import read_images

    found = [path for name in ("images.tif", "images.npy", "volumes") if (path := folder / name).exists()]
    if not found:
        raise RaysysError(f"--annealed {folder} holds no images; the same raysys anneal command writes them anew")
    if found[0].name != "volumes":
        stack = read_images(found[0])
        return stack if stack.ndim == 3 else stack[None]
    import numpy as np

    return np.stack([read_images(path).squeeze() for path in sorted(found[0].iterdir())])


def _phase_of(images: np.ndarray, fractions: list[float], folder: Path) -> np.ndarray:
    """The phase of interest as 1: the stored value whose share in each image is the one that the farm has noted."""
    import numpy as np

    for value in np.unique(images)[::-1]:
        found = images == value
        if all(float(one.mean()) == fraction for one, fraction in zip(found, fractions, strict=True)):
            return found.view(np.uint8)
    raise RaysysError(f"--annealed {folder}: its images do not have the phase fractions of its energies.csv")


def _asked(folder: Path) -> tuple[str, ...]:
    """Names of the target's terms."""
    import numpy as np

    if not (folder / "target.npz").is_file():
        return ()
    with np.load(folder / "target.npz", allow_pickle=False) as held:
        return tuple(dict.fromkeys(key.split("/")[0] for key in held.files if key.endswith("/weight")))


def _schedule(folder: Path) -> str:
    from raysys.farm.archive import read_archive
    from raysys.farm.folder import FARM

    held = read_archive(folder / "chains" / "farm.npz", FARM)[0]["signature"]
    return ", ".join(f"{name} {held[name]}" for name in SHOWN if name in held)
