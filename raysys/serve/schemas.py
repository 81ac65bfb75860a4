"""What the endpoint accepts and answers: the pydantic models behind its OpenAPI document."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, field_validator

from raysys.label_colours import label_colours
from raysys.models import ConditionCard
from raysys.serve.gates.schemas import Gate
from raysys.spacing import Spacing
from raysys.stats import KNOWN, Characterisation, Curve, Scalar

# Browsers hold whole numbers exactly up to 2**53 - 1; a seed must survive the explorer page's JSON.
MAX_SEED = 2**53 - 1

# Pores are too many for an answer.
Descriptor = Literal[tuple(name for name, one in KNOWN.items() if one.gives != "pores" and not one.costly)]
Format = Literal["png", "npy", "npz", "tif", "json"]
SampleFormat = Literal["png", "npy", "npz", "tif", "json", "zip", "zarr"]
Length = Annotated[int, Field(ge=1)]
# Strict: the text "0.2" is a name here, and true is no number.
Number = StrictInt | StrictFloat
# What can be asked of a conditional model: a number, a name, a code, one of them per image, or values over space. The
# model's card says which, and the model itself refuses the others in a sentence that names what is allowed.
Asked = Number | StrictStr | list[Any] | dict[str, Any]


class SliceRequest(BaseModel):
    """A slice of every volume of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    axis: int = Field(0, ge=0, le=2, description="Across which it lies: 0 is the depth, 1 the height, 2 the width.")
    index: int | None = Field(None, ge=0, description="Its number along that axis; the middle one if absent.")


class SampleRequest(BaseModel):
    """One request for samples; image `i` of the answer has seed `seed + i`, in whatever request it is drawn."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"n": 1, "seed": 7, "format": "json", "descriptors": ["S2"]}]},
    )

    n: int = Field(1, ge=1, description="Number of images.")
    seed: int | None = Field(
        None, ge=0, le=MAX_SEED, description="Seed of the first image; drawn at random if absent, see X-Raysys-Seed."
    )
    size: Length | list[Length] | None = Field(
        None, description="Side in pixels, or one length per axis ([height, width]); the training size if absent."
    )
    origin: list[int] | None = Field(
        None, description="Where the window starts in the endless image of this seed, one pixel coordinate per axis."
    )
    condition: dict[str, Asked] | None = Field(
        None,
        description='For conditional models: what the images are to have, such as {"phase_fraction": 0.2}: a number '
        "within the model's range, a name or a code, whatever `condition` at /v1/models tells, or one per image. The "
        "training mean if absent.",
    )
    periodic: bool = Field(False, description="Let opposite edges fit, so that the image tiles.")
    grey: bool = Field(
        False, description="Of models of binary images: the generator's grey values in [0, 1] before the threshold."
    )
    raw: bool = Field(
        False,
        description="Leave in the small pieces of binary images that are removed, as they were from the training "
        "images, where `images.cleaning` on the model's card says so.",
    )
    gate: Gate | None = Field(
        None,
        description="What every image is to be like: each is drawn again, with a further seed, until it passes; which "
        "seeds were taken is in X-Raysys-Seeds, and how many images were drawn in X-Raysys-Tries.",
    )
    format: SampleFormat = Field(
        "png",
        description=(
            "What `Accept` prefers if absent, and png where it does not say. png: one image, or for n > 1 a contact "
            "sheet (row by row, grey gaps of 2 pixels), of volumes a slice, of label images a palette whose indices "
            "are the phases; npy: the array (n, *size), uint8 in {0, 1} or phases, float32 if grey, (n, *size, 3) "
            "float32 for colour; npz: images, seeds, phase fractions and the descriptors' curves; tif: one page per "
            "image or slice, with pixel size and seeds in its description; json: numbers, with the images only if "
            "asked; zip: a file per image, png or for volumes tif, and samples.json; zarr: an array `images` with "
            "seeds and pixel size as attributes, zarr 2 in a zip."
        ),
    )
    slice: SliceRequest | None = Field(
        None, description="For png and json of volumes: which slice the pictures show; the middle one if absent."
    )
    descriptors: list[Descriptor] | None = Field(
        None,
        description="For json and npz: the descriptors to measure on the samples, of label images on each phase; S2 if "
        "absent, [] for none. What is along axis 2 is of volumes only.",
    )
    include_images: bool = Field(False, description="For json: add every image, or slice, as a base64 PNG.")

    @field_validator("condition")
    @classmethod
    def _is_text(cls, condition: dict[str, Asked] | None) -> dict[str, Asked] | None:
        r"""Refuse half a character, which JSON can write as `"\ud800"`: Ray cannot carry a refusal that quotes it."""
        try:
            json.dumps(condition, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = ord(error.object[error.start])
            raise ValueError(f"holds \\u{half:04x}, which is half of a character; allowed: whole ones") from None
        return condition


class CurveBody(BaseModel):
    """A descriptor's mean over the images and its 95 % confidence band; null where not sampled."""

    r: list[float] = Field(description="Lags in pixels.")
    mean: list[float | None]
    low: list[float | None] = Field(description="Lower edge of the 95 % band of the mean.")
    high: list[float | None] = Field(description="Upper edge of the 95 % band of the mean.")
    units: int = Field(description="What the band counts as independent: images, or groups of slices of one volume.")
    protocol: dict[str, str] = Field(default_factory=dict, description="Rounding, apex and the like.")

    @classmethod
    def of(cls, curve: Curve) -> "CurveBody":
        """Turn a `Curve` into its JSON form."""
        low, high = curve.band
        return cls(
            r=[float(lag) for lag in curve.r],
            mean=numbers(curve.mean),
            low=numbers(low),
            high=numbers(high),
            units=curve.units,
            protocol={key: str(value) for key, value in curve.protocol.items()},
        )


