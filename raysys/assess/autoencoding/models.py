"""The models of `raysys assess`, what their cards say, and the images that none of them was trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from raysys.cli.parts.terminal import by, notice
from raysys.errors import RaysysError
from raysys.models.naming import is_folder, model_uri

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.micro2d import Micro2DSettings
    from raysys.methods.autoencoder.model import AutoencoderModel
    from raysys.methods.classifier.model import ClassifierModel
    from raysys.models import Model

Part = Literal["test", "validation"]
# What decides which image of a file is in which part; a class is divided in the same way whatever the others are.
SPLITTING = ("per_class", "shares", "seed")


def autoencoders(given: list[str], tracking_uri: str | None) -> dict[str, tuple[str, AutoencoderModel]]:
    """{name: (URI, model)} of NAME=URI each, or of NAME, a registered model or a folder.

    Raises
    ------
    RaysysError
        If a name stands twice or is not allowed, or something is no autoencoder.
    """
    from raysys.methods.autoencoder.model import AutoencoderModel
    from raysys.models import load
    from raysys.models.card import check_name

    found: dict[str, tuple[str, AutoencoderModel]] = {}
    for text in given:
        name, sign, uri = text.partition("=")
        if sign and not (name and uri):
            raise RaysysError(f"--model {text}: write it as NAME=URI, for example ours=models:/cess/3")
        if not sign:
            name, uri = (Path(text).name if is_folder(text) else text), text
        if check_name(name, "--model") in found:
            raise RaysysError(f"--model {name} is given twice; give each model a name of its own, as NAME=URI")
        found[name] = (uri, load(model_uri(uri), tracking_uri=tracking_uri, kind=AutoencoderModel))
    return found


def split_settings(
    path: Path, models: dict[str, tuple[str, AutoencoderModel]], classifier: ClassifierModel | None = None
) -> tuple[Micro2DSettings, list[str]]:
    """How the file is to be split: as the models' own data were; and sentences about what is not as it should be.

    The classifier that judges the reconstructions should not have seen their originals either.

    Raises
    ------
    RaysysError
        If the file is not there or not laid out as MICRO2D, or a model is of images of another size.
    """
    from raysys.data.micro2d import Micro2D, Micro2DSettings

    shape = Micro2D(path).shape
    for name, (_, model) in models.items():
        if model.native_size != shape:
            raise RaysysError(
                f"model {name} was trained on {by(model.native_size)} pixels, but {path} holds images of {by(shape)}"
            )
    trained = {name: _data(model) for name, (_, model) in models.items()}
    if classifier is not None:
        trained |= {"the classifier": _data(classifier)}
    first, split = next(((name, data) for name, data in trained.items() if data), ("", {}))
    told = []
    if not first:
        told.append(
            "no model says how its data was split: the test part of seed 0 may hold images that were trained on"
        )
    for name, data in trained.items():
        other = [field for field in SPLITTING if data.get(field) != split.get(field)]
        if other:
            held = f"{other[0]} {data.get(other[0])} and not {split.get(other[0])}" if data else "no record of a split"
            told.append(
                f"{name} and {first} disagree about the split ({held}); that of {first} is taken, and {name} may "
                "have been trained on some of these images"
            )
    return Micro2DSettings(source="micro2d", images=str(path), tile=shape[0], **split), told


def images_of(
    settings: Micro2DSettings, *, part: Part, classes: list[str] | None, per_class: int
) -> dict[str, np.ndarray]:
    """{class: (n, H, W) uint8}: the first images of each class in a part of the split.

    Raises
    ------
    RaysysError
        If a class is unknown, or has no image in the part.
    """
    import numpy as np

    from raysys.data.micro2d import Micro2D, select

    # Validation images are held in memory, class by class in turns; as many as are asked for.
    held = per_class * len(Micro2D(settings.images, settings.classes).classes)
    data = select(settings.model_copy(update={"held_out_images": max(2, held)}))
    names = list(data.target_names)
    unknown = [name for name in classes or [] if name not in names]
    if unknown:
        raise RaysysError(
            f"--classes {unknown[0]}: the models were trained on none of that name; there are: {', '.join(names)}"
        )
    images, targets = (data.test, data.test_targets) if part == "test" else (data.held_out, data.held_out_targets)
    places = {name: np.flatnonzero(targets == names.index(name))[:per_class] for name in classes or names}
    empty = [name for name, found in places.items() if not len(found)]
    if empty:
        raise RaysysError(f"{settings.images}: the {part} part of the split has no image of {empty[0]}")
    return {name: images[found] for name, found in places.items()}


def facts(uri: str, model: AutoencoderModel) -> dict[str, object]:
    """What a page says of a model: from its card."""
    card = model.card
    system, data = _recipe(model).get("system", {}), card.provenance.get("data", {})
    told: dict[str, object] = {"model": uri, "created": f"{card.created} by raysys {card.raysys_version}"}
    told |= {name: card.hyperparameters[name] for name in ("depth", "width") if name in card.hyperparameters}
    if isinstance(data, dict):
        told |= {"trained on": data["source"]} if "source" in data else {}
        told |= {"training images": data["images_train"]} if "images_train" in data else {}
    told |= {"training steps": card.provenance["step"]} if "step" in card.provenance else {}
    weights = {name: value for name, value in system.items() if name.endswith("_weight") and value}
    told |= (
        {"loss": ", ".join(f"{name.removesuffix('_weight')} {value:g}" for name, value in weights.items())}
        if weights
        else {}
    )
    style = card.provenance.get("style_features", {})
    return told | {"style features": style.get("source", "none") if isinstance(style, dict) else "none"}


def hyperparameters(
    models: dict[str, tuple[str, AutoencoderModel]], path: Path | None
) -> dict[str, dict[str, float | None]]:
    """Our Table 1: read from a JSON file {model: {row: number}}, or out of the models' recipes.

    Raises
    ------
    RaysysError
        If the file is not there or not of that form.
    """
    if path is None:
        return {name: row for name, (_, model) in models.items() if (row := _row(model))}
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RaysysError(f"--table1 {path} cannot be read as JSON ({error})") from None
    rows = content.values() if isinstance(content, dict) else [None]
    if not all(
        isinstance(row, dict) and all(isinstance(value, int | float | None) for value in row.values()) for row in rows
    ):
        raise RaysysError(f'--table1 {path}: write it as {{"MSE": {{"learning rate": 7e-5, "depth": 4}}, ...}}')
    return dict(content)


def say(sentences: list[str]) -> None:
    """What was decided on the user's behalf, as notices."""
    for sentence in sentences:
        notice(sentence)


def _row(model: AutoencoderModel) -> dict[str, float | None]:
    system = _recipe(model).get("system", {})
    if "learning_rate" not in system:
        return {}
    weight = system.get("cess_weight") or system.get("style_weight") or 0
    return {
        "learning rate": system["learning_rate"],
        "depth": system.get("depth"),
        "auxiliary weight": weight,
        "gradient clipping": system.get("gradient_clip"),
    }


def _data(model: Model) -> dict[str, Any]:
    """How a model's own data was split; nothing where its card does not say so."""
    data = _recipe(model).get("data", {})
    return (
        {name: data[name] for name in ("classes", *SPLITTING) if name in data}
        if data.get("source") == "micro2d"
        else {}
    )


def _recipe(model: Model) -> dict[str, Any]:
    recipe = model.card.provenance.get("recipe", {})
    return recipe if isinstance(recipe, dict) else {}
