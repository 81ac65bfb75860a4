"""Judging autoencoders: one call from data and models to a comparison with images, numbers and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raysys.assess.autoencoding.autoencoded import Autoencoded
from raysys.assess.autoencoding.comparison import AutoencoderComparison, check_baseline, check_some
from raysys.assess.autoencoding.measures import assess
from raysys.assess.autoencoding.models import coders, facts, hyperparameters, loaded, origin
from raysys.assess.autoencoding.originals import Originals, Part, handed_in, kept_aside
from raysys.assess.autoencoding.retention import ClassRetention, class_retention
from raysys.errors import RaysysError
from raysys.stats.paired import published_window

if TYPE_CHECKING:
    from raysys.assess.autoencoding.models import Coder, Judge
    from raysys.assess.listener import Progress, Say
    from raysys.models import Model


def autoencoders(
    data: str | Path | np.ndarray | Mapping[str, np.ndarray],
    models: Mapping[str, str | Path | Model],
    *,
    classes: Sequence[str] | None = None,
    per_class: int | None = None,
    part: Part = "test",
    window: int | None = None,
    classifier: str | Path | Model | None = None,
    baseline: str | None = None,
    tracking_uri: str | None = None,
    say: Say | None = None,
    progress: Progress | None = None,
) -> AutoencoderComparison:
    """Judge autoencoders by what they make of images: errors, sharpness, grains, corners, orientation; class by class.

    Parameters
    ----------
    data
        An HDF5 file in MICRO2D's layout, of which images are taken that no model was trained on (their cards say how
        their data were split); or periodic images uint8 (N, H, W) in {0, 1}, or {class: such images}.
    models
        {name: a registered name, an MLflow URI, a folder, or a model}.
    classes
        Which classes; all by default.
    per_class
        The first so many images of each class; by default 32 of a file and all of those that are handed in.
    part
        Of a file's split.
    window
        Lags a side of the central window of S2; by default the published 50 of 256 pixels.
    classifier
        A classifier of originals, by which it is measured how many autoencodings keep their class.
    baseline
        Name of the model that the others are to beat class by class.
    tracking_uri
        Where MLflow keeps the models.
    say
        Is told at once each of the comparison's `notices`.
    progress
        Takes what is being done, how many are done, how many there are, and of what, after each class of each model:
        ("autoencodings of mse", 3, 20, "classes").

    Raises
    ------
    RaysysError
        If there is no such file, class, model or baseline, a model encodes nothing or is of another size, the
        classifier does not know a class, or images are not as said.
    """
    check_some(len(data) if isinstance(data, np.ndarray | Mapping) else data, models)
    check_baseline(baseline, models)
    named = coders(models, tracking_uri)
    judge = None if classifier is None else _judge(classifier, tracking_uri)
    only = {name: model for name, (_, model) in named.items()}
    originals = _originals(data, only, judge, part=part, classes=classes, per_class=per_class)
    if judge is not None:
        _check_known(judge, originals.images)
    if say:
        for sentence in originals.notices:
            say(sentence)
    lags = window or published_window(min(next(iter(originals.images.values())).shape[1:]))
    made = _autoencoded(named, originals.images, lags, progress)
    retention = {} if judge is None else {name: _retention(judge, originals.images, of) for name, of in made.items()}
    protocol = originals.protocol
    if classifier is not None:
        protocol += (f"Classes are told by {origin(classifier)}, of grey autoencodings as they are.",)
    return AutoencoderComparison(originals.images, made, retention, baseline, protocol, originals.notices)


def _originals(
    data: str | Path | np.ndarray | Mapping[str, np.ndarray],
    models: Mapping[str, Model],
    judge: Model | None,
    *,
    part: Part,
    classes: Sequence[str] | None,
    per_class: int | None,
) -> Originals:
    if isinstance(data, str | Path):
        return kept_aside(data, models, classifier=judge, part=part, classes=classes, per_class=per_class)
    return handed_in(data, classes=classes, per_class=per_class)


def _autoencoded(
    named: Mapping[str, tuple[str, Coder]], originals: Mapping[str, np.ndarray], window: int, progress: Progress | None
) -> dict[str, Autoencoded]:
    made: dict[str, Autoencoded] = {}
    for name, (where, model) in named.items():
        images, numbers = {}, {}
        for kind, of_class in originals.items():
            images[kind] = model.autoencode(of_class, grey=True)
            numbers[kind] = assess(images[kind], of_class, window=window)
            if progress:
                progress(f"autoencodings of {name}", len(images), len(originals), "classes")
        made[name] = Autoencoded(images, numbers, facts(where, model), hyperparameters(model))
    return made


def _judge(classifier: str | Path | Model, tracking_uri: str | None) -> Judge:
    from raysys.models.abilities import Classifies

    judge: Judge = loaded(classifier, Classifies, tracking_uri)
    return judge


def _check_known(judge: Judge, originals: Mapping[str, np.ndarray]) -> None:
    unknown = [name for name in originals if name not in judge.classes]
    if unknown:
        raise RaysysError(
            f"the classifier {judge.name!r} does not know class {unknown[0]!r}; it tells apart "
            f"{', '.join(judge.classes)}"
        )


def _retention(judge: Judge, originals: Mapping[str, np.ndarray], model: Autoencoded) -> ClassRetention:
    targets = np.repeat(list(originals), [len(images) for images in originals.values()])
    given, made = (np.concatenate([of[name] for name in originals]) for of in (originals, model.images))
    return class_retention(judge, given, made, targets)