class ScalarBody(BaseModel):
    """A number of each image, its mean and the mean's 95 % interval; null where not defined."""

    values: list[float | None]
    mean: float | None
    low: float | None = Field(description="Lower end of the 95 % interval of the mean.")
    high: float | None = Field(description="Upper end of the 95 % interval of the mean.")
    units: int = Field(description="What the interval counts as independent: images, or groups of slices of a volume.")
    unit: str = Field(description="In pixels; empty for a pure number.")
    protocol: dict[str, str] = Field(default_factory=dict, description="Connectivity, edges and the like.")

    @classmethod
    def of(cls, scalar: Scalar) -> "ScalarBody":
        """Turn a `Scalar` into its JSON form."""
        mean, half = scalar.mean, scalar.half_width
        mean, low, high = numbers(np.array([mean, mean - half, mean + half]))
        values = numbers(scalar.values)
        return cls(
            values=values,
            mean=mean,
            low=low,
            high=high,
            units=scalar.units,
            unit=scalar.unit,
            protocol=scalar.protocol,
        )


class PhaseBody(BaseModel):
    """Numbers of one phase of label images."""

    phase_fractions: list[float] = Field(description="Of each image.")
    descriptors: dict[str, CurveBody] = Field(description="Mean curves over the n images.")
    scalars: dict[str, ScalarBody] = Field(description="Numbers of the n images, by their own names.")
    error: dict[str, float | None] = Field(description="As of the whole answer.")
    places: dict[str, list[float | None]] = Field(default_factory=dict, description="As of the whole answer.")
    note: str | None = Field(None, description="Why descriptors or errors are missing, if they are.")


class SampleResponse(BaseModel):
    """The answer to format "json"."""

    model: str
    seed: int
    n: int
    kind: str = Field(description="binary, grey, colour or labels.")
    shape: list[int] = Field(description="Pixels per axis of one image.")
    condition: dict[str, Any] | None = Field(
        None, description="What each image of a conditional model was asked to have; null for other models."
    )
    notices: list[str] = Field(default_factory=list, description="About what was granted, though it is unusual.")
    phase_fractions: list[float] = Field(
        description="Of each image; the mean grey value if grey. Empty for colour, and for label images, whose phases "
        "have their own."
    )
    descriptors: dict[str, CurveBody] = Field(description="Mean curves over the n images; of binary images.")
    scalars: dict[str, ScalarBody] = Field(description="Numbers of the n images, by their own names.")
    phases: dict[str, PhaseBody] = Field(default_factory=dict, description="Of label images, by the phase's name.")
    error: dict[str, float | None] = Field(
        description="MSE of the mean curve against the model's reference images, scaled as Fn for S2 and P*; null "
        "where a scaled curve is not defined, as for samples of one phase only."
    )
    places: dict[str, list[float | None]] = Field(
        default_factory=dict,
        description="Place of each image among the model's reference images, by descriptor: the share of them that is "
        "nearer to the mean of the others than this image is to that of all, 1 for farther than any; of a number, the "
        "share that is smaller.",
    )
    seeds: list[int] = Field(default_factory=list, description="Of each image; drawn alone with it, it is the same.")
    tries: int | None = Field(None, description="Images drawn until all passed the gate; null without one.")
    note: str | None = Field(None, description="Why descriptors or errors are missing, if they are.")
    images: list[str] | None = Field(None, description="Base64 PNG of each image, or of its slice, if asked.")


