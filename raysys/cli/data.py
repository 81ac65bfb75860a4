"""`raysys data`: what a file holds, its phases, its tiles; data sets of synthetic images."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.large import (
    decision_of,
    fractions_of,
    how_told,
    in_words,
    prepared,
    segment_in_windows,
    warn_of_few,
    write_drawn,
)
from raysys.cli.parts.options import (
    AddressOption,
    ChannelOption,
    GreyThresholdOption,
    PixelSizeOption,
    SeriesOption,
    TimeOption,
)
from raysys.cli.parts.settings import data_settings
from raysys.cli.parts.terminal import Bar, by, facts, show, wrote
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.data import DataSettings, Tiles
    from raysys.data.preparation import CutTiles

# One step of `prepare` cuts tiles; smallest tiles at the longest stride ask nothing of the image's size.
SMALLEST = {"tile": 2, "stride": 2**31, "held_out": 0.0, "window": None}

app = typer.Typer(
    no_args_is_help=True, help="Look at images, segment them, cut them into tiles; the same steps that training takes."
)

ImageArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="IMAGE",
        help="File (tif, png, jpg, bmp, npy, npz, h5, nc, mat, zarr, nrrd, nii, mhd, raw), folder of slices, or "
        "skimage:NAME.",
    ),
]
RecipeOption = Annotated[str | None, typer.Option(help="Take the data section of this recipe (path or name).")]
FieldOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Set a field of the data section, such as phase=dark or tile=128; the value is read as YAML; may be "
        "repeated.",
    ),
]


def _fields(fields: list[str] | None, threshold: float | None, which: dict[str, object]) -> list[str]:
    """What --set says, and the options that stand for fields."""
    said = [f"{name}={value}" for name, value in which.items() if value is not None]
    # A threshold of grey values is one way to segment them.
    cut = [] if threshold is None else ["segment=threshold", f"threshold={threshold}"]
    return [*(fields or []), *said, *cut]


@app.command(epilog="Example: raysys data info skimage:gravel --set phase=dark --set tile=64")
def info(
    image: ImageArgument = None,
    recipe: RecipeOption = None,
    fields: FieldOption = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
    pixel_size: PixelSizeOption = None,
    grey_threshold: GreyThresholdOption = None,
) -> None:
    """Show what a file holds, and what phases and tiles come of it; of a data set like MICRO2D, its classes."""
    from raysys.data.large import is_large
    from raysys.spacing import told_spacing

    which = {"series": series, "channel": channel, "time": time, "pixel_size": pixel_size}
    asked = _fields(fields, grey_threshold, which)
    settings = data_settings(image, recipe, asked)
    if settings.dataset is None and Path(settings.images).suffix in (".h5", ".hdf5") and _show_classes(settings.images):
        return None
    if is_large(settings):
        tiles = prepared(settings)
        said = tiles.provenance
        stored_as = f"{by(tuple(said['shape_stored']))} pixels, {said['dtype_stored']}, read in windows"
        spacing = told_spacing(said.get("spacing"))
        sized = {} if spacing is None else {"pixel size": f"{spacing} after downscaling"}
        return show(facts(settings.images, {"stored": stored_as} | sized | _prepared(settings, tiles)))
    return show(facts(settings.images, _stored(settings) | _prepared(settings, prepared(settings))))


@app.command(epilog="Example: raysys data segment micrograph.tif -o phases.png --set phase=dark --set downscale=2")
def segment(
    image: ImageArgument = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write the phases: .png, .tif, .npy or .npz; 1 is white.")
    ] = Path("phases.png"),
    recipe: RecipeOption = None,
    fields: FieldOption = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
    pixel_size: PixelSizeOption = None,
    grey_threshold: GreyThresholdOption = None,
) -> None:
    """Denoise, segment and shrink an image; 1 (white) becomes the phase of interest.

    By thresholds, or by stored values; with a trained network: raysys segment. Of label images (--set phases=...) the
    numbers of the phases are written; .png shows them in colours.

    An image above 512 MiB as float32 is worked through in windows, and written as .tif or .npy.
    """
    from raysys.data import write_images
    from raysys.data.large import is_large
    from raysys.data.preparation.window import with_window
    from raysys.spacing import told_spacing

    which = {"series": series, "channel": channel, "time": time, "pixel_size": pixel_size}
    asked = _fields(fields, grey_threshold, which)
    settings = data_settings(image, recipe, asked)
    if settings.colour:
        raise RaysysError(f"{settings.images}: colour keeps colours, and this command makes phases; leave colour out")
    if is_large(settings):
        return segment_in_windows(settings, output)
    dims = settings.dims or (None if isinstance(settings.tile, int) else len(settings.tile))
    whole = with_window(settings).model_copy(update=SMALLEST | {"dims": dims})
    found = prepared(whole)
    images = found.image[None] if found.image.ndim == 2 else found.image
    write_images(output, images, kind=settings.kind, spacing=told_spacing(found.provenance.get("spacing")))
    typer.echo(fractions_of(found, settings))
    return wrote(output, f"{by(found.image.shape)} pixels")


@app.command(
    epilog="Example: raysys data tile skimage:gravel -o tiles.npy --held-out-output held-out.npy --set tile=64"
)
def tile(
    image: ImageArgument = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Training tiles: .npy, .npz, .tif, or a new folder of PNG files.")
    ] = Path("tiles.npy"),
    held_out_output: Annotated[
        Path | None, typer.Option(help="Also write the held-out tiles, of the region kept away from training.")
    ] = None,
    recipe: RecipeOption = None,
    fields: FieldOption = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
    pixel_size: PixelSizeOption = None,
    grey_threshold: GreyThresholdOption = None,
) -> None:
    """Cut an image into training and held-out tiles that share no pixel."""
    which = {"series": series, "channel": channel, "time": time, "pixel_size": pixel_size}
    asked = _fields(fields, grey_threshold, which)
    settings = data_settings(image, recipe, asked)
    tiles = prepared(settings)
    write_drawn(output, tiles.train, settings.kind)
    typer.echo(fractions_of(tiles, settings))
    wrote(output, _described(tiles.train, settings))
    warn_of_few(tiles)
    if held_out_output is not None and len(tiles.held_out):
        write_drawn(held_out_output, tiles.held_out, settings.kind)
        wrote(held_out_output, _described(tiles.held_out, settings))


@app.command(epilog="Example: raysys data synthesize micro2d-like --per-class 100 -o data.h5 --preview sheet.png")
def synthesize(
    kind: Annotated[
        Literal["micro2d-like"],
        typer.Argument(metavar="KIND", help="micro2d-like: an imitation of MICRO2D's ten classes, in its HDF5 layout."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="HDF5 file.")] = Path("micro2d-like.h5"),
    per_class: Annotated[int, typer.Option(min=1, help="Images of each class.")] = 1000,
    counts: Annotated[
        Literal["micro2d"] | None, typer.Option(help="micro2d: as many of each class as it has, 87,379 in all.")
    ] = None,
    classes: Annotated[
        list[str] | None, typer.Option(help="Only these, separated by commas, or repeated; all ten by default.")
    ] = None,
    size: Annotated[int, typer.Option(min=1, help="Side of an image in pixels; shapes keep their size.")] = 256,
    seed: Annotated[int, typer.Option(min=0, help="Image i of a class depends on seed, class, i and size only.")] = 0,
    preview: Annotated[Path | None, typer.Option(help="Also write a PNG file with a row of each class.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Draw on Ray, in so many tasks at a time; without, in this process.")
    ] = None,
    address: AddressOption = None,
) -> None:
    """Draw a data set of synthetic images, on Ray if workers or an address are given.

    The file appears when it is complete; the same command goes on where an interrupted one has ended.
    """
    from functools import partial

    from raysys.data.micro2d import CLASSES, COUNTS, Micro2D, one_by_one, write_sheet
    from raysys.data.micro2d import synthesize as draw
    from raysys.data.micro2d.layout import draw as draw_block
    from raysys.farm.mapping import mapped

    names = [name.strip() for part in classes or CLASSES for name in part.split(",")]
    asked = {name: COUNTS.get(name, per_class) if counts else per_class for name in names}
    spread = partial(mapped, draw_block, workers=workers, address=address) if workers or address else one_by_one
    kept = keeping(lambda: f"the images drawn so far are kept beside {output}, to go on: {again()}")
    with kept, Bar("drawing images", "speed") as bar:
        draw(output, asked, seed=seed, size=size, spread=spread, progress=_told(bar))
    wrote(output, f"{sum(asked.values()):,} images of {size} x {size} pixels, {len(asked)} classes")
    if preview is not None:
        wrote(preview, f"{write_sheet(preview, Micro2D(output, tuple(asked)))} images of each class")


def _told(bar: Bar) -> Callable[[int, int], None]:
    """What tells a bar how many images are drawn, and how many a second since the first call."""
    began: list[tuple[float, int]] = []

    def tell(done: int, total: int) -> None:
        began.append((time.monotonic(), done))
        seconds = began[-1][0] - began[0][0]
        bar.update(done, total, speed=f"{(done - began[0][1]) / seconds:.0f}/s" if done > began[0][1] else "-")

    return tell


def _show_classes(path: str) -> bool:
    """Whether a file is laid out as MICRO2D; then its classes are shown."""
    from raysys.data.micro2d import Micro2D

    try:
        data = Micro2D(path)
    except RaysysError:
        return False  # what is wrong with it as an image file, the general reader says
    rows: dict[str, object] = {name: f"{count:,} images" for name, count in data.counts.items()}
    rows["in all"] = f"{len(data):,} images of {by(data.shape)} pixels in {len(data.classes)} classes"
    show(facts(path, rows | {name: value for name, value in data.attributes.items() if name != "size"}))
    return True


def _stored(settings: DataSettings) -> dict[str, object]:
    """What the file holds, as it is stored."""
    import numpy as np

    from raysys.data import is_binary
    from raysys.data.files.reading import read_stored
    from raysys.spacing import spacing_of

    stored, _, spacing = read_stored(settings.images, settings.choice, kind=settings.stored_kind)
    axes = stored.ndim - settings.colour
    said = spacing if settings.pixel_size is None else spacing_of(settings.pixel_size).of_axes(axes)
    sized = {"pixel size": str(said)} if said is not None else {}
    if settings.colour:
        return {"read as": f"{by(stored.shape[:-1])} pixels in colour", "kind": "colour", **sized}
    levels = np.unique(stored).size
    return {
        "stored": f"{by(stored.shape)} pixels, {stored.dtype}, values {stored.min()} to {stored.max()}",
        "kind": "binary" if is_binary(stored) else f"{levels:,} levels",
        **sized,
    }


def _prepared(settings: DataSettings, tiles: Tiles) -> dict[str, object]:
    if tiles.phase_fractions:
        said = {"phase fractions": in_words(tiles.phase_fractions)}
    elif settings.kind in ("grey", "colour"):
        said = {"mean value": f"{tiles.phase_fraction:.4f}"}
    else:
        said = {
            "phase fraction": f"{tiles.phase_fraction:.4f} (phase: {settings.named_phase}"
            f"{how_told(decision_of(tiles), settings)}; before downscaling "
            f"{tiles.phase_fraction_before:.4f})"
        }
    return {
        **said,
        "prepared": f"{by(tuple(tiles.provenance['shape']))} pixels",
        "training tiles": _described(tiles.train, settings),
        "held-out tiles": _described(tiles.held_out, settings),
    }


def _described(tiles: np.ndarray | CutTiles, settings: DataSettings) -> str:
    if not len(tiles):
        return "none"
    sides = by(tiles.shape[1 : tiles.ndim - settings.colour])
    if settings.kind == "labels":
        return f"{len(tiles):,} of {sides} pixels"
    mean = "phase fraction" if settings.kind == "binary" else "mean value"
    return f"{len(tiles):,} of {sides} pixels, {mean} {tiles.mean():.4f}"
