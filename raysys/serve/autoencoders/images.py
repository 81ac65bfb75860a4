"""From an upload to images that a model can encode."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from raysys.form import Form
from raysys.models.abilities import Autoencodes
from raysys.models.fitting import central, fitting_size
from raysys.serve.autoencoders.schemas import UploadRequest
from raysys.serve.declared import cell_of, form_of
from raysys.serve.refused import RefusedError
from raysys.serve.values import colour_values, label_values, phase_values


@dataclass(frozen=True)
class Given:
    """Images as the model is given them, and what was decided on the way.

    Attributes
    ----------
    images
        (n, *spatial) uint8 in {0, 1}, numbers of phases, or float32 in [0, 1]; (n, *spatial, 3) for colour.
    form
        Of the model's training images. Models of binary and of grey images are given either.
    """

    images: np.ndarray
    uploaded_shape: tuple[int, ...]
    threshold: float | None
    form: Form

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels along each axis of one image."""
        return self.form.spatial(self.images)


def given(stored: np.ndarray, request: UploadRequest, model: Autoencodes) -> Given:
    """Turn an upload into what `model` is given.

    Parameters
    ----------
    stored
        What `raysys.serve.uploads.decode_upload` returns for images of the model's form.
    request, model
        What is asked, and of whom.

    Raises
    ------
    RaysysError
        If it is of one grey level, or its sides are no multiples of the model's cell and are not to be cropped.
    """
    form = form_of(model)
    uploaded = form.spatial(stored)
    size = fitting_size(uploaded, cell_of(model), crop=request.fit == "crop")
    images, threshold = _values(stored, request, form)
    return Given(_central(images, size, form), uploaded, threshold, form)


def given_two(uploads: Sequence[np.ndarray], request: UploadRequest, model: Autoencodes) -> list[Given]:
    """Turn two uploads of one image each, of one size, into what `model` is given; with `fit` crop their common part.

    Raises
    ------
    RefusedError
        If an upload holds several images, or the sizes differ; otherwise as `given`.
    """
    two = [given(stored, request, model) for stored in uploads]
    for which, one in zip(("first", "second"), two, strict=True):
        # Of two stacks it could be pairs or all with all; one is never ambiguous.
        if len(one.images) > 1:
            raise RefusedError(f"the upload {which!r} holds {len(one.images)} images; allowed: one")
    shapes = [one.shape for one in two]
    if shapes[0] == shapes[1]:
        return two
    if request.fit == "refuse":
        raise RefusedError(
            f"the two images have {_by(shapes[0])} and {_by(shapes[1])} pixels; allowed: one size, or fit=crop for the "
            "central part that both have"
        )
    # Sides are multiples of the cell already, and so is the smaller of two.
    common = tuple(map(min, *shapes))
    return [replace(one, images=_central(one.images, common, one.form)) for one in two]


def _values(stored: np.ndarray, request: UploadRequest, form: Form) -> tuple[np.ndarray, float | None]:
    if form.kind in ("binary", "grey"):
        wanted = request.values or ("binary" if form.kind == "binary" else "grey")
        return phase_values(stored, wanted, request.phase, request.threshold)
    if request.threshold is not None or request.phase == "dark":
        raise RefusedError(
            f"`threshold` and `phase` say how grey images become phases, and this model takes {form.kind} images as "
            "they are; leave them out"
        )
    return colour_values(stored) if form.kind == "colour" else label_values(stored, form), None


def _central(images: np.ndarray, size: Sequence[int], form: Form) -> np.ndarray:
    if form.kind != "colour":
        return central(images, size)
    return np.stack([central(images[..., colour], size) for colour in range(images.shape[-1])], axis=-1)


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