class DescriptorResponse(BaseModel):
    """What `POST /v1/descriptors` measured on the uploaded images."""

    n: int
    shape: list[int]
    phase: str = Field(description="As it was asked for; bright if nobody did.")
    method: str = Field(description="How it was told from the rest: stored value, two values, otsu or threshold.")
    threshold: float | None = Field(description="Stored value at which it was segmented; null if it was not.")
    phase_fraction: float
    boundary: Literal["open", "periodic"]
    descriptors: dict[str, CurveBody]
    scalars: dict[str, ScalarBody] = Field(description="Numbers of each image, by their own names.")


class PhaseSummary(BaseModel):
    """A phase of label images; its number is its place in the list."""

    name: str
    colour: str = Field(description="As #rrggbb, in which pictures show it.")


class ModelSummary(BaseModel):
    """One line of `GET /v1/models`."""

    name: str
    version: str = Field("", description="Of its weights and card; the tags of answers change with it.")
    source: str | None = Field(
        None, description="models:/NAME/VERSION, runs:/RUN/model or trained:NAME; null for a folder of the server's."
    )
    architecture: str
    abilities: list[str] = Field(
        description="samples: makes images of a seed; autoencodes: encodes, decodes and interpolates uploads; segments "
        "and classifies: says of which class pixels or images are; encodes: finds the codes of examples."
    )
    kind: str = Field(description="Of its images: binary, grey, colour or labels.")
    channels: int = Field(description="In which its network sees an image; limits count them.")
    dims: int = Field(description="Axes of an image: 2, or 3 for volumes.")
    phases: list[PhaseSummary] = Field(description="Of label images, in the order of their numbers.")
    classes: list[str] = Field(description="Of models that segment or classify, in the order of their numbers.")
    native_size: list[int] = Field(description="Pixels per axis of the training images.")
    any_size: bool = Field(description="Whether other sizes, origins and tiles can be asked for.")
    cell: int | None = Field(description="A periodic image's sides are multiples of this; null if any_size is false.")
    phase_fraction: float | None
    pixel_size: Spacing | None = Field(
        None, description="How far apart pixels are, slowest axis first; null where it is not known."
    )
    verdict: str | None = Field(description="What samples are like beside the tiles held out of training, in words.")
    licence: str | None = Field(description="Of the training images, and of the weights, where it is known.")
    condition: ConditionCard | None = Field(description="What can be asked for, and in which range; null for nothing.")
    encodes: bool = Field(description="Whether images can be encoded, autoencoded and interpolated.")


class ModelList(BaseModel):
    """The answer of `GET /v1/models`."""

    models: list[ModelSummary]


class ModelDescription(ModelSummary):
    """The answer of `GET /v1/models/{name}`."""

    card: dict[str, Any] = Field(description="The model's card: hyper-parameters, provenance, metrics.")
    reference: dict[str, CurveBody] = Field(description="Mean curves of the reference images, if they are binary.")
    phase_references: dict[str, dict[str, CurveBody]] = Field(
        default_factory=dict, description="The same of each phase of label images, by its name."
    )
    reference_n: int | None = Field(description="Number of reference images.")
    reference_units: int | None = Field(
        None, description="How many independent images they are worth, of which tiles of one image are fewer."
    )


class Status(BaseModel):
    """The answer of `GET /healthz` and `GET /readyz`."""

    status: Literal["ok"]


class ProblemDetail(BaseModel):
    """What went wrong, for programs (`code`) and for people (`message`)."""

    code: str
    message: str


class Problem(BaseModel):
    """The body of every answer that is not a success."""

    error: ProblemDetail


def curves_of(measured: Characterisation) -> dict[str, CurveBody]:
    """All curves of a `Characterisation` in their JSON form."""
    return {name: CurveBody.of(curve) for name, curve in measured.curves.items()}


def scalars_of(measured: Characterisation) -> dict[str, ScalarBody]:
    """All numbers of a `Characterisation` in their JSON form."""
    return {name: ScalarBody.of(scalar) for name, scalar in measured.scalars.items()}


def phase_summaries(names: Sequence[str]) -> list[PhaseSummary]:
    """Phases or classes with the colours that pictures show them in."""
    colours = ("#" + bytes(colour).hex() for colour in label_colours(len(names)))
    return [PhaseSummary(name=name, colour=colour) for name, colour in zip(names, colours, strict=True)]


def numbers(values: np.ndarray) -> list[float | None]:
    """Values (n,) for JSON, which knows no NaN: null says "not sampled"."""
    return [float(value) if np.isfinite(value) else None for value in values]
