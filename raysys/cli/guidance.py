"""`raysys guidance`: maps that say what a texture is to show where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from raysys.cli.parts.terminal import wrote
from raysys.errors import RaysysError
from raysys.shapes import by, whole_numbers

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.textures import Shape
    from raysys.data.textures.map_files import MapKind

app = typer.Typer(
    no_args_is_help=True,
    help="Make maps that guide syntheses: read them off images, draw them, move them, and look at them.",
    epilog="A map of progression is grey: black is 0, white 1. One of orientation is grey too, black is 0 and white "
    "just below 180 degrees, anticlockwise from the horizontal; as .npy it holds vectors (right, up). Labels are whole "
    "numbers.",
)

OutputOption = Annotated[
    Path, typer.Option("--output", "-o", help="Where to write the map: .png or .tif (8 bits), or .npy (as it is).")
]
PictureOption = Annotated[
    Path | None,
    typer.Option(help="Also write a picture to look at: streaks along lines, labels and progressions in colours."),
]
SizeOption = Annotated[str, typer.Option(metavar="HxW", help="Rows and columns, as 512x384; or one number for both.")]
SeedOption = Annotated[int, typer.Option(min=0, help="What is drawn is a function of it.")]
ImageArgument = Annotated[str, typer.Argument(metavar="IMAGE", help="A photograph or a micrograph, in any format.")]
MapArgument = Annotated[str, typer.Argument(metavar="MAP", help="A map: a picture, or an array (.npy).")]
KindOption = Annotated[
    Literal["progression", "orientation", "annotation"],
    typer.Option("--as", help="What the map holds; orientations turn and lean with their places."),
]


@app.command(epilog="Example: raysys guidance orientation photo.jpg -o field.npy --picture field.png")
def orientation(
    image: ImageArgument,
    output: OutputOption,
    scale: Annotated[
        float | None,
        typer.Option(min=0.5, help="Pixels around each that count; by default a 32nd of the shorter side."),
    ] = None,
    picture: PictureOption = None,
) -> None:
    """Read off an image along which direction its lines run, at every pixel."""
    from raysys.data.textures import orientation_of

    _write(output, orientation_of(_image(image), coarse=scale), "orientation", picture)


@app.command(epilog="Example: raysys guidance progression photo.jpg -o map0.png")
def progression(
    image: ImageArgument,
    output: OutputOption,
    scale: Annotated[
        float | None,
        typer.Option(min=0.5, help="Pixels around each that count; by default a 24th of the shorter side."),
    ] = None,
    picture: PictureOption = None,
) -> None:
    """Read off an image how far its texture has gone: the way in which its parts differ most, in colour or contrast."""
    from raysys.data.textures import progression_of

    _write(output, progression_of(_image(image), coarse=scale), "progression", picture)


@app.command(epilog="Example: raysys guidance refine drawn.png --source map0.png -o map.png")
def refine(
    map: MapArgument,
    output: OutputOption,
    source: Annotated[str, typer.Option(metavar="MAP", help="The exemplar's map of progression.")],
    seed: SeedOption = 0,
    picture: PictureOption = None,
) -> None:
    """Make a drawn progression as rough as the exemplar's: its variance at every scale, and its histogram."""
    from raysys.data.textures import read_map, refined

    drawn, wanted = (read_map(path, "progression") for path in (map, source))
    _write(output, refined(drawn, wanted, seed=seed), "progression", picture)


@app.command(epilog="Example: raysys guidance perlin --size 512 --octaves 2 -o map.png")
def perlin(
    output: OutputOption,
    size: SizeOption = "512",
    octaves: Annotated[int, typer.Option(min=1, help="Layers of noise, each twice as fine as the one before.")] = 3,
    cell: Annotated[
        float | None, typer.Option(min=2, help="Side of the coarsest cells in pixels; a third of the side by default.")
    ] = None,
    kind: Annotated[
        Literal["progression", "orientation"],
        typer.Option("--as", help="What the noise is: from 0 to 1, or of angles."),
    ] = "progression",
    tile: Annotated[bool, typer.Option("--tile", help="Let opposite edges continue each other.")] = False,
    seed: SeedOption = 0,
    picture: PictureOption = None,
) -> None:
    """Draw a smooth random map."""
    import numpy as np

    from raysys.data.textures import perlin as noise_of
    from raysys.data.textures import vectors_of

    noise = noise_of(_sides(size), seed=seed, octaves=octaves, cell=cell, periodic=tile)
    _write(output, noise if kind == "progression" else vectors_of(2 * np.pi * noise), kind, picture)


@app.command(epilog="Example: raysys guidance stretch map0.png --factor 1x2 --size 512 -o map.png")
def stretch(
    map: MapArgument,
    output: OutputOption,
    factor: Annotated[str, typer.Option(metavar="F", help="One number, or factors down and across as 1x2.")],
    size: Annotated[str | None, typer.Option(metavar="HxW", help="Of the window; by default the map's.")] = None,
    kind: KindOption = "progression",
    picture: PictureOption = None,
) -> None:
    """Draw a map out about its middle; beyond its edges it goes on mirrored."""
    from raysys.data.textures import read_map, stretched

    words = factor.replace("x", " ").split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or min(numbers) <= 0:
        raise RaysysError(f"--factor {factor}: allowed: a number above 0, or two as 1x2")
    values = read_map(map, kind)
    shape = values.shape[:2] if size is None else _sides(size)
    _write(output, stretched(values, (numbers[0], numbers[-1]), shape=shape), kind, picture)


