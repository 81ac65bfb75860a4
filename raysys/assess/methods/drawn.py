"""Sets that models draw: samples of a seed, timed, with what is known of the training."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raysys.assess.listener import Listener, Say
from raysys.assess.methods.method import Made, Method
from raysys.errors import RaysysError
from raysys.models.naming import is_folder, model_uri

if TYPE_CHECKING:
    from raysys.models import GenerativeModel

__all__ = ["Drawing", "draw", "generator", "training_seconds"]

AT_ONCE = 16  # samples between two signs of life


@dataclass(frozen=True)
class Drawing:
    """What every model is asked for.

    Attributes
    ----------
    n, seed
        Number of images, and the seed of the first.
    real
        (N, ...) the real images: models of any size make images of theirs, conditional ones of their phase fractions.
    """

    n: int
    seed: int
    real: np.ndarray


def generator(
    name: str, model: str | GenerativeModel, *, tracking_uri: str | None = None, device: str | None = None
) -> GenerativeModel:
    """Load a model of binary or label images, or look whether one that is loaded is of such a kind.

    Parameters
    ----------
    name
        Of the set, for sentences.
    model
        Registered name, URI, folder, or the model itself.
    tracking_uri
        Of MLflow.
    device
        Where it draws; by default where it is, which of one that is loaded here is the CPU.

    Raises
    ------
    RaysysError
        If it is not there, makes no images, or images without phases.
    """
    from raysys.models import GenerativeModel, load

    if isinstance(model, str):
        model = load(model, tracking_uri=tracking_uri, kind=GenerativeModel)
    if not isinstance(model, GenerativeModel):
        raise RaysysError(f"--model {name} is a {type(model).__name__}, which makes no images")
    kind = model.card.images.kind
    if kind not in ("binary", "labels"):
        raise RaysysError(
            f"--model {name} makes {kind} images; allowed: models of binary ones or of labels, which have phases"
        )
    return model if device is None else model.to(device)


def draw(
    name: str, model: GenerativeModel, drawing: Drawing, *, source: str, training: float, listener: Listener
) -> Made:
    """Draw and time images; a conditional model is asked for the phase fractions of the real ones.

    Parameters
    ----------
    name
        Of the set.
    model
        Of images of the real ones' kind, with as many axes.
    drawing
        What is asked for.
    source, training
        Where the model comes from, and the seconds that its training took, for the method.
    listener
        Is told how far it is, and what the model could not do.
    """
    shape, n, seed = drawing.real.shape[1:], drawing.n, drawing.seed
    size = list(shape) if model.any_size else None
    condition, note = _condition(model, name, drawing, listener.say)
    model.sample(1, seed=seed, size=size)  # what is only done once is no part of an image's time
    told = listener.counting(f"samples of {name}", "images")
    parts, seconds = [], 0.0
    for start in range(0, n, AT_ONCE):
        began = time.perf_counter()
        some = None if condition is None else condition[start : start + AT_ONCE]
        parts.append(model.sample(min(AT_ONCE, n - start), seed=seed, size=size, start=start, condition=some))
        seconds += time.perf_counter() - began
        told(start + len(parts[-1]), n)
    images = np.concatenate(parts)
    note += _collapse(name, images, listener.say)
    words = f"seeds {seed} to {seed + n - 1}, timed here on {model.device.type}{note}"
    return Made(images, Method("model", source, training=training, per_image=seconds / n, told=words))


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


def _condition(model: GenerativeModel, name: str, drawing: Drawing, say: Say) -> tuple[np.ndarray | None, str]:
    """What each of n images is asked to have, as the real images have it, and how that is told."""
    from raysys.models import NumberCard

    card = model.card.condition
    if model.form.kind != "binary" or not isinstance(card, NumberCard) or card.name != "phase_fraction":
        return None, ""  # nothing that real images say
    real = drawing.real.reshape(len(drawing.real), -1).mean(axis=1, dtype=np.float64)
    wanted = real[np.linspace(0, len(real) - 1, drawing.n).round().astype(np.int64)]
    asked = np.clip(wanted, card.low, card.high)
    outside = int((asked != wanted).sum())
    if outside:
        say(
            f"{outside} of {drawing.n} phase fractions of the real images lie outside {card.low:g} to {card.high:g}, "
            f"which {name} was trained on; it is asked for the nearer end"
        )
    return asked, "; asked for the phase fractions of the real images"


def _collapse(name: str, images: np.ndarray, say: Say) -> str:
    """Say that a model's images are all alike."""
    if len(images) < 2 or (images != images[:1]).any():
        return ""
    say(f"all images of {name} are the same: its generator has collapsed")
    return "; all images are the same (mode collapse)"


def _run_of(uri: str, tracking_uri: str | None) -> str | None:
    """The MLflow run of a model, by whatever it is called."""
    if is_folder(uri):
        return _noted_run(Path(uri).parent)
    from raysys.models.registry import MODEL_URI, RUN_URI, describe

    run, model = RUN_URI.fullmatch(model_uri(uri)), MODEL_URI.fullmatch(model_uri(uri))
    if run is not None:
        return run["run"]
    if model is None:
        return None
    known = describe(model["name"], tracking_uri=tracking_uri)
    version = int(model["version"] or known.aliases[model["alias"]])
    return next((each.run_id for each in known.versions if each.version == version), None)


def _noted_run(folder: Path) -> str | None:
    """The run that a training has noted in its folder."""
    if not (folder / "run.json").is_file():  # so that the platform is only loaded where there was a training
        return None
    from raysys.train.folders import noted

    return noted(folder).get("run_id")
