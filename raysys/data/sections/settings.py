"""What a user says about sections in three directions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from raysys.data.settings import DataSettings, LocalPath
from raysys.sections import PLANES


class SectionsSettings(DataSettings):
    """Three flat images of one material, prepared and cut alike."""

    source: Literal["sections"] = Field(  # type: ignore[assignment]
        "sections",
        description="sections: flat images across the three axes of a volume that is stored as z, y, x; images is the "
        "one whose rows and columns lie along y and x.",
    )
    xz: LocalPath = Field(description="File of the section whose rows lie along z and columns along x.", min_length=1)
    yz: LocalPath = Field(description="File of the section whose rows lie along z and columns along y.", min_length=1)

    @property
    def each(self) -> tuple[DataSettings, DataSettings, DataSettings]:
        """The settings of the sections across axis 0, 1 and 2 alone."""
        said = self.model_dump(exclude={"source", "xz", "yz"}, exclude_unset=True)
        paths = (self.images, self.xz, self.yz)
        one, two, three = (
            DataSettings.model_validate(said | {"images": path} | self._sized(plane))
            for path, plane in zip(paths, PLANES, strict=True)
        )
        return one, two, three

    def _sized(self, plane: tuple[int, int]) -> dict[str, str]:
        """Of three sizes of voxels those of a section's pixels."""
        sizes = [] if self.pixel_size is None else self.pixel_size.split(",")
        return {"pixel_size": ",".join(sizes[axis] for axis in plane)} if len(sizes) == 3 else {}

    @model_validator(mode="after")
    def _flat(self) -> SectionsSettings:
        if self.dims == 3 or not isinstance(self.tile, int):
            raise ValueError("sections are flat images with square tiles; leave dims out, and give tile as one number")
        return self
