"""What a user says about her images: one validated section of a recipe."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from raysys.form import Form


class DataSettings(BaseModel):
    """Which images, which of their values is the phase of interest, and how they are cut into tiles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["micrograph"] = Field("micrograph", description="micrograph: an image that is cut into tiles.")
    images: str = Field(
        description="File or folder of images (tif, png, jpg, bmp, npy, npz, h5, raw, mhd), or skimage:NAME for an "
        "image that ships with scikit-image, such as skimage:gravel.",
        min_length=1,
    )
    dataset: str | None = Field(None, description="Name of the array inside an h5 or npz file that holds several.")
    shape: tuple[int, ...] | None = Field(
        None, description="Shape of a raw file in pixels, slowest axis first, such as [400, 400, 400]."
    )
    dtype: str | None = Field(None, description='Number type of a raw file as NumPy writes it: "uint8", ">u2", ...')
    dims: Literal[2, 3] | None = Field(
        None,
        description="Axes of a tile. 2 cuts flat tiles out of every slice of a stack or volume; by default tiles have "
        "as many axes as the image.",
    )
    phase: Literal["bright", "dark"] | int | float = Field(
        "bright",
        description="Phase of interest, which becomes 1: bright or dark side of the segmentation, or the stored value "
        "of a label image (then nothing is denoised or segmented).",
    )
    denoise_sigma_color: float | None = Field(
        0.15,
        gt=0,
        le=1,
        description="Bilateral filter: grey values (0-1) closer than about this are averaged; null takes the image's "
        "standard deviation.",
    )
    denoise_sigma_spatial: float = Field(
        2.0, ge=0, le=20, description="Bilateral filter: reach in pixels of the file; 0 switches denoising off."
    )
    segment: Literal["otsu", "multi-otsu", "threshold", "none"] = Field(
        "otsu", description="How grey values become phases; none keeps the image grey. Two-level images stay exact."
    )
    threshold: float | None = Field(None, ge=0, le=1, description='Grey value (0-1) for segment "threshold".')
    classes: int = Field(3, ge=2, le=5, description='Number of classes for segment "multi-otsu".')
    downscale: float = Field(1.0, ge=1, description="Pixels of the file per pixel of a tile, along each axis.")
    window: Literal["res"] | Annotated[int, Field(ge=2)] | None = Field(
        None,
        description="Side of what a tile shows, in pixels of the file, instead of downscale, which is then window / "
        "tile; res: the representative size of the image, as raysys stats --res finds it.",
    )
    resize_threshold: Literal["half", "any", "preserve"] = Field(
        "half",
        description="Which shrunk pixels are phase 1: at least half filled, filled at all (inflates the phase), or the "
        "level that keeps the phase fraction.",
    )
    minimum_object: int = Field(
        0,
        ge=0,
        description="Pieces of either phase below this many pixels (after downscaling) are removed; 0 keeps all.",
    )
    tile: int = Field(64, ge=2, description="Side of a tile in pixels, after downscaling.")
    stride: int = Field(32, ge=1, description="Step between tiles in pixels, after downscaling.")
    held_out: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="Share of the image's longest axis kept away from training, at its far end; no pixel is shared.",
    )

    @property
    def form(self) -> Form:
        """The form of the tiles."""
        return Form("grey" if self.segment == "none" else "binary", (self.tile,) * (self.dims or 2))

    @model_validator(mode="after")
    def _window_or_downscale(self) -> "DataSettings":
        if self.window is None:
            return self
        if self.window != "res" and self.window < self.tile:
            raise ValueError(f"window is {self.window} and smaller than a tile of {self.tile}; downscale only shrinks")
        implied = 1 if self.window == "res" else self.window / self.tile
        if self.downscale not in (1, implied):
            raise ValueError(
                f"window ({self.window}) says what downscale ({self.downscale:g}) is; leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _threshold_belongs_to_its_method(self) -> "DataSettings":
        if self.segment == "threshold" and self.threshold is None:
            raise ValueError('segment "threshold" needs threshold, a grey value between 0 and 1')
        if self.segment != "threshold" and self.threshold is not None:
            raise ValueError(f'threshold is only read with segment "threshold", and segment is "{self.segment}"')
        return self
