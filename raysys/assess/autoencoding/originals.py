"""The images that autoencoders are judged by: those of a file that none was trained on, or what is handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from raysys.assess.autoencoding.models import recipe_of
from raysys.data.micro2d import Micro2D, Micro2DSettings, select
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.models import Model

Part = Literal["test", "validation"]
# What decides which image of a file is in which part; a class is divided in the same way whatever the others are.
SPLITTING = ("per_class", "shares", "seed")
PER_CLASS = 32  # images of a class of a file, where nothing else is asked for
ONE_CLASS = "images"  # what the class of an array is called


@dataclass(frozen=True)
class Originals:
    """Images by class, and how they were chosen.

    Attributes
    ----------
    images
        {class: (n, H, W) uint8 in {0, 1}}.
    protocol
        Sentences on where they come from.
    notices
        Sentences on what is not as it should be, such as models that disagree about the split.
    """

    images: dict[str, np.ndarray]
    protocol: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def handed_in(
    images: np.ndarray | Mapping[str, np.ndarray], *, classes: Sequence[str] | None, per_class: int | None
) -> Originals:
    """Images (n, H, W) as one class, or {class: images} each; the first `per_class` of the wanted classes.

    Raises
    ------
    RaysysError
        If a class is unknown, or has no image.
    """
    by_class = dict(images) if isinstance(images, Mapping) else {ONE_CLASS: images}
    _check_known(classes, by_class, "the images are")
    chosen = {name: np.asarray(by_class[name])[:per_class] for name in classes or by_class}
    empty = [name for name, of_class in chosen.items() if not of_class.size]
    if empty:
        raise RaysysError(f"there is no image of class {empty[0]!r}; give one at least, or leave the class out")
    return Originals(chosen)


def kept_aside(
    path: str | Path,
    models: Mapping[str, Model],
    *,
    classifier: Model | None = None,
    part: Part = "test",
    classes: Sequence[str] | None = None,
    per_class: int | None = None,
) -> Originals:
    """The first images of each class in a part of a file's split, which is that of the models' own trainings.

    The classifier that judges the autoencodings should not have seen their originals either.

    Parameters
    ----------
    path
        HDF5 file in MICRO2D's layout.
    models
        By name; their cards say how their data were split.
    classifier
        Whose card says so too.
    part
        Of the split.
    classes
        Which; all of the split by default.
    per_class
        Images of each at most; 32 by default.

    Raises
    ------
    RaysysError
        If the file is not there or not laid out as MICRO2D, a model is of images of another size, or a class is unknown
        or has no image in the part.
    """
    settings, notices = split_settings(path, models, classifier)
    images = _images_of(settings, part=part, classes=classes, per_class=per_class or PER_CLASS)
    shares = ", ".join(f"{share:g}" for share in settings.shares)
    where = f"Images are of the {part} part of {path}, split with seed {settings.seed} in shares of {shares}."
    return Originals(images, (where, *(f"Note: {sentence}." for sentence in notices)), tuple(notices))


def split_settings(
    path: str | Path, models: Mapping[str, Model], classifier: Model | None = None
) -> tuple[Micro2DSettings, list[str]]:
    """How the file is to be split: as the models' own data were; and sentences about what is not as it should be.

    Raises
    ------
    RaysysError
        If the file is not there or not laid out as MICRO2D, or a model is of images of another size.
    """
    shape = Micro2D(path).shape
    for name, model in models.items():
        if model.native_size != shape:
            raise RaysysError(
                f"model {name} was trained on {_by(model.native_size)} pixels, but {path} holds images of {_by(shape)}"
            )
    trained = {name: _split_of(model) for name, model in models.items()}
    if classifier is not None:
        trained |= {"the classifier": _split_of(classifier)}
    first, split = next(((name, data) for name, data in trained.items() if data), ("", {}))
    notices = []
    if not first:
        notices.append(
            "no model says how its data was split: the test part of the split of seed 0 may hold images that were "
            "trained on"
        )
    for name, data in trained.items():
        other = [field for field in SPLITTING if data.get(field) != split.get(field)]
        if other:
            why = f"{other[0]} {data.get(other[0])} and not {split.get(other[0])}" if data else "no record of a split"
            notices.append(
                f"{name} and {first} disagree about the split ({why}); that of {first} is taken, and {name} may "
                "have been trained on some of these images"
            )
    return Micro2DSettings(source="micro2d", images=str(path), tile=shape[0], **split), notices


def _images_of(
    settings: Micro2DSettings, *, part: Part, classes: Sequence[str] | None, per_class: int
) -> dict[str, np.ndarray]:
    # Validation images are held in memory, class by class in turns; as many as are asked for.
    held = per_class * len(Micro2D(settings.images, settings.classes).classes)
    data = select(settings.model_copy(update={"held_out_images": max(2, held)}))
    names = list(data.target_names)
    _check_known(classes, names, "the models were trained on")
    images, targets = (data.test, data.test_targets) if part == "test" else (data.held_out, data.held_out_targets)
    places = {name: np.flatnonzero(targets == names.index(name))[:per_class] for name in classes or names}
    empty = [name for name, found in places.items() if not len(found)]
    if empty:
        raise RaysysError(f"{settings.images}: the {part} part of the split has no image of {empty[0]}")
    return {name: images[found] for name, found in places.items()}


def _check_known(classes: Sequence[str] | None, known: Sequence[str] | Mapping[str, Any], whose: str) -> None:
    unknown = [name for name in classes or () if name not in known]
    if unknown:
        raise RaysysError(f"classes: {whose} of no class {unknown[0]!r}; allowed: {', '.join(known)}")


def _split_of(model: Model) -> dict[str, Any]:
    """How a model's own data was split; nothing where its card does not say so."""
    data = recipe_of(model).get("data", {})
    if data.get("source") != "micro2d":
        return {}
    return {name: data[name] for name in ("classes", *SPLITTING) if name in data}


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
