"""What a saved model says about itself: `model.json`."""

import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

import raysys
from raysys.errors import RaysysError
from raysys.form import Form, Kind
from raysys.models.cleaning import Cleaning
from raysys.models.condition.card import ConditionCard
from raysys.spacing import Spacing

FORMAT_VERSION = 1
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_name(name: str, what: str = "model name") -> str:
    """Return `name` if it can stand in a path or a URI by itself.

    Raises
    ------
    RaysysError
        If it holds anything but letters, digits, '-', '_' and '.', or does not start with a letter or digit.
    """
    if not NAME.fullmatch(name):
        raise RaysysError(
            f"{what} {name!r} is not allowed; use up to 100 letters, digits, '-', '_' and '.', "
            "the first a letter or digit"
        )
    return name


def _channels(fields: dict[str, Any]) -> int:
    """What the kind implies; 1 where another field is wrong, which is told in its place."""
    if not {"kind", "shape", "phases"} <= fields.keys():
        return 1
    return Form(fields["kind"], fields["shape"], fields["phases"]).channels


class ImagesCard(BaseModel):
    """The images that a model was trained on and makes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind = Field(
        "binary",
        description="Binary images are the network's output above one half, label images the channel with the most.",
    )
    shape: tuple[int, ...] = Field(description="Pixels per axis of a training image.")
    phases: tuple[str, ...] = Field((), description="Names of the values 0, 1, ... of label images.")
    channels: int = Field(default_factory=_channels, description="In which the network sees an image.")
    phase: int | str = Field(1, description="Which phase is 1 in binary images.")
    phase_fraction: float | None = Field(None, ge=0, le=1, description="Share of the phase in the training images.")
    pixel_size: Spacing | None = Field(
        None, description="How far apart pixels are, slowest axis first, after downscaling; null where it is not known."
    )
    cleaning: Cleaning | None = Field(
        None,
        description="Small pieces that were removed from the training images, and are from samples; null for none.",
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.channels != self.form.channels:
            raise ValueError(f"{self.kind} images have {self.form.channels} channels, and not {self.channels}")
        if self.cleaning is not None and self.kind != "binary":
            raise ValueError(f"cleaning is of binary images, and these are {self.kind} ones; leave it out")
        return self

    @property
    def form(self) -> Form:
        """Kind, pixels and channels; raises RaysysError if they make no images."""
        return Form(self.kind, self.shape, self.phases)


class ModelCard(BaseModel):
    """Description of a model: enough to build its network again and to know where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int = Field(FORMAT_VERSION, ge=1, description="Of the folder's layout.")
    name: str = Field(description="Letters, digits, '-', '_' and '.'.")
    architecture: str = Field(description="Name of the method whose network it is.")
    hyperparameters: dict[str, Any] = Field(default_factory=dict, description="Arguments of the network's constructor.")
    images: ImagesCard = Field(description="The training images.")
    condition: ConditionCard | None = Field(None, description="What can be asked for; null for nothing.")
    licence: str | None = Field(None, description="Of the training images and of the weights, where it is known.")
    provenance: dict[str, Any] = Field(default_factory=dict, description="Where data and weights come from.")
    metrics: dict[str, float | None] = Field(
        default_factory=dict, description="Of the last validation; null if not finite."
    )
    held_out: dict[str, float | None] = Field(
        default_factory=dict,
        description="Of samples against the tiles held out of training: errors, over the upper end of the band of real "
        "against real where there is one, and topology; empty where that was not measured.",
    )
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"), description="UTC.")
    raysys_version: str = Field(default_factory=lambda: raysys.__version__, description="That made the model.")

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        return check_name(name)

    @field_validator("metrics", "held_out")
    @classmethod
    def _finite(cls, metrics: dict[str, float | None]) -> dict[str, float | None]:
        # JSON has no NaN, and the endpoint sends cards.
        return {key: value if value is not None and math.isfinite(value) else None for key, value in metrics.items()}


def portable(card: ModelCard) -> ModelCard:
    """The card for other machines: of files only their names, nothing of where runs were kept and tracked."""
    provenance = _without_paths(card.provenance)
    if isinstance(recipe := provenance.get("recipe"), dict):
        provenance["recipe"] = {name: value for name, value in recipe.items() if name not in ("storage", "tracking")}
    return card.model_copy(update={"provenance": provenance})


def _without_paths(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_paths(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_paths(one) for one in value]
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


def read_card(path: Path) -> ModelCard:
    """Read `model.json`.

    Raises
    ------
    RaysysError
        If it is missing, no valid JSON, lacks or misspells a field, or was written by a newer raysys.
    """
    try:
        card = ModelCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RaysysError(f"{path} cannot be read ({error.strerror}); a saved model has a model.json") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the file"
        raise RaysysError(f"{path} is no model card of raysys: {field}: {first['msg']}") from error
    except RaysysError as error:
        raise RaysysError(f"{path}: {error}") from error
    if card.format_version > FORMAT_VERSION:
        raise RaysysError(
            f"{path} has format {card.format_version}, made by raysys {card.raysys_version}; "
            f"this raysys {raysys.__version__} reads formats up to {FORMAT_VERSION}"
        )
    return card
