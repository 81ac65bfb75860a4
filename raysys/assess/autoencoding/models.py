"""The models of a comparison of autoencoders, and what their cards say of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from raysys.models import Model
    from raysys.models.abilities import Autoencodes, Classifies

    # For annotations alone: what is asked of a model is its ability, whatever its class.
    class Coder(Model, Autoencodes):
        """A model that encodes images and decodes them."""

    class Judge(Model, Classifies):
        """A model that tells classes of images apart."""


def coders(models: Mapping[str, str | Path | Model], tracking_uri: str | None) -> dict[str, tuple[str, Coder]]:
    """{name: (where it comes from, model)} of {name: a registered name, an MLflow URI, a folder, or a model}.

    Raises
    ------
    RaysysError
        If a name is not allowed, there is no such model, or one encodes nothing.
    """
    from raysys.models.abilities import Autoencodes
    from raysys.models.card import check_name

    return {
        check_name(name, "the name of a model"): (origin(model), loaded(model, Autoencodes, tracking_uri))
        for name, model in models.items()
    }


def loaded(model: str | Path | Model, ability: type, tracking_uri: str | None) -> Any:
    """The model, loaded where it is none yet, if it has the ability.

    Raises
    ------
    RaysysError
        If there is no such model, or it has not.
    """
    from raysys.models import Model, load
    from raysys.models.loading import of_kind

    if isinstance(model, Model):
        return of_kind(model, ability)
    return load(model, tracking_uri=tracking_uri, kind=cast(Any, ability))


def origin(model: str | Path | Model) -> str:
    """Where a model comes from, as pages say it; of one that is handed in its name."""
    return str(model) if isinstance(model, str | Path) else model.name


def facts(where: str, model: Model) -> dict[str, object]:
    """What a page says of a model: from its card."""
    card = model.card
    data, style = card.provenance.get("data", {}), card.provenance.get("style_features", {})
    told: dict[str, object] = {"model": where, "created": f"{card.created} by raysys {card.raysys_version}"}
    told |= {name: card.hyperparameters[name] for name in ("depth", "width") if name in card.hyperparameters}
    if isinstance(data, dict):
        told |= {"trained on": data["source"]} if "source" in data else {}
        told |= {"training images": data["images_train"]} if "images_train" in data else {}
    told |= {"training steps": card.provenance["step"]} if "step" in card.provenance else {}
    weights = {name: value for name, value in _system(model).items() if name.endswith("_weight") and value}
    if weights:
        told["loss"] = ", ".join(f"{name.removesuffix('_weight')} {value:g}" for name, value in weights.items())
    return told | {"style features": style.get("source", "none") if isinstance(style, dict) else "none"}


def hyperparameters(model: Model) -> dict[str, float | None]:
    """A model's column of Table 1 of the CESS supplement, out of its recipe; nothing where its card has none."""
    system = _system(model)
    if "learning_rate" not in system:
        return {}
    weight = system.get("cess_weight") or system.get("style_weight") or 0
    return {
        "learning rate": system["learning_rate"],
        "depth": system.get("depth"),
        "auxiliary weight": weight,
        "gradient clipping": system.get("gradient_clip"),
    }


def recipe_of(model: Model) -> dict[str, Any]:
    """The recipe that a model's card has kept of its training; empty where there is none."""
    recipe = model.card.provenance.get("recipe", {})
    return recipe if isinstance(recipe, dict) else {}


def _system(model: Model) -> dict[str, Any]:
    return dict(recipe_of(model).get("system", {}))