@app.command(epilog="Example: raysys guidance rotate map0.png --degrees 30 -o map.png")
def rotate(
    map: MapArgument,
    output: OutputOption,
    degrees: Annotated[float, typer.Option(help="Anticlockwise.")],
    size: Annotated[str | None, typer.Option(metavar="HxW", help="Of the window; by default the map's.")] = None,
    kind: KindOption = "progression",
    picture: PictureOption = None,
) -> None:
    """Turn a map about its middle; beyond its edges it goes on mirrored."""
    from raysys.data.textures import read_map, rotated

    values = read_map(map, kind)
    shape = values.shape[:2] if size is None else _sides(size)
    _write(output, rotated(values, degrees, shape=shape), kind, picture)


@app.command(epilog="Example: raysys guidance gradient --size 512 --radial --as orientation -o rings.npy")
def gradient(
    output: OutputOption,
    size: SizeOption = "512",
    degrees: Annotated[float, typer.Option(help="Where it rises to, anticlockwise from the right.")] = 0.0,
    radial: Annotated[bool, typer.Option("--radial", help="Let it rise outwards from the middle.")] = False,
    kind: Annotated[
        Literal["progression", "orientation"],
        typer.Option(
            "--as", help="Its values, or lines of equal values: at right angles to it, rings if it is radial."
        ),
    ] = "progression",
    picture: PictureOption = None,
) -> None:
    """Draw a map that rises evenly from 0 to 1."""
    import numpy as np

    from raysys.data.textures import gradient as gradient_of
    from raysys.data.textures import vectors_of

    values = gradient_of(_sides(size), degrees=degrees, radial=radial)
    if kind == "orientation":
        down, right = np.gradient(values.astype(np.float64))
        values = vectors_of(np.arctan2(-down, right) + np.pi / 2)
    _write(output, values, kind, picture)


@app.command(epilog="Example: raysys guidance distance labels.png -o map.png")
def distance(map: MapArgument, output: OutputOption, picture: PictureOption = None) -> None:
    """Draw a progression that rises with the distance from a mask: 0 where the mask is not 0, 1 farthest away."""
    from raysys.data.textures import read_map
    from raysys.data.textures.drawing import distances

    _write(output, distances(read_map(map, "annotation")), "progression", picture)


@app.command(
    epilog="Example: raysys guidance paint --size 512 --shape disc:1:0.5,0.5,0.3 --shape band:2:0.2,0.5,0.1:45 -o l.png"
)
def paint(
    output: OutputOption,
    image: Annotated[
        str | None, typer.Argument(metavar="[IMAGE]", help="Label the parts of this image that look alike.")
    ] = None,
    clusters: Annotated[int, typer.Option(min=2, max=16, help="How many labels an image is given.")] = 2,
    size: SizeOption = "512",
    shape: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FORM:LABEL:NUMBERS[:DEGREES]",
            help="disc:1:ROW,COLUMN,RADIUS, box:1:TOP,LEFT,BOTTOM,RIGHT, or band:1:ROW,COLUMN,WIDTH:DEGREES, as shares "
            "of the shorter side; may be repeated, later ones lie on top.",
        ),
    ] = None,
    seed: SeedOption = 0,
    picture: PictureOption = None,
) -> None:
    """Paint labels: shapes on a ground of label 0, or the parts of an image that look alike, from dark to bright."""
    from raysys.data.textures import clustered, painted

    if (image is None) == (shape is None):
        raise RaysysError("paint takes an IMAGE whose parts are labelled, or --shape; one of the two")
    if image is not None:
        labels = clustered(_image(image), clusters, seed=seed)
    else:
        labels = painted(_sides(size), [_shape(text) for text in shape or []])
    _write(output, labels, "annotation", picture)


@app.command(epilog="Example: raysys guidance show field.npy --as orientation -o field.png")
def show(
    map: MapArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture: .png or .tif.")],
    kind: KindOption = "progression",
) -> None:
    """Draw a picture of a map to look at."""
    from raysys.data.textures import read_map

    _write_picture(output, read_map(map, kind), kind)


def _image(path: str) -> np.ndarray:
    """Colours, or grey values where there are none."""
    from raysys.data import read_images

    try:
        values = read_images(path, kind="colour")
    except RaysysError:
        values = read_images(path)
    if values.ndim != 2 and values.shape[2:] != (3,):
        raise RaysysError(f"{path} holds {values.shape}, a volume or several images; allowed: one flat image")
    return values


def _sides(size: str) -> tuple[int, int]:
    numbers = whole_numbers(size)
    if numbers is None or len(numbers) > 2 or min(numbers) < 1:
        raise RaysysError(f"--size {size}: allowed: one number, or rows and columns as 512x384")
    return numbers[0], numbers[-1]


def _shape(text: str) -> Shape:
    from raysys.data.textures import Shape

    form, *rest = text.split(":")
    try:
        label, numbers, *turn = rest
        values = tuple(float(one) for one in numbers.split(","))
        return Shape(form, int(label), values, float(turn[0]) if turn else 0.0)
    except ValueError:
        raise RaysysError(
            f"--shape {text}: allowed: FORM:LABEL:NUMBERS or FORM:LABEL:NUMBERS:DEGREES, such as disc:1:0.5,0.5,0.3"
        ) from None


def _write(output: Path, values: np.ndarray, kind: MapKind, picture: Path | None) -> None:
    from raysys.data.textures import write_map

    write_map(output, values, kind)
    wrote(output, f"{kind} of {by(values.shape[:2])} pixels")
    if picture is not None:
        _write_picture(picture, values, kind)


def _write_picture(output: Path, values: np.ndarray, kind: MapKind) -> None:
    from raysys.data import write_images
    from raysys.data.textures import map_picture

    write_images(output, map_picture(values, kind)[None], kind="colour")
    wrote(output, "a picture of it")
