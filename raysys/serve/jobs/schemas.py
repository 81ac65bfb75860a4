"""What the routes of jobs accept and answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from raysys.data.files.formats import UPLOADS
from raysys.serve.jobs.record import Record
from raysys.serve.schemas import MAX_SEED, Asked, Length, SampleRequest
from raysys.synthesis.presets import Method

FORBID = ConfigDict(extra="forbid")
Seed = Annotated[int | None, Field(ge=0, le=MAX_SEED, description="Of all results; drawn at random if absent.")]
Map = Annotated[UploadFile | None, Field(description="A map as a picture or an .npy array.")]


class ReconstructionRequest(BaseModel):
    """Images with the descriptors of another, by simulated annealing."""

    model_config = FORBID

    target: str = Field("S2", description="Descriptors with their weights, as S2,L:0.5; see raysys anneal --help.")
    shape: str | None = Field(None, description="Pixels a side, as 128x128 or 64x64x64; as uploaded if absent.")
    chains: int = Field(1, ge=1, description="Reconstructions, each of a chain of its own.")
    seed: Seed = None
    phase: str | None = Field(None, description="Phase of interest: bright (if absent), dark, or a label's number.")
    threshold: float | None = Field(
        None, allow_inf_nan=False, description="Stored value above which a pixel is bright; Otsu's if absent."
    )
    dims: Literal[2, 3] = Field(2, description="3: the pages of the upload are the slices of one volume.")
    boundary: Literal["open", "periodic"] = Field("open", description="Of the uploaded image.")
    r_max: int | None = Field(None, ge=1, description="Longest lag; as long as the sides allow if absent.")
    preset: Literal["fast", "published"] = Field(
        "fast", description="fast exchanges pixels at interfaces; published any two of different phase."
    )
    stages: int | None = Field(None, ge=1, le=100_000, description="Temperatures; 250 if absent.")
    moves: int | None = Field(None, ge=1, description="Trial moves a stage; in proportion to the pixels if absent.")
    levels: int | None = Field(None, ge=1, le=12, description="Resolutions, coarse to fine; 1 if absent.")
    keep: Literal["last", "best"] | None = Field(None, description="Which state of a chain is its result.")


class ReconstructionForm(ReconstructionRequest):
    """The multipart body of `POST /v1/reconstructions`: one of the two files, and the fields."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"image": "@micrograph.png"}]})

    image: Annotated[UploadFile | None, Field(description=f"One of {UPLOADS}.")] = None
    characterisation: Annotated[UploadFile | None, Field(description="An .npz of raysys stats --save.")] = None


class SynthesisRequest(BaseModel):
    """More of the texture that an image shows."""

    model_config = FORBID

    size: str = Field("512", description="Rows and columns, as 512x384, or one number for both.")
    method: Method = Field("guided-correspondence", description="See raysys synthesise --help.")
    preset: Literal["fast", "published"] = Field("fast", description="How many steps, and from where.")
    variations: int = Field(1, ge=1, description="Pictures, each another one.")
    seed: Seed = None
    tile: bool = Field(False, description="Let opposite edges continue each other.")
    kind: Literal["auto", "colour", "grey", "binary"] = Field("auto", description="What the exemplar holds.")


class SynthesisForm(SynthesisRequest):
    """The multipart body of `POST /v1/syntheses`; maps of the picture come with those of the exemplar."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"exemplar": "@photo.jpg"}]})

    exemplar: Annotated[UploadFile, Field(description=f"The texture, one of {UPLOADS}.")]
    progression: Map = None
    source_progression: Map = None
    orientation: Map = None
    source_orientation: Map = None
    annotation: Map = None
    source_annotation: Map = None


class LargeSampleRequest(BaseModel):
    """Samples that are larger than a request may have; the fields are those of `POST /v1/models/{name}/samples`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"model": "rock", "size": 1024, "seed": 7, "format": "tif"}]}
    )

    model: str = Field(description="Served name.")
    n: int = Field(1, ge=1, description="Number of images.")
    seed: Seed = None
    size: Length | list[Length] | None = Field(None, description="Side in pixels, or one length per axis.")
    origin: list[int] | None = Field(None, description="Where the window starts in the endless image of the seed.")
    condition: dict[str, Asked] | None = Field(None, description="As of samples.")
    periodic: bool = Field(False, description="Let opposite edges fit.")
    grey: bool = Field(False, description="Of models of binary images: values before the threshold.")
    raw: bool = Field(False, description="Leave in the small pieces of binary images that are removed.")
    format: Literal["tif", "npy", "zarr"] = Field("tif", description="zarr comes as a .zip that zarr reads.")

    _is_text = SampleRequest._is_text


class KeptSampleRequest(LargeSampleRequest):
    """The same with where the model was when it was asked for; never of a request, which names no paths."""

    uri: str


class FileBody(BaseModel):
    """A file of a job."""

    name: str
    bytes: int
    sha256: str
    url: str = Field(description="Relative to the endpoint; takes Range, and answers with the checksum as its ETag.")


class JobBody(BaseModel):
    """A job as it stands."""

    id: str
    kind: str = Field(description="reconstructions, syntheses or samples.")
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    fraction: float = Field(description="How much of it is done, 0 to 1.")
    seconds_left: float | None = Field(description="As far as can be told; null if it cannot.")
    message: str = Field(description="How far it has come, or why it failed.")
    request: dict[str, Any] = Field(description="What was asked for, with the seed that was drawn.")
    created: str = Field(description="When it was asked for, as of ISO 8601 in UTC, like the next three.")
    started: str | None
    ended: str | None
    expires: str | None = Field(description="When its files are removed.")
    files: list[FileBody]
    picture: str | None = Field(description="What it looks like so far, a PNG; null while there is nothing to see.")
    url: str = Field(description="Relative to the endpoint; so is the next.")
    events: str = Field(description="Server-sent events: the job each time that it has moved on, until it is over.")

    @classmethod
    def of(cls, record: Record, *, picture: bool) -> JobBody:
        """A record as it is answered."""
        url = f"v1/jobs/{record.id}"
        times = {name: _iso(getattr(record, name)) for name in ("created", "started", "ended", "expires")}
        return cls(
            id=record.id,
            kind=record.kind,
            state=record.state,
            fraction=record.fraction,
            seconds_left=record.seconds_left,
            message=record.message,
            # Where a model lies is nobody's business.
            request={name: value for name, value in record.request.items() if name != "uri"},
            files=[
                FileBody(name=one.name, bytes=one.bytes, sha256=one.sha256, url=f"{url}/files/{one.name}")
                for one in record.files
            ],
            picture=f"{url}/picture.png" if picture else None,
            url=url,
            events=f"{url}/events",
            **times,
        )


class JobList(BaseModel):
    """The answer of `GET /v1/jobs`: the newest first."""

    jobs: list[JobBody]


def _iso(seconds: float | None) -> Any:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
