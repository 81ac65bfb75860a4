"""What a user says about a data set in MICRO2D's layout: one validated section of a recipe."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from raysys.data.micro2d.splits import SHARES
from raysys.data.settings import LocalPath
from raysys.form import Form


class Micro2DSettings(BaseModel):
    """Which file, which of its classes, and how they are split; images are read when they are needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["micro2d"] = Field(description="micro2d: labelled images in an HDF5 file of MICRO2D's layout.")
    images: LocalPath = Field(
        description="HDF5 file: MICRO2D_homogenized.h5, or one that `raysys data synthesize micro2d-like` has written.",
        min_length=1,
    )
    classes: tuple[str, ...] | None = Field(None, description="Which classes, in this order; all if not given.")
    per_class: int | None = Field(
        None, ge=1, description="At most so many images of each class, the first ones; all if not given."
    )
    tile: int = Field(256, ge=2, description="Side of the file's images in pixels.")
    shares: tuple[float, float, float] = Field(
        SHARES, description="Of training, validation and test images, in every class alike."
    )
    seed: int = Field(0, ge=0, lt=2**31, description="Of the split.")
    balance: float = Field(
        0.0,
        ge=0,
        le=1,
        description="How far rare classes are drawn more often: 0 not at all, 1 as often as others.",
    )
    held_out_images: int = Field(
        512, ge=2, description="Validation images that are held in memory, of every class the same number."
    )

    @property
    def form(self) -> Form:
        """The form of the images."""
        return Form("binary", (self.tile, self.tile))

    @model_validator(mode="after")
    def _shares_add_up(self) -> Micro2DSettings:
        if min(self.shares[:2]) <= 0 or self.shares[2] < 0 or abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError("shares of training, validation and test must add up to 1, the first two above 0")
        return self

    @model_validator(mode="after")
    def _classes_differ(self) -> Micro2DSettings:
        if self.classes is not None and len(set(self.classes)) < len(self.classes):
            raise ValueError("classes names one of them twice; name each once")
        return self
