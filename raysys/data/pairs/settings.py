"""What a user says about images and their masks: one validated section of a recipe."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from raysys.data.labels import NO_NUMBER, check_names, numbered
from raysys.data.settings import LocalPath
from raysys.form import Form
from raysys.grey_levels import GreyScale

UNLABELLED = NO_NUMBER  # number of a pixel that nobody has labelled
Classes = Annotated[dict[str, tuple[int, ...]], BeforeValidator(numbered("classes"))]


class PairsSettings(BaseModel):
    """Which images, which masks belong to them, what the masks' values mean, and which specimens are held out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["pairs"] = Field(description="pairs: grey images and their masks.")
    images: LocalPath = Field(
        description="Folder of images (png, jpg, bmp, tif, npy, npz, h5), or a pattern such as scans/*/grey_*.tif; "
        "masks beside them are told by mask_suffix.",
        min_length=1,
    )
    masks: LocalPath | None = Field(
        None,
        description="Folder of the masks where it is another one; a mask is named as its image, with or without "
        "mask_suffix.",
    )
    mask_suffix: str = Field(
        "_mask",
        description='What the name of a mask adds to its image\'s; "_Simple Segmentation" for exports of ilastik.',
    )
    classes: Classes = Field(
        description="Names of the classes of mask values 0, 1, ...; or each name with its value, or its values: "
        "{ground: 1, crack: [2, 3]}. Class numbers follow the order given here.",
    )
    unlabelled: int | None = Field(None, description="Value of pixels that nobody has labelled; nothing is learned.")
    dataset: str | None = Field(None, description="Name of the array in h5 and npz files that hold several.")
    grey: GreyScale = Field(
        "percentiles",
        description="What becomes black and white: percentiles 0.5 and 99.5 of each image, or its stored type's range.",
    )
    tile: int = Field(128, ge=8, description="Side of a tile in pixels.")
    stride: int = Field(64, ge=1, description="Step between training tiles in pixels; whole tiles only.")
    specimen: str | int | None = Field(
        None,
        description="What of an image's name names its specimen: a regular expression for its beginning (its first "
        "group, if it has one), or a number of leading characters; every image is a specimen if not given.",
    )
    held_out: float | tuple[str, ...] = Field(
        0.25,
        description="Specimens that are not trained on: their names, or at most this share of the images, of whole "
        "specimens drawn by seed.",
    )
    seed: int = Field(0, ge=0, lt=2**31, description="Of drawing the specimens that are held out.")
    balance: float = Field(
        0.5,
        ge=0,
        le=1,
        description="How far tiles with rare classes are drawn more often: 0 not at all, 1 by what they hold alone.",
    )
    held_out_images: int = Field(256, ge=2, description="Held-out tiles in memory, evenly over all.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their numbers."""
        return tuple(self.classes)

    @property
    def form(self) -> Form:
        """The form of the tiles."""
        return Form("grey", (self.tile, self.tile))

    @model_validator(mode="after")
    def _classes_are_told_apart(self) -> PairsSettings:
        check_names(self.classes, "class", "classes", UNLABELLED - 1)
        if any(self.unlabelled in each for each in self.classes.values()):
            raise ValueError(f"unlabelled is {self.unlabelled}, which is also a class")
        return self

    @model_validator(mode="after")
    def _specimens_are_told_apart(self) -> PairsSettings:
        if isinstance(self.specimen, str):
            try:
                re.compile(self.specimen)
            except re.error as error:
                raise ValueError(f"specimen {self.specimen!r} is no regular expression ({error})") from None
        if isinstance(self.specimen, int) and self.specimen < 1:
            raise ValueError(f"specimen is {self.specimen}; allowed: 1 or more leading characters")
        if isinstance(self.held_out, float) and not 0 < self.held_out < 1:
            raise ValueError(f"held_out is {self.held_out:g}; allowed: between 0 and 1, or names of specimens")
        return self
