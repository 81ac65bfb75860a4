"""What a replica does with uploads: latents, reconstructions and images in between, with their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from raysys.assess.autoencoding import published_window, sharpness, spatial_errors
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.models.sampling import THRESHOLD
from raysys.serve.autoencoders.images import Given, given, given_two
from raysys.serve.autoencoders.schemas import (
    EncodeRequest,
    ImagesRequest,
    InterpolateRequest,
    ReconstructRequest,
)
from raysys.serve.limits import Limits
from raysys.serve.problems import RefusedError
from raysys.stats import Characterisation, characterise, compare
from raysys.stats.sets.descriptors import known

GREY_NOTE = "descriptors are defined for binary images, and these are grey"


@dataclass
class Encoded:
    """Latents (n, channels, *points) float32 of the given images, and the training latents' mean and deviation."""

    given: Given
    latents: np.ndarray
    cell: int
    training_mean: np.ndarray
    training_std: np.ndarray


@dataclass
class Reconstructed:
    """Reconstructions of the given images, and numbers of both."""

    given: Given
    images: np.ndarray
    original: Characterisation | None = None
    reconstruction: Characterisation | None = None
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


def encode(model: AutoencoderModel, upload: bytes, request: EncodeRequest, limits: Limits) -> Encoded:
    """Latents of an upload; raises RaysysError as `given` does."""
    found = given(upload, request, model, limits)
    mean, std = (values.cpu().numpy() for values in (model.network.latent_mean, model.network.latent_std))
    return Encoded(found, model.encode(found.images), model.network.cell, mean, std)


def reconstruct(model: AutoencoderModel, upload: bytes, request: ReconstructRequest, limits: Limits) -> Reconstructed:
    """Reconstructions of an upload with statistics of both.

    Raises
    ------
    RaysysError
        As `given` does, or for descriptors that the images do not have.
    """
    names = _descriptors(request, model)
    found = given(upload, request, model, limits)
    values = model.reconstruct(found.images, grey=True)
    result = Reconstructed(found, _finished(values, request, model))
    _add_errors(result, values)
    if not _binary(found.images):
        if request.descriptors:
            raise RefusedError(f"{GREY_NOTE}; leave `descriptors` out, or give values=binary")
        result.note = f"{GREY_NOTE}; spatial errors are too"
    elif names:
        result.original = _measured(found.images, names, request)
        result.reconstruction = _measured(_thresholded(values), names, request)
        result.error = _difference(result)
    return result


def interpolate(
    model: AutoencoderModel, uploads: Sequence[bytes], request: InterpolateRequest, limits: Limits
) -> Interpolated:
    """Images between two uploads, with the descriptors of each; raises as `reconstruct`, and where sizes differ."""
    names = _descriptors(request, model)
    two = given_two(uploads, request, model, limits)
    limits.check(request.steps, two[0].images.shape[1:], count="steps")
    first, second = (one.images[0] for one in two)
    values = model.interpolate(first, second, request.steps, grey=True)
    result = Interpolated(two, _finished(values, request, model))
    if names:
        result.measured = _measured(_thresholded(values), names, request)
    elif model.card.images.kind == "grey":
        result.note = GREY_NOTE
    return result


def _descriptors(request: ImagesRequest, model: AutoencoderModel) -> list[str]:
    """Only json and npz have room for them, and images of a model of grey ones have none."""
    if model.card.images.kind == "grey":
        if request.descriptors:
            raise RefusedError(f"{GREY_NOTE}; leave `descriptors` out")
        return []
    if request.format not in ("json", "npz"):
        return []
    names = ["S2"] if request.descriptors is None else list(dict.fromkeys(request.descriptors))
    known(names, len(model.native_size))
    return names


def _finished(values: np.ndarray, request: ImagesRequest, model: AutoencoderModel) -> np.ndarray:
    """As `AutoencoderModel.reconstruct` would return them."""
    return values if request.grey or model.card.images.kind == "grey" else _thresholded(values)


def _thresholded(values: np.ndarray) -> np.ndarray:
    return (values > THRESHOLD).astype(np.uint8)


def _binary(images: np.ndarray) -> bool:
    return images.dtype == np.uint8


def _measured(images: np.ndarray, names: list[str], request: ImagesRequest) -> Characterisation:
    return characterise(images, tuple(names), r_max=request.r_max, boundary=request.boundary)


def _difference(result: Reconstructed) -> dict[str, float | None]:
    if result.original is None or result.reconstruction is None or not result.original.curves:
        return {}
    errors = compare(result.original, result.reconstruction)
    return {name: value if np.isfinite(value) else None for name, value in errors.items()}


def _add_errors(result: Reconstructed, values: np.ndarray) -> None:
    """Pixels are compared always; where S2 is, of flat images of two phases, with the window that 50 is for 256."""
    originals = result.given.images
    if originals.ndim == 3 and _binary(originals):
        window = published_window(min(originals.shape[1:]))
        result.spatial_errors = spatial_errors(values, originals, window=window)
        result.sharpness = sharpness(values, originals)
        return
    squares = (values - originals.astype(np.float32)) ** 2
    result.spatial_errors = {"pixel_error": squares.reshape(len(squares), -1).mean(axis=1, dtype=np.float64)}
    if originals.ndim > 3:
        result.note = "spatial errors but that of the pixels are defined for flat images, and these are volumes"
