"""Options that several sub-commands share, so that they read and mean the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from raysys.cli.parts.completion import recipes

Boundary = Literal["open", "periodic"]
BoundaryOption = Annotated[
    Boundary,
    typer.Option(help="open counts only pairs inside an image; periodic lets opposite edges meet."),
]
PhaseOption = Annotated[
    str | None,
    typer.Option(
        help="Phase of interest: bright, the default, or dark (grey images are segmented at Otsu's threshold, and 1 is "
        "the bright value of a 0/1 image), or the stored value of a label image, such as 1; to be said of images of a "
        "few values."
    ),
]
PhasesOption = Annotated[
    str | None,
    typer.Option(
        help="Phase of interest: bright, the default, or dark (grey images are segmented at Otsu's threshold, and 1 is "
        "the bright value of a 0/1 image), or the stored value of a label image, such as 1; to be said of images of a "
        "few values; all: every value of a label image, one after the other."
    ),
]
DimsOption = Annotated[
    int,
    typer.Option(min=2, max=3, help="Axes of one image: with 2 a stack is many flat images, with 3 it is one volume."),
]
RMaxOption = Annotated[
    int | None, typer.Option("--r-max", min=1, help="Longest lag in pixels; by default what the smallest image allows.")
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        help="Ray cluster: local, auto or HOST:PORT; by default RAY_ADDRESS, or else a Ray of this machine for the "
        "time of the command."
    ),
]
TrackingOption = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        help="Where MLflow keeps runs and models; by default MLFLOW_TRACKING_URI, or else mlflow.db in this folder.",
    ),
]
RecipeArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE", help="A YAML file, or the name of a recipe that comes with raysys.", autocompletion=recipes
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Replace a field of the recipe, such as training.steps=500; the value is read as YAML; may be repeated.",
    ),
]
ReportOption = Annotated[
    Path | None, typer.Option(help="Also write a self-contained HTML page with images, curves and tables.")
]
SeriesOption = Annotated[
    int | None, typer.Option(min=0, help="Which image of a file that holds several (TIFF, zarr), from 0.")
]
ChannelOption = Annotated[int | None, typer.Option(min=0, help="Which channel of a file that holds several, from 0.")]
TimeOption = Annotated[int | None, typer.Option(min=0, help="Which time of a file that holds several, from 0.")]
DatasetOption = Annotated[str | None, typer.Option(metavar="NAME", help="Array of an h5, npz or zarr file of several.")]
GREY_THRESHOLD = "Grey value, as the file stores it, above which a pixel is bright; by default Otsu's."
GreyThresholdOption = Annotated[float | None, typer.Option("--grey-threshold", metavar="VALUE", help=GREY_THRESHOLD)]
ResampleOption = Annotated[
    bool,
    typer.Option(
        "--resample",
        help="First make pixels that are not equally long along all axes squares or cubes of the shortest length, each "
        "of the phase of the nearest pixel.",
    ),
]
PixelSizeOption = Annotated[
    str | None,
    typer.Option(
        "--pixel-size",
        metavar="SIZE",
        help="How far apart pixels are, instead of what files say: 0.4um, or one size for each axis, slowest first, "
        "such as 5um,2.25um,2.25um.",
    ),
]
