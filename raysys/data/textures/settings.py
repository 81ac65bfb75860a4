"""What a user says about several textures, or several rocks: one validated section of a recipe."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

from raysys.data.files.source import Choice
from raysys.data.settings import LocalPath
from raysys.data.shapes import sides_of
from raysys.errors import RaysysError
from raysys.form import Form, Kind
from raysys.spacing import spacing_of

SIX = "synthetic:textures"  # six textures that come without a file
ROCKS = "synthetic:rocks"  # three rocks that do
WINDOW = 1.1  # sides of the window from which both crops of a photograph are cut, in sides of a crop (Algorithm 1)


class TexturesSettings(BaseModel):
    """Which textures, and how pieces of them are drawn: two of one texture at a time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["textures"] = Field(description="textures: several textures, photographs or rocks.")
    images: LocalPath = Field(
        description="Folder with one file or one folder for each texture (or volume), which is named as it is; or "
        "synthetic:textures for six that come with raysys, synthetic:rocks for three rocks.",
        min_length=1,
    )
    pairs: Literal["texture", "window"] = Field(
        "texture",
        description="What two pieces that belong together are cut from: a texture, each file or folder being one that "
        "looks alike everywhere; or a window of 1.1 pieces a side anywhere in photographs of many textures.",
    )
    dims: Literal[2, 3] = Field(2, description="Axes of a piece: 2 of pictures, 3 of volumes.")
    colour: Annotated[bool, Strict()] | None = Field(
        None, description="Whether colours are kept; by default those of pictures are, and of volumes there are none."
    )
    phase: float | dict[str, float] | None = Field(
        None,
        description="Stored value that becomes 1, all others 0, such as that of pores; or one for each name. Images "
        "are grey or coloured without it, and volumes of two values only are refused.",
    )
    dataset: str | None = Field(None, description="Name of the array inside h5, npz or zarr files of several.")
    shape: tuple[int, ...] | None = Field(None, description="Shape of raw files in voxels, slowest axis first.")
    dtype: str | None = Field(None, description='Number type of raw files as NumPy writes it: "uint8", ">u2", ...')
    pixel_size: str | None = Field(
        None, description="How far apart pixels are, instead of what the files say: 0.4um, or one size for each axis."
    )
    downscale: float = Field(1.0, ge=1, description="Pixels of a file per pixel of a piece, along each axis.")
    tile: int = Field(64, ge=8, description="Side of a piece in pixels, after downscaling.")
    held_out: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of each texture's longest axis kept away from training, at its far end; no pixel is shared.",
    )

    @property
    def choice(self) -> Choice:
        """Which of several images in a file is meant."""
        return Choice(dataset=self.dataset, shape=self.shape, dtype=self.dtype)

    @property
    def coloured(self) -> bool:
        """Whether pieces have colours."""
        return self.kind == "colour"

    @property
    def kind(self) -> Kind:
        """What the values of the pieces mean."""
        if self.phase is not None:
            return "binary"
        return "colour" if (self.dims == 2 if self.colour is None else self.colour) else "grey"

    @property
    def form(self) -> Form:
        """The form of the pieces."""
        return Form(self.kind, sides_of(self.tile, self.dims))

    @property
    def window(self) -> int:
        """Side of the window of a photograph."""
        return round(WINDOW * self.tile)

    @property
    def needed(self) -> int:
        """Pixels that a texture must have along each axis."""
        return self.window if self.pairs == "window" else self.tile

    @model_validator(mode="after")
    def _one_kind(self) -> TexturesSettings:
        if self.colour and (self.dims == 3 or self.phase is not None):
            raise ValueError("colour is of pictures without a phase; leave it out")
        return self

    @model_validator(mode="before")
    @classmethod
    def _pixel_size_can_be_read(cls, fields: Any) -> Any:
        size = fields.get("pixel_size") if isinstance(fields, dict) else None
        if isinstance(size, str):
            try:
                spacing_of(size)
            except RaysysError as error:
                raise ValueError(str(error)) from None
        return fields
