"""What the endpoint says of a model: its abilities, the form of its images, and what it can be asked for."""

from typing import Any

from raysys.models import Model
from raysys.models.abilities import abilities
from raysys.models.held_out_words import held_out_words
from raysys.models.shipped import SCHEMES
from raysys.serve.declared import references_of
from raysys.serve.schemas import ModelDescription, curves_of, phase_summaries


def describe(model: Model, version: str = "", uri: str = "") -> dict[str, Any]:
    """The fields of `ModelDescription`, as plain values that travel between replicas.

    Parameters
    ----------
    model
        What is served.
    version
        `raysys.serve.versions.version_of` it.
    uri
        Where it was loaded from, of which no folder is told.
    """
    card, form = model.card.model_dump(mode="json"), model.form
    can, references = abilities(model), references_of(model)
    return ModelDescription(
        name=model.name,
        version=version,
        source=uri if uri.startswith(SCHEMES) else None,
        architecture=card["architecture"],
        abilities=list(can),
        kind=form.kind,
        channels=form.channels,
        dims=form.dims,
        phases=phase_summaries(form.phases),
        classes=list(getattr(model, "classes", ())),
        native_size=list(form.shape),
        # What only models have whose network is convolutional, and those that make images say so.
        any_size=bool(getattr(model, "any_size", False)),
        cell=getattr(model, "cell", None),
        phase_fraction=card["images"].get("phase_fraction"),
        pixel_size=model.card.images.pixel_size,
        verdict=held_out_words(model.card),
        licence=model.card.licence,
        condition=model.card.condition,
        encodes="autoencodes" in can,
        card=card,
        reference=curves_of(references["phase"]) if "phase" in references else {},
        phase_references={name: curves_of(found) for name, found in references.items() if name in form.phases},
        reference_n=next((found.n for found in references.values()), None),
        reference_units=next((found.units for found in references.values()), None),
    ).model_dump()
