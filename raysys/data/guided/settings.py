"""What a user says about one image and its map."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from raysys.data.settings import DataSettings, LocalPath

AUTO = "auto"  # in the place of a file: the map is made from the image


class GuidedSettings(DataSettings):
    """One image and a map of it, cut together."""

    source: Literal["guided"] = Field("guided", description="guided: an image and a map of it, cut together.")  # type: ignore[assignment]
    progression: LocalPath | None = Field(
        None,
        description="How far the texture has gone at each pixel: a picture, black where it begins and white where it "
        "ends, or an array of numbers from 0 to 1; auto: the way in which the image's surroundings differ most.",
    )
    orientation: LocalPath | None = Field(
        None,
        description="Which way the texture runs at each pixel, anticlockwise from the horizontal: an array (H, W, 2) "
        "of the angle's cosine and sine, or a picture, black at 0 degrees and white below 180; auto: the direction of "
        "the image's own lines.",
    )

    @property
    def guide(self) -> Literal["progression", "orientation"]:
        """What the map says."""
        return "orientation" if self.progression is None else "progression"

    @property
    def map(self) -> str:
        """Its file, or AUTO."""
        return str(self.orientation if self.progression is None else self.progression)

    @model_validator(mode="after")
    def _one_map(self) -> GuidedSettings:
        if (self.progression is None) == (self.orientation is None):
            raise ValueError("an image has one map: give progression or orientation, a file or auto")
        if self.phases is not None or self.dims == 3:
            raise ValueError("a map is of a flat image, and phases and dims say another; leave them out")
        return self
