"""What the routes of models that know classes accept and answer."""

from typing import Annotated, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from raysys.data.files.formats import UPLOADS
from raysys.serve.schemas import Format, PhaseSummary

IMAGE = f"One of {UPLOADS}; pages are images, and colours become grey."

Image = Annotated[UploadFile, Field(description=IMAGE)]


class SegmentRequest(BaseModel):
    """What is asked of one upload's segmentation; the model reads grey values as it did in training."""

    model_config = ConfigDict(extra="forbid")

    format: Format = Field(
        "png",
        description="png: one image, or a contact sheet, with a palette whose indices are the classes; npy: the array "
        "(n, H, W) uint8 of class numbers; npz: images and the classes' shares; tif: one page per image; json: "
        "shares, with the images only if asked.",
    )
    include_images: bool = Field(False, description="For json: add every label image as a base64 PNG.")


class ClassifyRequest(BaseModel):
    """How an uploaded image becomes what the model is given."""

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
        description="What the model is given of a grey image: its segmentation, or grey values in [0, 1]; what it was "
        "trained on if absent.",
    )


class SegmentForm(SegmentRequest):
    """The multipart body of `/segment`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"image": "@micrograph.png"}]})

    image: Image


class ClassifyForm(ClassifyRequest):
    """The multipart body of `/classify`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"image": "@micrograph.png"}]})

    image: Image


class SegmentResponse(BaseModel):
    """The share of each class in every image."""

    model: str
    n: int
    shape: list[int] = Field(description="Pixels per axis of one image.")
    classes: list[PhaseSummary] = Field(description="In the order of their numbers, with the colours of pictures.")
    shares: list[list[float]] = Field(description="Of each image, the share of each class.")
    images: list[str] | None = Field(None, description="Base64 PNG of each label image, if asked.")


class ClassifyResponse(BaseModel):
    """The likeliest class of every image, and how likely each class is."""

    model: str
    n: int
    shape: list[int] = Field(description="Pixels per axis of one image.")
    threshold: float | None = Field(description="Stored value at which it was segmented; null if it was not.")
    classes: list[str] = Field(description="In the order of the probabilities.")
    likeliest: list[str] = Field(description="Name of the likeliest class of each image.")
    probabilities: list[list[float]] = Field(description="Of each image, how likely each class is.")
