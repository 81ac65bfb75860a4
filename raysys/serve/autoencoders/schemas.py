"""What the autoencoder routes accept and answer."""

from typing import Annotated, Literal

import numpy as np
from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from raysys.data.files.formats import UPLOADS
from raysys.form import Form
from raysys.serve.schemas import CurveBody, Descriptor, Format, ScalarBody, curves_of, numbers, scalars_of
from raysys.stats import Characterisation, Curve

MAX_STEPS = 64
IMAGE = f"One of {UPLOADS}; pages are images, or for models of volumes the slices of one volume."

Image = Annotated[UploadFile, Field(description=IMAGE)]


def _with_example(**fields: object) -> ConfigDict:
    """A form that shows one; `@NAME` is a file, as curl writes it."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [fields]})


class UploadRequest(BaseModel):
    """How an uploaded image becomes what the model is given: values in [0, 1], sides multiples of its cell."""

    model_config = ConfigDict(extra="forbid")

    phase: Literal["bright", "dark"] | None = Field(
        None, description="Which side is the phase of interest: bright if absent, but to be said of a few values."
    )
    threshold: float | None = Field(
        None,
        allow_inf_nan=False,
        description="Value as the file stores it, to segment grey images at; Otsu's if absent.",
    )
    values: Literal["binary", "grey"] | None = Field(
        None,
        description="What the model is given of a grey image: its segmentation, or grey values in [0, 1] (reversed "
        "for phase dark); what it was trained on if absent. Images of two values are taken as they are, and so are "
        "those for models of colour and label images, whatever this says.",
    )
    fit: Literal["refuse", "crop"] = Field(
        "refuse", description="crop: cut an image centrally to sides that are multiples of the model's cell."
    )


class EncodeRequest(UploadRequest):
    """What is asked of one upload's latents."""

    format: Literal["json", "npz"] = Field(
        "json", description="npz: latents (n, channels, *points) float32, phase_fractions, and the channels' numbers."
    )


class ImagesRequest(UploadRequest):
    """What is asked of the images that come back."""

    grey: bool = Field(False, description="The network's values in [0, 1] instead of a binary image.")
    format: Format = Field(
        "png",
        description="png: one image, or a contact sheet (row by row, grey gaps of 2 pixels); npy: the array "
        "(n, H, W), uint8 in {0, 1} or float32 if grey; npz: images with all numbers; tif: one page per image; json: "
        "numbers, with the images only if asked.",
    )
    descriptors: list[Descriptor] | None = Field(
        None, description="For json and npz: what to measure, after the threshold; repeat the field; S2 if absent."
    )
    boundary: Literal["open", "periodic"] = Field("open", description="Of the descriptors.")
    r_max: int | None = Field(None, ge=1, description="Largest lag of the descriptors in pixels.")
    include_images: bool = Field(False, description="For json: add every image as a base64 PNG.")


class AutoencodeRequest(ImagesRequest):
    """What is asked of one upload's autoencodings."""


class InterpolateRequest(ImagesRequest):
    """What is asked of the images between two uploads."""

    steps: int = Field(
        8, ge=2, le=MAX_STEPS, description="Images in all; the first and the last are the autoencodings of the two."
    )


class EncodeForm(EncodeRequest):
    """The multipart body of `/encode`."""

    model_config = _with_example(image="@micrograph.png", phase="dark", fit="crop")

    image: Image


class AutoencodeForm(AutoencodeRequest):
    """The multipart body of `/autoencode`."""

    model_config = _with_example(image="@micrograph.png", format="json", descriptors=["S2", "L"], boundary="periodic")

    image: Image


class InterpolateForm(InterpolateRequest):
    """The multipart body of `/interpolate`: two images of one size."""

    model_config = _with_example(first="@one.png", second="@other.png", steps=8, format="tif")

    first: Image
    second: Image


class UploadBody(BaseModel):
    """What the model was given."""

    model: str
    n: int
    shape: list[int] = Field(description="Pixels per axis of one image as the model was given it.")
    uploaded_shape: list[int] = Field(description="Before it was cropped.")
    phase: Literal["bright", "dark"]
    threshold: float | None = Field(description="Stored value at which it was segmented; null if it was not.")


