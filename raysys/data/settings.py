"""What a user says about her images: one validated section of a recipe."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, model_validator

from raysys.data.files.source import Choice
from raysys.data.labels import Phases, check_names
from raysys.data.shapes import sides_of, told
from raysys.errors import RaysysError
from raysys.form import MOST_PHASES, Form, Kind
from raysys.local_paths import local_path
from raysys.spacing import spacing_of

SHIPPED = ("skimage:", "synthetic:")  # beginnings of the names of images that come without a file

# What is said of grey values, with the values that say nothing; colour and label images have no use for it.
OF_GREY_VALUES = {
    "phase": (None, "bright"),
    "denoise_sigma_color": (0.15,),
    "denoise_sigma_spatial": (2.0, 0.0),
    "segment": ("none",),
    "threshold": (None,),
    "resize_threshold": ("half",),
    "minimum_object": (0,),
}
LocalPath = Annotated[str, AfterValidator(local_path)]
Side = Annotated[int, Field(ge=2)]
Step = Annotated[int, Field(ge=1)]


class DataSettings(BaseModel):
    """Which images, which of their values is the phase of interest, and how they are cut into tiles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["micrograph"] = Field("micrograph", description="micrograph: an image that is cut into tiles.")
    images: LocalPath = Field(
        description="File or folder of images (tif, png, jpg, bmp, npy, npz, h5, nc, mat, zarr, nrrd, nii, mhd, raw), "
        "skimage:NAME for an image that ships with scikit-image, such as skimage:gravel, or synthetic:NAME for one "
        "that is drawn: pores, oriented-pores, porosities.",
        min_length=1,
    )
    dataset: str | None = Field(None, description="Name of the array inside an h5, npz or zarr file of several.")
    series: int | None = Field(None, ge=0, description="Number of the image inside a TIFF or zarr file of several.")
    channel: int | None = Field(None, ge=0, description="Number of the channel, where a file has several.")
    time: int | None = Field(None, ge=0, description="Number of the time, where a file has several.")
    pixel_size: str | None = Field(
        None,
        description="How far apart pixels are, instead of what the file says: 0.4um, or one size for each axis, "
        "slowest first, such as 5um,2.25um,2.25um.",
    )
    shape: tuple[int, ...] | None = Field(
        None, description="Shape of a raw file in pixels, slowest axis first, such as [400, 400, 400]."
    )
    dtype: str | None = Field(None, description='Number type of a raw file as NumPy writes it: "uint8", ">u2", ...')
    dims: Literal[2, 3] | None = Field(
        None,
        description="Axes of a tile. 2 cuts flat tiles out of every slice of a stack or volume, 3 cuts volumes; by "
        "default tiles have as many axes as the image.",
    )
    colour: Annotated[bool, Strict()] = Field(
        False,
        description="Whether colours are kept; nothing is denoised or segmented then. Without, a photograph becomes "
        "grey.",
    )
    phases: Phases | None = Field(
        None,
        description="Phases of a label image: names of the stored values 0, 1, 2, ..., or each name with its value or "
        "its values, such as {pore: 0, active: 128, binder: 255}. Labels follow the order given here; nothing is "
        "denoised or segmented.",
    )
    phase: Literal["bright", "dark"] | int | float | None = Field(
        None,
        description="Phase of interest, which becomes 1: bright or dark side of the segmentation, or the stored value "
        "of a label image (then nothing is denoised or segmented); bright by default, but has to be said where the "
        "image holds a few whole numbers.",
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
    threshold: float | None = Field(
        None,
        allow_inf_nan=False,
        description='Value as the file stores it, above which a pixel is bright, for segment "threshold".',
    )
    threshold_of: Literal["stored", "grey"] = Field(
        "stored",
        description="What threshold is a value of: the file, or the grey scale from 0 to 1, as in recipes and models "
        "of raysys before thresholds were stored values.",
    )
    classes: int = Field(3, ge=2, le=5, description='Number of classes for segment "multi-otsu".')
    downscale: float = Field(
        1.0,
        ge=1,
        description="Pixels of the file per pixel of a tile, along each axis; of labels the most frequent one is "
        "taken.",
    )
    window: Literal["res"] | Annotated[int, Field(ge=2)] | None = Field(
        None,
        description="Side of what a tile shows, in pixels of the file, instead of downscale, which is then window / "
        "tile; res: the representative size of the image, as raysys stats --res finds it.",
    )
    resize_threshold: Literal["half", "any", "preserve", "published"] = Field(
        "half",
        description="Which shrunk pixels are phase 1: at least half filled, filled at all (inflates the phase), from "
        "the level on that keeps the phase fraction, or, as in the published WGAN-GP's code, bilinear and above 0.",
    )
    minimum_object: int = Field(
        0,
        ge=0,
        description="Pieces of either phase below this many pixels (after downscaling) are removed; 0 keeps all.",
    )
    tile: Side | tuple[Side, ...] = Field(
        64, description="Side of a tile in pixels, after downscaling; or one for each axis, such as [32, 64, 64]."
    )
    stride: Step | tuple[Step, ...] = Field(
        32, description="Step between tiles in pixels, after downscaling; or one for each axis."
    )
    held_out: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="Share of the image's longest axis kept away from training, at its far end; no pixel is shared.",
    )

    @property
    def choice(self) -> Choice:
        """Which of several images in the file is meant."""
        return Choice(self.dataset, self.series, self.channel, self.time, self.shape, self.dtype)

    @property
    def named_phase(self) -> str | float:
        """The phase of interest: bright where nobody has said it."""
        return "bright" if self.phase is None else self.phase

    @property
    def stored_kind(self) -> Literal["grey", "colour", "labels"]:
        """What the file is to hold; who names stored values, means the numbers of a palette and not its colours."""
        if self.colour:
            return "colour"
        return "grey" if self.phases is None and isinstance(self.named_phase, str) else "labels"

    @property
    def form(self) -> Form:
        """The form of the tiles."""
        if self.phases is not None:
            return Form("labels", self.tile_shape, tuple(self.phases))
        return Form(self.kind, self.tile_shape)

    @property
    def kind(self) -> Kind:
        """What the values of the tiles mean."""
        if self.colour or self.phases is not None:
            return "colour" if self.colour else "labels"
        return "grey" if self.segment == "none" and isinstance(self.named_phase, str) else "binary"

    @property
    def tile_shape(self) -> tuple[int, ...]:
        """Pixels of a tile along each axis: of flat tiles, unless `dims` or `tile` says otherwise."""
        return self.tile_in(self.dims or (2 if isinstance(self.tile, int) else len(self.tile)))

    def tile_in(self, dims: int) -> tuple[int, ...]:
        """Pixels of a tile of so many axes, which the image has where the settings do not say it."""
        return sides_of(self.tile, dims)

    def stride_in(self, dims: int) -> tuple[int, ...]:
        """Steps between tiles of so many axes."""
        return sides_of(self.stride, dims)

    @model_validator(mode="before")
    @classmethod
    def _nothing_to_segment(cls, fields: Any) -> Any:
        if not isinstance(fields, dict) or not (fields.get("colour") or fields.get("phases")):
            return fields
        # What is said by default is no contradiction: colours and labels have nothing to segment.
        said = {name: value for name, value in fields.items() if (name, value) != ("segment", "otsu")}
        return {"segment": "none"} | said

    @model_validator(mode="after")
    def _one_kind_of_images(self) -> "DataSettings":
        if self.phases is not None:
            check_names(self.phases, "phase", "phases", MOST_PHASES)
        if self.colour and self.phases is not None:
            raise ValueError("colour keeps colours and phases names labels; leave one of them out")
        if self.colour or self.phases is not None:
            kept = "colour keeps colours" if self.colour else "phases names the labels"
            for name, silent in OF_GREY_VALUES.items():
                if getattr(self, name) not in silent:
                    raise ValueError(f"{kept}, and {name} ({getattr(self, name)}) is for grey values; leave one out")
            if self.window == "res":
                raise ValueError(f"{kept}, and window: res measures one phase; give the window in pixels")
        return self

    @model_validator(mode="after")
    def _pixel_size_can_be_read(self) -> "DataSettings":
        if self.pixel_size is not None:
            try:
                spacing_of(self.pixel_size)
            except RaysysError as error:
                raise ValueError(str(error)) from None
        return self

    @model_validator(mode="after")
    def _axes_agree(self) -> "DataSettings":
        axes = {name: len(sides) for name in ("tile", "stride") if not isinstance(sides := getattr(self, name), int)}
        axes |= {} if self.dims is None else {"dims": self.dims}
        if set(axes.values()) - {2, 3} or len(set(axes.values())) > 1:
            given = ", ".join(f"{name} of {count}" for name, count in axes.items())
            raise ValueError(f"{given} axes; a tile has 2 or 3, of which dims, tile and stride say the same")
        return self

    @model_validator(mode="after")
    def _window_or_downscale(self) -> "DataSettings":
        if self.window is None:
            return self
        if len(set(self.tile_shape)) > 1:
            raise ValueError(f"window is the side of a square, and tile is {told(self.tile)}; give downscale instead")
        side = self.tile_shape[0]
        if self.window != "res" and self.window < side:
            raise ValueError(f"window is {self.window} and smaller than a tile of {side}; downscale only shrinks")
        implied = 1 if self.window == "res" else self.window / side
        if self.downscale not in (1, implied):
            raise ValueError(
                f"window ({self.window}) says what downscale ({self.downscale:g}) is; leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _threshold_belongs_to_its_method(self) -> "DataSettings":
        if self.segment == "threshold" and self.threshold is None:
            raise ValueError('segment "threshold" needs threshold, a value as the file stores it')
        if self.segment != "threshold" and self.threshold is not None:
            raise ValueError(f'threshold is only read with segment "threshold", and segment is "{self.segment}"')
        if self.threshold is not None and self.threshold_of == "grey" and not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold is {self.threshold:g} and threshold_of is grey; allowed: 0 to 1")
        return self
