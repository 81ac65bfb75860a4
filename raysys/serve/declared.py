"""What a model declares that it can do, and one sentence where a request wants something else of it.

Nothing in this room asks for a method's own class: a new method is served as soon as its model declares an ability.
"""

from collections.abc import Mapping
from typing import TypeVar

from raysys.form import Form
from raysys.models import GenerativeModel, Model
from raysys.models.abilities import Autoencodes, Classifies, FindsCodes, Segments
from raysys.serve.refused import RefusedError
from raysys.stats import Characterisation

Ability = TypeVar("Ability")

# Ability -> the end of the sentence about a model that lacks it, and the code that programs read.
LACKING = {
    "samples": ("makes none of a seed", "cannot_sample"),
    "autoencodes": ("encodes none", "cannot_encode"),
    "segments": ("segments none", "cannot_segment"),
    "classifies": ("classifies none", "cannot_classify"),
    "encodes": ("finds no codes of examples", "cannot_find_codes"),
}


def generator(model: Model) -> GenerativeModel:
    """The model as one that makes images of a seed; raises RefusedError, as the next four do, if it does not."""
    return _declared(model, "samples", GenerativeModel)


def autoencoder(model: Model) -> Autoencodes:
    """The model as one that encodes images."""
    return _declared(model, "autoencodes", Autoencodes)


def segmenter(model: Model) -> Segments:
    """The model as one that says of which class every pixel is."""
    return _declared(model, "segments", Segments)


def classifier(model: Model) -> Classifies:
    """The model as one that says of which class an image is."""
    return _declared(model, "classifies", Classifies)


def finder(model: Model) -> FindsCodes:
    """The model as one that finds the code of an example."""
    return _declared(model, "encodes", FindsCodes)


def _declared(model: Model, ability: str, kind: type[Ability]) -> Ability:
    if isinstance(model, kind):
        return model
    words, code = LACKING[ability]
    # 409, and not 404: the model is there, and another one behind this name may do it after the next hot swap.
    raise RefusedError(
        f"this model is of architecture {model.card.architecture}, which {model.purpose} but {words}; `abilities` at "
        "/v1/models tells which can",
        409,
        code,
    )


def form_of(model: Autoencodes | Segments | Classifies | FindsCodes) -> Form:
    """Kind and size of the images that a model with this ability was trained on."""
    assert isinstance(model, Model)  # an ability is always a model's, though its class does not say so
    return model.form


def cell_of(model: Autoencodes) -> int:
    """Pixels of which every side of an image is a multiple; 1 for a model that takes all sizes."""
    # Only convolutional models have one, and an ability does not ask for it.
    return getattr(model, "cell", None) or 1


def references_of(model: Model) -> Mapping[str, Characterisation]:
    """Characterisation of real images by phase ("phase" of binary images); empty without a reference."""
    return model.references