class ChannelBody(BaseModel):
    """The latents of one channel, over all images and points, and those of the training images."""

    mean: float
    std: float
    min: float
    max: float
    training_mean: float | None = Field(description="null where the model does not keep it, as the next one.")
    training_std: float | None


class EncodeResponse(UploadBody):
    """The latents of the uploaded images."""

    phase_fractions: list[float] = Field(description="Of each image; the mean grey value if grey.")
    cell: int = Field(description="Pixels per latent point along each axis.")
    latent_shape: list[int] = Field(description="Channels, and points per axis, of one image.")
    channels: list[ChannelBody]
    latents: list[float] = Field(description="n * latent_shape numbers, the last axis fastest.")


class MeasuredBody(BaseModel):
    """Numbers of a set of images."""

    phase_fractions: list[float] = Field(description="Of each image; the mean grey value if grey.")
    descriptors: dict[str, CurveBody] = Field(description="Mean curves over the images.")
    scalars: dict[str, ScalarBody] = Field(description="Numbers of each image, by their own names.")

    @classmethod
    def of(cls, images: np.ndarray, form: Form, measured: Characterisation | None) -> "MeasuredBody":
        """Statistics of images (n, *spatial): their curves and scalars, if there are any."""
        return cls(
            phase_fractions=fractions(images, form),
            descriptors={} if measured is None else curves_of(measured),
            scalars={} if measured is None else scalars_of(measured),
        )


class AutoencodeResponse(UploadBody):
    """Statistics of the originals and of their autoencodings, and how far they are apart."""

    original: MeasuredBody
    autoencoding: MeasuredBody
    error: dict[str, float | None] = Field(
        description="MSE of the autoencodings' mean curve against the originals', scaled as Fn for S2 and P*; null "
        "where a scaled curve is not defined, as for images of one phase only."
    )
    spatial_errors: dict[str, list[float | None]] = Field(
        description="Of each image before the threshold: pixel_error (mean squared), s2_error and s2_relative of the "
        "periodic two-point map, the same of a central window and of the thresholded image, phase_fraction_difference."
    )
    sharpness: dict[str, list[float | None]] = Field(
        description="Of each image before the threshold: share of mid_grey pixels, binarity, edge_gradient on the "
        "original's phase boundary and edge_gradient_original."
    )
    note: str | None = Field(None, description="Why numbers are missing, if they are.")
    images: list[str] | None = Field(None, description="Base64 PNG of each autoencoding, if asked.")
    originals: list[str] | None = Field(
        None, description="Base64 PNG of each image that the model was given, if asked."
    )


class StepsBody(BaseModel):
    """A descriptor of each image on the way; null where not sampled."""

    r: list[float] = Field(description="Lags in pixels.")
    values: list[list[float | None]] = Field(description="One curve per image.")
    protocol: dict[str, str] = Field(default_factory=dict, description="Rounding, apex and the like.")

    @classmethod
    def of(cls, curve: Curve) -> "StepsBody":
        """Turn a `Curve` into its JSON form, image by image."""
        return cls(
            r=[float(lag) for lag in curve.r],
            values=[numbers(values) for values in curve.values],
            protocol={key: str(value) for key, value in curve.protocol.items()},
        )


class InterpolateResponse(UploadBody):
    """Statistics of the images on the straight line between two uploads' latents, in order."""

    original_phase_fractions: list[float] = Field(description="Of the two uploads.")
    phase_fractions: list[float] = Field(description="Of each image; the mean grey value if grey.")
    descriptors: dict[str, StepsBody]
    scalars: dict[str, ScalarBody] = Field(description="Numbers of each image, by their own names.")
    note: str | None = Field(None, description="Why numbers are missing, if they are.")
    images: list[str] | None = Field(None, description="Base64 PNG of each image, if asked.")


def fractions(images: np.ndarray, form: Form) -> list[float]:
    """Mean of each of (n, *spatial) binary or grey images; colours and numbers of phases have none that means much."""
    if form.kind not in ("binary", "grey"):
        return []
    return [float(image.mean(dtype=np.float64)) for image in images]
