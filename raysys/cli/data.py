"""`raysys data`: what a file holds, its phases, its tiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raysys.cli.settings import data_settings
from raysys.cli.terminal import by, facts, show, wrote

if TYPE_CHECKING:
    import numpy as np

    from raysys.data import DataSettings, Tiles

app = typer.Typer(
    no_args_is_help=True, help="Look at images, segment them, cut them into tiles; the same steps that training takes."
)

ImageArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="IMAGE",
        help="File (tif, png, jpg, bmp, npy, npz, h5, raw, mhd), folder of pictures, or skimage:NAME.",
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


@app.command(epilog="Example: raysys data info skimage:gravel --set phase=dark --set tile=64")
def info(image: ImageArgument = None, recipe: RecipeOption = None, fields: FieldOption = None) -> None:
    """Show what a file holds, and what phases and tiles come of it."""
    import numpy as np

    from raysys.data import is_binary, prepare, read_images

    settings = data_settings(image, recipe, fields)
    stored = read_images(settings.images, shape=settings.shape, dtype=settings.dtype, dataset=settings.dataset)
    levels = np.unique(stored).size
    rows: dict[str, object] = {
        "stored": f"{by(stored.shape)} pixels, {stored.dtype}, values {stored.min()} to {stored.max()}",
        "kind": "binary" if is_binary(stored) else f"{levels:,} levels",
    }
    tiles = prepare(settings)
    show(facts(settings.images, rows | _prepared(settings, tiles)))


@app.command(epilog="Example: raysys data segment micrograph.tif -o phases.png --set phase=dark --set downscale=2")
def segment(
    image: ImageArgument = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write the phases: .png, .tif, .npy or .npz; 1 is white.")
    ] = Path("phases.png"),
    recipe: RecipeOption = None,
    fields: FieldOption = None,
) -> None:
    """Denoise, segment and shrink an image; 1 (white) becomes the phase of interest."""
    from raysys.data import prepare, write_images

    settings = data_settings(image, recipe, fields)
    # One step of `prepare` cuts tiles; smallest tiles at the longest stride ask nothing of the image's size.
    whole = settings.model_copy(update={"tile": 2, "stride": 2**31, "held_out": 0.0})
    found = prepare(whole)
    write_images(output, found.image[None] if found.image.ndim == 2 else found.image)
    typer.echo(f"phase fraction {found.phase_fraction:.4f} ({settings.phase} phase of {settings.images})")
    wrote(output, f"{by(found.image.shape)} pixels")


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
) -> None:
    """Cut an image into training and held-out tiles that share no pixel."""
    from raysys.data import prepare, write_images

    tiles = prepare(data_settings(image, recipe, fields))
    write_images(output, tiles.train)
    wrote(output, _described(tiles.train))
    if held_out_output is not None and len(tiles.held_out):
        write_images(held_out_output, tiles.held_out)
        wrote(held_out_output, _described(tiles.held_out))


def _prepared(settings: DataSettings, tiles: Tiles) -> dict[str, object]:
    return {
        "phase fraction": f"{tiles.phase_fraction:.4f} (phase: {settings.phase}; before downscaling "
        f"{tiles.phase_fraction_before:.4f})",
        "prepared": f"{by(tiles.image.shape)} pixels",
        "training tiles": _described(tiles.train),
        "held-out tiles": _described(tiles.held_out),
    }


def _described(tiles: np.ndarray) -> str:
    if not len(tiles):
        return "none"
    return f"{len(tiles):,} of {by(tiles.shape[1:])} pixels, phase fraction {tiles.mean():.4f}"
