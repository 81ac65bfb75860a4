"""From an upload to images that a model can encode."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raysys.data import is_binary, to_grey
from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.models.fitting import central, fitting_size
from raysys.serve.autoencoders.schemas import UploadRequest
from raysys.serve.limits import Limits
from raysys.serve.problems import RefusedError
from raysys.serve.uploads import binarised, decode_upload


@dataclass(frozen=True)
class Given:
    """Images (n, *spatial), uint8 in {0, 1} or float32 in [0, 1], and what was decided on the way."""

    images: np.ndarray
    uploaded_shape: tuple[int, ...]
    threshold: float | None


def given(upload: bytes, request: UploadRequest, model: AutoencoderModel, limits: Limits) -> Given:
    """Decode an upload into what `model` is given.

    Raises
    ------
    RaysysError
        If it is no image, over a limit, of one grey level, or its sides are no multiples of the model's cell and are
        not to be cropped.
    """
    stored = decode_upload(upload, limits, dims=len(model.native_size))
    size = fitting_size(stored.shape[1:], model.network.cell, crop=request.fit == "crop")
    images, threshold = _values(stored, request, model.card.images.kind)
    return Given(central(images, size), stored.shape[1:], threshold)


def given_two(uploads: Sequence[bytes], request: UploadRequest, model: AutoencoderModel, limits: Limits) -> list[Given]:
    """Decode two uploads of one image each, of one size; with `fit` crop their common central part.

    Raises
    ------
    RefusedError
        If an upload holds several images, or the sizes differ; otherwise as `given`.
    """
    two = [given(upload, request, model, limits) for upload in uploads]
    for which, one in zip(("first", "second"), two, strict=True):
        if len(one.images) > 1:
            raise RefusedError(f"the upload {which!r} holds {len(one.images)} images; allowed: one")
    shapes = [one.images.shape[1:] for one in two]
    if shapes[0] == shapes[1]:
        return two
    if request.fit == "refuse":
        raise RefusedError(
            f"the two images have {_by(shapes[0])} and {_by(shapes[1])} pixels; allowed: one size, or fit=crop for the "
            "central part that both have"
        )
    common = tuple(map(min, *shapes))
    return [Given(central(one.images, common), one.uploaded_shape, one.threshold) for one in two]


def _values(stored: np.ndarray, request: UploadRequest, kind: str) -> tuple[np.ndarray, float | None]:
    if (request.values or kind) == "binary" or is_binary(stored):
        return binarised(stored, request.phase, request.threshold)
    grey = to_grey(stored)
    return grey if request.phase == "bright" else 1 - grey, None


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
