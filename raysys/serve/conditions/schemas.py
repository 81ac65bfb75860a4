"""What the routes of conditional models accept and answer."""

from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from raysys.data.files.formats import UPLOADS
from raysys.serve.schemas import MAX_SEED, Asked, Format, Length

Image = Annotated[UploadFile, Field(description=f"One of {UPLOADS}; pages are images.")]


class CodesRequest(BaseModel):
    """How an uploaded example becomes what the model is given."""

    model_config = ConfigDict(extra="forbid")

    phase: Literal["bright", "dark"] | None = Field(
        None, description="Which side is the phase of interest, of models of binary images: bright if absent."
    )
    threshold: float | None = Field(
        None, allow_inf_nan=False, description="Stored value to segment grey images at; Otsu's if absent."
    )


class CodesForm(CodesRequest):
    """The multipart body of `/codes`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"image": "@bricks.png"}]})

    image: Image


class NearestBody(BaseModel):
    """The named code that is nearest to a found one."""

    name: str
    distance: float


class CodesResponse(BaseModel):
    """The code of every image of an upload; each can be asked for as the condition `name` of samples."""

    model: str
    name: str = Field(description="Of the condition, as samples are asked for it.")
    codes: list[list[float]]
    nearest: list[NearestBody | None] = Field(description="Of each code; null for a model without names.")


class BetweenRequest(BaseModel):
    """Images on the way from one condition to another, all of one seed, so that nothing else changes."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"first": "brick", "second": "sand", "steps": 5}]}
    )

    first: Asked = Field(description="A number, a code, or the name of one.")
    second: Asked
    steps: int = Field(8, ge=2, description="Images, both ends included.")
    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="Of all images; drawn at random if absent.")
    size: Length | list[Length] | None = Field(None, description="As of samples, like the next two.")
    origin: list[int] | None = None
    periodic: bool = False
    format: Format = Field("png", description="As of samples; json and npz hold the conditions.")
    include_images: bool = Field(False, description="For json: add every image, or slice, as a base64 PNG.")


class BetweenResponse(BaseModel):
    """The answer to format "json"."""

    model: str
    seed: int
    n: int
    shape: list[int]
    condition: dict[str, Any] = Field(description="What each image was asked to have.")
    images: list[str] | None = Field(None, description="Base64 PNG of each image, or of its slice, if asked.")


class FollowForm(BaseModel):
    """The multipart body of `/follow`: a map as a file, and the fields of a request for samples."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"map": "@ramp.png", "seed": 7}]})

    map: Annotated[
        UploadFile,
        Field(
            description="A picture: of a number or a map black is its lowest value and white its highest, of an "
            "orientation black is 0 and white just below 180 degrees; or an .npy array (channels, H, W)."
        ),
    ]
    n: int = Field(1, ge=1, description="Number of images.")
    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="Of the first image; drawn at random if absent.")
    size: str | None = Field(None, description="Rows and columns, as 256x384, or one number; the map's own if absent.")
    periodic: bool = Field(False, description="Let opposite edges fit.")
    grey: bool = Field(False, description="Of models of binary images: values before the threshold.")
    format: Format = Field("png", description="As of samples.")
    include_images: bool = Field(False, description="For json: add every image as a base64 PNG.")
