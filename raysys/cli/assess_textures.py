"""`raysys assess textures`: pictures of a texture against the image that they continue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from raysys.cli.parts.named import named_values
from raysys.cli.parts.terminal import Bars, notice, number, show, wrote
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.assess import TextureScores

PAGE = "textures.html"


def textures(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The image that the pictures continue.")],
    made: Annotated[
        list[str],
        typer.Argument(
            metavar="MADE", help="Pictures, also as NAME=FILE: files, folders and stacks, of the source's kind."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for scores.json, scores.csv and the page.")
    ] = Path("texture-scores"),
    sides: Annotated[
        str, typer.Option(metavar="PIXELS,...", help="Sides of the patches whose least distances are averaged.")
    ] = "64,128",
    patches: Annotated[
        int, typer.Option(min=1, help="Patches of each image, all pairs; 1,000 as published, 200 for a quick look.")
    ] = 1000,
    patch: Annotated[int, typer.Option(min=1, help="Side of the patches of the nearest-source map, in pixels.")] = 7,
    stride: Annotated[
        int | None, typer.Option(min=1, help="Pixels from cell to cell of that map; by default as few as are quick.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the patches' places.")] = 0,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="VGG-16's weights: a file, torchvision (a download of 528 MB), or package:NAME/FILE. By default what "
            "RAYSYS_VGG16 names, torchvision's file if it was downloaded before, or VGG-19's that RAYSYS_VGG19 names.",
        ),
    ] = None,
    linear: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="Linear weights of LPIPS: a .pth file, package:lpips, or unit; by default those of the package lpips "
            "where it is installed.",
        ),
    ] = None,
    kind: Annotated[
        Literal["auto", "colour", "grey", "binary"],
        typer.Option(help="What the images hold; auto looks whether the source has colours, or two values."),
    ] = "auto",
    descriptors: Annotated[
        str, typer.Option(metavar="NAME,...", help="Of binary pictures, judged by the real-against-real band.")
    ] = "S2,L,P4,P6",
    tile: Annotated[int, typer.Option(min=2, help="Side of the disjoint tiles that these are measured on.")] = 64,
) -> None:
    """Judge pictures of a texture: how near their source, how much of it copied, how much of it shown.

    The distance is the least of each patch to all of the source's, averaged; it is called LPIPS only with torchvision's
    VGG-16 and the published linear weights. It rewards copying, so that the disjoint floor, the largest verbatim piece
    and the share of the source in use stand beside it, in the table, in words and on a page.
    """
    from raysys.assess import textures as judge
    from raysys.report.textures.page import texture_page

    wanted = _numbers(sides)
    image, what = source_image(source, kind)
    pictures = _pictures(made, what)
    if kind == "auto":
        notice(f"{source} is taken as {what}; --kind says otherwise")
    with Bars() as bars:
        scores = judge(
            image,
            pictures,
            sides=wanted,
            patches=patches,
            patch=patch,
            stride=stride,
            seed=seed,
            weights=weights,
            linear=linear,
            descriptors=[name for name in descriptors.split(",") if name],
            tile=tile,
            say=notice,
            progress=bars.update,
        )
    show(score_table(scores))
    for sentence in scores.sentences.values():
        typer.echo(sentence)
    for file in scores.save(output):
        wrote(file)
    texture_page(output / PAGE, scores, title=f"Pictures of {Path(source).name}")
    wrote(output / PAGE)


def score_table(scores: TextureScores) -> Table:
    """A row for each picture, the disjoint floor above: distances, then copying, coverage and seams."""
    distance = scores.distance_name or "distance"
    table = Table(title=f"{distance}: {scores.weights}" if scores.weights else "No weights: no distance of a network")
    table.add_column("picture", overflow="fold")
    heads = [f"{distance} {side}" for side in scores.floors] + [f"colour {side}" for side in scores.colour_floors]
    heads += ["of floor", "largest piece", "bent piece", "coherent", "distinct", "source used", "coverage", "seam"]
    for head in heads:
        table.add_column(head, justify="right")
    floors = [*scores.floors.values(), *scores.colour_floors.values()]
    table.add_row("disjoint floor", *(number(floor.mean) for floor in floors), "1", *["-"] * 7)
    for name, one in scores.pictures.items():
        found = [one.distance.get(side) for side in scores.floors]
        found += [one.colour.get(side) for side in scores.colour_floors]
        copied = one.copying
        share, pieces = scores.floor_share(name), (copied.largest_piece, copied.largest_bent_piece)
        numbers = (share, *pieces, copied.coherent, copied.distinct)
        more = (copied.source_used, copied.coverage, one.seam.worst)
        table.add_row(
            name, *(number(None if each is None else each.mean) for each in found), *map(number, (*numbers, *more))
        )
    return table


def source_image(path: str, asked: str) -> tuple[np.ndarray, str]:
    """The source's values in [0, 1], and what they are."""
    kinds = [asked] if asked != "auto" else ["colour", "binary", "grey"]
    for kind in kinds:
        try:
            images = _images(path, kind)
        except RaysysError:
            if kind == kinds[-1]:
                raise
            continue
        if kind == "colour" and asked == "auto" and not (images.max(-1) - images.min(-1)).any():
            continue
        if len(images) > 1:
            raise RaysysError(f"{path} holds {len(images)} images; allowed: one source")
        return images[0], kind
    raise AssertionError  # the last kind either serves or raises


def _pictures(made: list[str], kind: str) -> dict[str, np.ndarray]:
    """All pictures by name: that which was given, or else the file's."""
    texts = [text if "=" in text else f"{Path(text).stem}={text}" for text in made]
    named = named_values("MADE", texts, "NAME=FILE, for example quilt=more.png")
    found = {}
    for name, path in named.items():
        images = _images(path, kind)
        for place, image in enumerate(images):
            found[name if len(images) == 1 else f"{name}-{place}"] = image
    return found


def _images(path: str, kind: str) -> np.ndarray:
    """Images of a file or folder (N, H, W) or (N, H, W, 3): float32 in [0, 1], or uint8 in {0, 1}."""
    import numpy as np

    from raysys.data import is_binary, read_images, to_grey

    if kind == "colour":
        colours = read_images(path, kind="colour")
        return colours.reshape(-1, *colours.shape[-3:])
    stored = read_images(path)
    if kind == "binary" and not is_binary(stored):
        raise RaysysError(f"{path} has more than two values; segment it first (raysys data segment), or --kind grey")
    grey = to_grey(stored)
    grey = grey.reshape(-1, *grey.shape[-2:])
    return grey.astype(np.uint8) if kind == "binary" else grey.astype(np.float32)


def _numbers(text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",") if word.strip()]
    except ValueError:
        raise RaysysError(f"--sides {text}: allowed: whole numbers of pixels, such as 64,128") from None
