"""Requests for samples resolved against a model: what is left open is filled in, and what cannot be is refused."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raysys.form import Form, Kind
from raysys.models import GenerativeModel
from raysys.models.generative import Request
from raysys.serve.limits import Limits
from raysys.serve.measuring import PhaseNumbers
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import MAX_SEED, SampleRequest
from raysys.serve.slices import slice_place
from raysys.spacing import Spacing
from raysys.stats.sets.descriptors import known

# Kinds of images that have no phases, and what is said where descriptors are asked of them.
UNMEASURED = {
    "grey": "descriptors are defined for binary images, and these are grey; leave `descriptors` out",
    "colour": "descriptors are defined for phases, and colour images have none; leave `descriptors` out",
}


@dataclass(frozen=True)
class Draw:
    """One resolved request, with the model that it was resolved for: a hot swap does not mix two.

    Attributes
    ----------
    granted
        The request as the model has read it.
    form
        Of the images that will be answered; `form.shape` is their size.
    seed
        Of the first image.
    pixels
        Of all images together, times their channels.
    descriptors
        To be measured on the images.
    open_condition
        Whether nothing is asked of a conditional model, so that an image's seed says what it is to have.
    """

    model: GenerativeModel
    granted: Request
    form: Form
    seed: int
    pixels: int
    descriptors: list[str]
    open_condition: bool = False

    @property
    def condition(self) -> dict[str, Any] | None:
        """What each image is asked to have, as the answer tells it; None for a model that is not conditional."""
        return None if self.granted.asked is None else self.granted.asked.as_request()

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about what is granted, though it is unusual."""
        return () if self.granted.asked is None else self.granted.asked.notices

    def run(self) -> np.ndarray:
        """The images; RaysysError if the model refuses."""
        return self.model.draw(self.granted)


@dataclass
class Drawn:
    """Samples and what is told of them.

    Attributes
    ----------
    images, form, seed
        (n, *spatial) as the form says; the seed of the request.
    phases
        What was measured on each phase.
    condition, notices
        As of `Draw`.
    spacing
        How far pixels are apart.
    seeds, tries
        Of each image; and how many were drawn until all passed a gate, None without one.
    etag
        What the same request has of the same model, and no other; None of a request without a seed.
    seconds
        That each stage took.
    """

    images: np.ndarray
    form: Form
    seed: int
    phases: dict[str, PhaseNumbers] = field(default_factory=dict)
    condition: dict[str, Any] | None = None
    notices: tuple[str, ...] = ()
    spacing: Spacing | None = None
    seeds: tuple[int, ...] = ()
    tries: int | None = None
    etag: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def resolve(request: SampleRequest, model: GenerativeModel, limits: Limits) -> Draw:
    """Fill in what the request leaves open, and check it against the limits and the number of axes.

    Raises
    ------
    RaysysError
        If it is over a limit, or asks for something that images of this kind do not have.
    """
    native = model.form
    size = _size(request, native)
    form = Form(_kind(request, native), size, native.phases)
    descriptors = _descriptors(request, form)
    _check_slice(request, size)
    # Channels are counted as the network computes them: the grey values of a binary image are as many as its own.
    pixels = limits.check(request.n, size, channels=native.channels)
    # 32 bits are enough to differ, and short enough to be typed again.
    seed = secrets.randbelow(2**32) if request.seed is None else request.seed
    if seed + request.n - 1 > MAX_SEED:
        raise RefusedError(f"seed + n - 1 is {seed + request.n - 1}; allowed: up to {MAX_SEED}")
    granted = model.request(
        request.n,
        seed=seed,
        size=size,
        origin=request.origin,
        condition=request.condition,
        periodic=request.periodic,
        grey=request.grey,
        raw=request.raw,
    )
    return Draw(model, granted, form, seed, pixels, descriptors, request.condition is None)


def _check_slice(request: SampleRequest, size: tuple[int, ...]) -> None:
    """Refuse a slice that is not there, or that the format has no picture for, before anything is drawn."""
    if request.slice is None:
        return
    if request.format not in ("png", "json"):
        raise RefusedError(
            f"`slice` says what a picture shows, and format {request.format} holds whole volumes; allowed with it: "
            "png and json"
        )
    slice_place(request.slice, size)


def _size(request: SampleRequest, native: Form) -> tuple[int, ...]:
    if isinstance(request.size, int):
        size = (request.size,) * native.dims
    else:
        size = native.shape if request.size is None else tuple(request.size)
    for name, value in (("size", size), ("origin", request.origin)):
        if value is not None and len(value) != native.dims:
            raise RefusedError(f"{name} has {len(value)} numbers; this model's images have {native.dims} axes")
    return size


def _kind(request: SampleRequest, native: Form) -> Kind:
    if not request.grey or native.kind == "grey":
        return native.kind
    if native.kind != "binary":
        raise RefusedError(
            f"`grey` is of models of binary images, and this one makes {native.kind} images; leave it out"
        )
    return "grey"


def _descriptors(request: SampleRequest, form: Form) -> list[str]:
    """The descriptors that the answer will carry: only json and npz have room for them."""
    if form.kind in UNMEASURED:
        if request.descriptors:
            raise RefusedError(UNMEASURED[form.kind])
        return []
    if request.descriptors:
        known(request.descriptors, form.dims)
    # Nothing is measured that the answer has no room for.
    if request.format not in ("json", "npz"):
        return []
    return ["S2"] if request.descriptors is None else list(dict.fromkeys(request.descriptors))
