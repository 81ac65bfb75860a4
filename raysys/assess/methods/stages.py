"""The stages of a comparison, one after the other: prepare, make, measure, judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from raysys.assess.listener import Listener, Say
from raysys.assess.methods.band import band_of, splittable
from raysys.assess.methods.comparison import Comparison
from raysys.assess.methods.copies import LookUp, check_look_up, copies_among
from raysys.assess.methods.drawn import Drawing, draw, training_seconds
from raysys.assess.methods.label_comparison import LabelComparison
from raysys.assess.methods.labelling import AskedPhases, phases_of
from raysys.assess.methods.method import Kind, Made
from raysys.assess.methods.reference import Preparation, Real, Reference, reference_of
from raysys.assess.methods.set_comparison import SetComparison, compared
from raysys.assess.methods.sets import REAL, Origin, Sources, opened
from raysys.assess.methods.views import View, views_of
from raysys.assess.power.judge import Sample, judge_wholes, judged_descriptors
from raysys.assess.power.rungs import Level
from raysys.assess.power.set_verdict import SetVerdict
from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.spacing import Spacing, common_spacing
from raysys.stats import Boundary, Characterisation, Distance, characterise, distances
from raysys.stats import compare as errors_of
from raysys.stats.sets.descriptors import chosen_descriptors

__all__ = ["Measured", "Prepared", "Request", "judge_sets", "made_sets", "measure_sets", "prepare_sets"]


@dataclass(frozen=True)
class Request:
    """What is asked for beside the images, see `raysys.assess.compare_methods`."""

    preparation: Preparation = field(default_factory=Preparation)
    look_up: LookUp = field(default_factory=LookUp)
    phases: AskedPhases | None = None
    descriptors: str | Sequence[str] = "default"
    pores: bool = True
    boundary: Boundary = "open"
    r_max: int | None = None
    n: int | None = None
    seed: int = 0
    power: Level = "quick"
    device: str | None = None
    tracking_uri: str | None = None


@dataclass(frozen=True)
class Prepared:
    """Everything looked at, and fitting together: the real images, the sources of the sets, what is measured."""

    reference: Reference
    sources: Sources
    descriptors: tuple[str, ...]
    spacing: Spacing | None = None


@dataclass(frozen=True)
class Measured:
    """What was measured under the same options: of every phase all sets, the real one first.

    `views` and `sets` are by the phase's name, the characterisations then by the set's.
    """

    views: dict[str, View]
    sets: dict[str, dict[str, Characterisation]]
    options: dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """One phase of all sets against the real one: errors, how the band was taken, distances, verdicts on wholes."""

    sets: SetComparison
    band: str
    distances: dict[str, Sequence[Distance]]
    wholes: dict[str, SetVerdict]


def prepare_sets(
    real: Real, sets: Mapping[str, Origin], kinds: Mapping[str, Kind], request: Request, listener: Listener
) -> Prepared:
    """Read what is there, load models, and refuse whatever does not fit before anything is drawn or measured."""
    preparation = request.preparation
    sources = opened(
        sets,
        kinds,
        dims=preparation.dims,
        phases_of=lambda models: phases_of(request.phases, preparation.phase, models, real),
        reading=preparation.reading,
        tracking_uri=request.tracking_uri,
        device=request.device,
        say=listener.say,
    )
    preparation = replace(preparation, phases=sources.phases)
    reference = reference_of(real, preparation, sources.models, sources.side, listener.say)
    _check_axes(reference, sources)
    # By the user, whatever files say; what was resampled knows its own.
    said = preparation.reading.spacing is not None and not preparation.reading.resample
    sizes = {name: None if said and name in sources.made else size for name, size in sources.sizes.items()}
    reference, spacing = _of_one_size(reference, sizes)
    check_look_up(reference, request.look_up, sources.shapes(reference.images.shape[1:]))
    names = chosen_descriptors(request.descriptors, reference.images.ndim - 1)
    for note in reference.notes:
        listener.say(note)
    measured = tuple(dict.fromkeys((*names, *(["pores"] if request.pores else []))))
    return Prepared(reference, sources, measured, spacing)


def made_sets(prepared: Prepared, request: Request, listener: Listener) -> dict[str, Made]:
    """Draw what is still to be drawn; all sets in the order in which they were given."""
    sources, real = prepared.sources, prepared.reference.images
    drawing = Drawing(request.n or len(real), request.seed, real)
    made = dict(sources.made)
    for name, model in sources.models.items():
        uri = sources.uris.get(name)
        made[name] = draw(
            name,
            model,
            drawing,
            source=uri or f"model {model.name}",
            training=training_seconds(uri, request.tracking_uri) if uri else float("nan"),
            listener=listener,
        )
    return {name: made[name] for name in sources.names}


def measure_sets(prepared: Prepared, made: dict[str, Made], request: Request, listener: Listener) -> Measured:
    """Characterise all sets under one protocol, one phase after the other."""
    r_max = request.r_max or _common_lag(prepared.reference, made, listener.say)
    options: dict[str, Any] = {"boundary": request.boundary, "r_max": r_max}
    views = views_of(prepared.reference, made)
    several = bool(prepared.reference.phases)

    def measured(images: np.ndarray, name: str, phase: str) -> Characterisation:
        groups = prepared.reference.groups if name == REAL else None
        told = listener.counting(f"measuring {name}{f', {phase}' if several else ''}", "parts")
        found = characterise(images, prepared.descriptors, groups=groups, progress=told, **options)
        return replace(found, spacing=prepared.spacing)

    sets = {
        phase: {name: measured(images, name, phase) for name, images in view.images.items()}
        for phase, view in views.items()
    }
    return Measured(views, sets, options)


def judge_sets(
    prepared: Prepared, made: dict[str, Made], measured: Measured, request: Request, listener: Listener
) -> Comparison | LabelComparison:
    """Set every set against the real one: errors beside their band, distances, copies; of labels phase by phase."""
    reference = prepared.reference
    judged = {
        phase: _judged(
            view,
            measured.sets[phase],
            measured.options,
            request.seed,
            _wholes(prepared, view, measured.options, request, listener, phase if reference.phases else ""),
        )
        for phase, view in measured.views.items()
    }
    images = {name: each.images for name, each in made.items()}
    copies = copies_among(images, reference, request.look_up, listener)
    methods = {name: each.method for name, each in made.items()}
    whole: dict[str, Any] = {
        "methods": methods,
        "images": {REAL: reference.images} | images,
        "copies": copies.found,
        "notes": (*reference.notes, *_few(reference, made, listener.say), *copies.notes),
        "parameters": _parameters(prepared, measured, request),
        "spacing": prepared.spacing,
        "pictures": reference.pictures,
    }
    parts = {
        phase: {**vars(one.sets), "band": one.band, "distances": one.distances, "set_verdicts": one.wholes}
        for phase, one in judged.items()
    }
    if not reference.phases:
        (part,) = parts.values()
        return Comparison(**part, **whole)
    return LabelComparison({phase: Comparison(**part, methods=methods) for phase, part in parts.items()}, **whole)


def _wholes(
    prepared: Prepared, view: View, options: dict[str, Any], request: Request, listener: Listener, phase: str
) -> dict[str, SetVerdict]:
    """The verdict on every set as a whole, by one phase."""
    reference = view.reference
    names = judged_descriptors(
        prepared.descriptors, reference.images.ndim - 1, default=request.descriptors == "default"
    )
    return judge_wholes(
        Sample(reference.images, reference.groups),
        {name: Sample(images) for name, images in view.images.items() if name != REAL},
        None if reference.others is None else Sample(reference.others, reference.other_groups),
        names,
        options,
        request.power,
        listener=listener,
        phase=phase,
        seed=request.seed,
    )


def _judged(
    view: View,
    sets: dict[str, Characterisation],
    options: dict[str, Any],
    seed: int,
    wholes: dict[str, SetVerdict],
) -> Judged:
    """One phase of every set against that of the real one."""
    reference, real = view.reference, sets[REAL]
    curves = tuple(real.curves)
    band, how = band_of(reference, curves, options) if curves else (None, "")
    noise = _white_noise(real, reference.images.shape, seed)
    errors_of_noise = errors_of(real, characterise(noise, curves, **options)) if curves else None
    split = splittable(reference, real.descriptors, options)
    apart = {name: distances(real, each, band_of=split) for name, each in sets.items() if name != REAL}
    return Judged(compared(sets, REAL, band, errors_of_noise), how, dict(apart), wholes)


def _parameters(prepared: Prepared, measured: Measured, request: Request) -> dict[str, Any]:
    reference = prepared.reference
    phases = {"phases": reference.phases} if reference.phases else {}
    return {
        "descriptors": prepared.descriptors,
        "n": request.n or len(reference.images),
        "seed": request.seed,
        "power": request.power,
        "shape": reference.images.shape[1:],
        **phases,
        **measured.options,
        **({} if prepared.spacing is None else {"pixel_size": str(prepared.spacing)}),
    }


def _white_noise(real: Characterisation, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Images without structure, of the phase fraction of the real ones."""
    return (np.random.default_rng(seed).random(shape) < real.phase_fraction).astype(np.uint8)


