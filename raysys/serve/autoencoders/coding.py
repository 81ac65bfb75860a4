"""What a replica does with uploads: latents, autoencodings and images in between, with their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from raysys.models.abilities import Autoencodes
from raysys.models.channels import THRESHOLD
from raysys.serve.autoencoders.images import Given, given, given_two
from raysys.serve.autoencoders.schemas import (
    AutoencodeRequest,
    EncodeRequest,
    ImagesRequest,
    InterpolateRequest,
)
from raysys.serve.declared import cell_of, form_of
from raysys.serve.limits import Limits
from raysys.serve.refused import RefusedError
from raysys.stats import Characterisation, characterise, compare
from raysys.stats.paired import published_window, sharpness, spatial_errors
from raysys.stats.sets.descriptors import known

GREY_NOTE = "descriptors are defined for binary images, and these are grey"
# Kinds of images whose autoencodings are not measured, and why.
UNMEASURED = {
    "grey": GREY_NOTE,
    "colour": "descriptors are defined for phases, and colour images have none",
    "labels": "descriptors are measured on autoencodings of binary images only, and these have several phases",
}


@dataclass
class Encoded:
    """Latents (n, channels, *points) float32 of the given images, and the training latents' mean and deviation."""

    given: Given
    latents: np.ndarray
    cell: int
    training_mean: np.ndarray | None
    training_std: np.ndarray | None


@dataclass
class Autoencoded:
    """Autoencodings of the given images, and numbers of both."""

    given: Given
    images: np.ndarray
    original: Characterisation | None = None
    autoencoding: Characterisation | None = None
    error: dict[str, float | None] = field(default_factory=dict)
    spatial_errors: dict[str, np.ndarray] = field(default_factory=dict)
    sharpness: dict[str, np.ndarray] = field(default_factory=dict)
    note: str | None = None


@dataclass
class Interpolated:
    """Images (steps, *spatial) on the way from the first to the second, and their descriptors."""

    given: list[Given]
    images: np.ndarray
    measured: Characterisation | None = None
    note: str | None = None


def encode(model: Autoencodes, stored: np.ndarray, request: EncodeRequest) -> Encoded:
    """Latents of an upload; raises RaysysError as `given` does."""
    found = given(stored, request, model)
    mean, std = _training_latents(model)
    return Encoded(found, model.encode(found.images), cell_of(model), mean, std)


def autoencode(model: Autoencodes, stored: np.ndarray, request: AutoencodeRequest) -> Autoencoded:
    """Autoencodings of an upload with statistics of both.

    Raises
    ------
    RaysysError
        As `given` does, or for descriptors that the images do not have.
    """
    names = _descriptors(request, model)
    found = given(stored, request, model)
    values = model.autoencode(found.images, grey=_before_threshold(model))
    result = Autoencoded(found, _finished(values, request, model))
    _add_errors(result, values)
    if form_of(model).kind not in ("binary", "grey"):
        result.note = UNMEASURED[form_of(model).kind]
    elif not _binary(found.images):
        if request.descriptors:
            raise RefusedError(f"{GREY_NOTE}; leave `descriptors` out, or give values=binary")
        result.note = f"{GREY_NOTE}; spatial errors are too"
    elif names:
        result.original = _measured(found.images, names, request)
        result.autoencoding = _measured(_thresholded(values), names, request)
        result.error = _difference(result)
    return result


def interpolate(
    model: Autoencodes, uploads: Sequence[np.ndarray], request: InterpolateRequest, limits: Limits
) -> Interpolated:
    """Images between two uploads, with the descriptors of each; raises as `autoencode`, and where sizes differ."""
    names = _descriptors(request, model)
    two = given_two(uploads, request, model)
    # The uploads were checked by their own number; the steps between them are more.
    limits.check(request.steps, two[0].shape, channels=two[0].form.channels, count="steps")
    first, second = (one.images[0] for one in two)
    values = model.interpolate(first, second, request.steps, grey=_before_threshold(model))
    result = Interpolated(two, _finished(values, request, model))
    if names:
        result.measured = _measured(_thresholded(values), names, request)
    else:
        result.note = UNMEASURED.get(form_of(model).kind)
    return result


def _descriptors(request: ImagesRequest, model: Autoencodes) -> list[str]:
    """Only json and npz have room for them, and images of other models than of binary ones have none."""
    kind = form_of(model).kind
    if kind in UNMEASURED:
        if request.descriptors:
            raise RefusedError(f"{UNMEASURED[kind]}; leave `descriptors` out")
        return []
    if request.format not in ("json", "npz"):
        return []
    names = ["S2"] if request.descriptors is None else list(dict.fromkeys(request.descriptors))
    known(names, form_of(model).dims)
    return names


def _finished(values: np.ndarray, request: ImagesRequest, model: Autoencodes) -> np.ndarray:
    """Finish images as `Autoencodes.autoencode` would."""
    return values if request.grey or form_of(model).kind != "binary" else _thresholded(values)


def _before_threshold(model: Autoencodes) -> bool:
    """Whether errors are those of the network's own values; label images are compared as they are, phase by phase."""
    return form_of(model).kind in ("binary", "grey")


def _training_latents(model: Autoencodes) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Mean and standard deviation (channels,) of the training images' latents, where the network keeps them."""
    network = getattr(model, "network", None)
    # Methods of others' may keep none, or have no network of torch's.
    kept = (getattr(network, name, None) for name in ("latent_mean", "latent_std"))
    mean, std = (None if values is None else values.cpu().numpy() for values in kept)
    return mean, std


def _thresholded(values: np.ndarray) -> np.ndarray:
    return (values > THRESHOLD).astype(np.uint8)


def _binary(images: np.ndarray) -> bool:
    return images.dtype == np.uint8


def _measured(images: np.ndarray, names: list[str], request: ImagesRequest) -> Characterisation:
    return characterise(images, tuple(names), r_max=request.r_max, boundary=request.boundary)


def _difference(result: Autoencoded) -> dict[str, float | None]:
    if result.original is None or result.autoencoding is None or not result.original.curves:
        return {}
    errors = compare(result.original, result.autoencoding)
    return {name: value if np.isfinite(value) else None for name, value in errors.items()}


def _add_errors(result: Autoencoded, values: np.ndarray) -> None:
    """Pixels are compared always; where S2 is, of flat images of two phases, with the window that 50 is for 256."""
    originals = result.given.images
    form = result.given.form
    if form.kind == "labels":
        # Numbers of phases have no distance: a pixel is of the right phase or it is not.
        wrong = (values != originals).reshape(len(values), -1)
        result.spatial_errors = {"pixel_error": wrong.mean(axis=1, dtype=np.float64)}
        return
    if form.dims == 2 and form.kind != "colour" and _binary(originals):
        window = published_window(min(originals.shape[1:]))
        result.spatial_errors = spatial_errors(values, originals, window=window)
        result.sharpness = sharpness(values, originals)
        return
    squares = (values - originals.astype(np.float32)) ** 2
    result.spatial_errors = {"pixel_error": squares.reshape(len(squares), -1).mean(axis=1, dtype=np.float64)}
    if form.dims > 2:
        result.note = "spatial errors but that of the pixels are defined for flat images, and these are volumes"
