"""From an upload to images that a model can encode."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from raysys.data import is_binary, to_grey
from raysys.models import AutoencoderModel
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
    shape = fitting(stored.shape[1:], model.network.cell, request.fit)
    images, threshold = _values(stored, request, model.card.images.kind)
    return Given(central(images, shape), stored.shape[1:], threshold)


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


def fitting(shape: Sequence[int], cell: int, fit: Literal["refuse", "crop"]) -> tuple[int, ...]:
    """The sides of `shape`, or the largest multiples of `cell` in them.

    Raises
    ------
    RefusedError
        If they are no multiples and not to be cropped, or shorter than a cell.
    """
    largest = tuple(side // cell * cell for side in shape)
    if largest == tuple(shape) or (fit == "crop" and min(largest) > 0):
        return largest
    nearest = _by([max(cell, (side + cell // 2) // cell * cell) for side in shape])
    advice = f"resize it, or take its central {_by(largest)} with fit=crop" if min(largest) > 0 else "resize it"
    raise RefusedError(
        f"the image has {_by(shape)} pixels, and this model's sides are multiples of {cell}; the nearest size is "
        f"{nearest}: {advice}"
    )


def central(images: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """The central `shape` of images (n, *spatial); an odd rest is cut at the end."""
    starts = [(side - kept) // 2 for side, kept in zip(images.shape[1:], shape, strict=True)]
    return images[(slice(None), *(slice(start, start + kept) for start, kept in zip(starts, shape, strict=True)))]


def _values(stored: np.ndarray, request: UploadRequest, kind: str) -> tuple[np.ndarray, float | None]:
    if (request.values or kind) == "binary" or is_binary(stored):
        return binarised(stored, request.phase, request.threshold)
    grey = to_grey(stored)
    return grey if request.phase == "bright" else 1 - grey, None


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