def _check_axes(reference: Reference, sources: Sources) -> None:
    """Raise a RaysysError if a set has images of another number of axes than the real ones."""
    shape = reference.images.shape[1:]
    for name, made in sources.made.items():
        if made.images.ndim != reference.images.ndim:
            raise RaysysError(
                f"set {name} has images of {by(made.images.shape[1:])} pixels, and the real ones have {by(shape)}; "
                "allowed: as many axes (see --dims)"
            )
    for name, model in sources.models.items():
        if len(model.native_size) != len(shape):
            raise RaysysError(
                f"--model {name} makes images of {by(model.native_size)} pixels, and the real ones have {by(shape)}; "
                "allowed: as many axes"
            )


def _of_one_size(reference: Reference, sizes: Mapping[str, Spacing | None]) -> tuple[Reference, Spacing | None]:
    """The size of all pixels, and a sentence on what is not known; sets of different sizes are refused."""
    spacing = common_spacing({"the reference": reference.spacing} | {f"set {name}": one for name, one in sizes.items()})
    if spacing is None:
        return reference, None
    unsaid = [name for name, one in sizes.items() if one is None]
    unsaid = ["the reference", *unsaid] if reference.spacing is None else unsaid
    notes = [f"Pixels are {spacing}."]
    if unsaid:
        notes = [f"Pixels are {spacing}; {', '.join(unsaid)} said nothing of it, and counted as of the same size."]
    if not spacing.isotropic:
        notes += [
            "Descriptors that mix directions take pixels for equally long along every axis, which they are not; those "
            "of one axis, such as S2_axis0, keep directions apart."
        ]
    return replace(reference, notes=[*reference.notes, *notes]), spacing


def _common_lag(reference: Reference, made: dict[str, Made], say: Say) -> int | None:
    """The longest lag of the smallest images, where sizes differ; None where they are all of one size."""
    real = reference.images.shape[1:]
    shapes = {name: each.images.shape[1:] for name, each in made.items()}
    others = [name for name, shape in shapes.items() if shape != real]
    if not others:
        return None
    r_max = min(min(shape) for shape in (*shapes.values(), real)) // 2 - 1
    say(
        f"images of {others[0]} have {by(shapes[others[0]])} pixels and real ones {by(real)}: curves are compared up "
        f"to r = {r_max} in all sets, and pores are cut by the edges of their own images"
    )
    return r_max


def _few(reference: Reference, made: dict[str, Made], say: Say) -> list[str]:
    """A sentence on sets that have fewer images than there are real ones."""
    real = len(reference.images)
    few = {name: len(each.images) for name, each in made.items() if 2 * len(each.images) <= real}
    if not few:
        return []
    counts = ", ".join(f"{name} has {count}" for name, count in few.items())
    sentence = f"The mean of few images is further off by chance: {counts}, and the reference {real}."
    say(sentence)
    return [sentence]
