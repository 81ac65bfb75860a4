"""`raysys segment`: labels of images by a trained network, and how well they agree with masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from raysys.cli.parts import completion
from raysys.cli.parts.large import is_large_file, segment_by_model
from raysys.cli.parts.options import ChannelOption, SeriesOption, TimeOption, TrackingOption
from raysys.cli.parts.terminal import by, number, show, wrote
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.pairs import Comparison
    from raysys.methods.unet.model import SegmenterModel


def segment(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            autocompletion=completion.models,
            help="Registered name (its champion), models:/NAME/VERSION, runs:/RUN/model, trained:NAME or a model's "
            "folder.",
        ),
    ],
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE...", help="Grey images of any size (tif, png, jpg, bmp, npy, h5).")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Class numbers 0, 1, ...: .tif, .npy or .npz (a stack of images of one size), .png (one image), or a "
            "new folder of PNG files named as the images.",
        ),
    ],
    probabilities: Annotated[
        Path | None, typer.Option(help="Also write how likely each class is, an .npz file with an array per image.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="MASK",
            help="Mask of an image; once for each image, in their order. Prints IoU and Dice of every class, beside "
            "Otsu and multi-Otsu on the same images.",
        ),
    ] = None,
    overlays: Annotated[
        Path | None, typer.Option(help="Also write a new folder of pictures with the classes in colour.")
    ] = None,
    overlap: Annotated[
        int | None, typer.Option(min=0, help="Pixels that neighbouring tiles share; a quarter of a tile by default.")
    ] = None,
    tile: Annotated[int | None, typer.Option(min=1, help="Side of the tiles in pixels.")] = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
    tracking_uri: TrackingOption = None,
) -> None:
    """Say of every pixel which class it is of, with a trained U-Net.

    An image above 512 MiB as float32 is worked through in windows, and written as .tif or .npy; cut it into tiles with
    raysys data tile LABELS --set phase=NUMBER. A threshold needs no training: raysys data segment.
    """
    import numpy as np

    from raysys.cli.parts import label_files as files
    from raysys.data.files.source import Choice
    from raysys.data.pairs import Comparison
    from raysys.data.pairs.reading import read_sized_image
    from raysys.methods.unet.model import SegmenterModel
    from raysys.models import load

    files.check_outputs(output, probabilities, overlays, count=len(images))
    if against and len(against) != len(images):
        raise RaysysError(f"--against names {len(against)} masks for {len(images)} images; give one for each")
    network = load(model, tracking_uri=tracking_uri, kind=SegmenterModel)
    which = {"series": series, "channel": channel, "time": time}
    if large := [str(file) for file in images if is_large_file(str(file), which)]:
        others = [
            name
            for name, given in (("--probabilities", probabilities), ("--against", against), ("--overlays", overlays))
            if given
        ]
        return _in_windows(
            network,
            large[0],
            output,
            [*others, *(["other images"] if images[1:] else [])],
            {"overlap": overlap, "tile": tile},
            which,
        )
    read = [read_sized_image(file, choice=Choice(**which)) for file in images]
    stored, sizes = [image for image, _ in read], [spacing for _, spacing in read]
    files.check_stack(output, [image.shape for image in stored])
    truths = _masks(network, images, stored, against or [])
    judge = Comparison(network.classes, title=network.name)
    labels, likely = [], {}
    for place, (name, image) in enumerate(zip(files.named(images), stored, strict=True)):
        found = network.probabilities(image[None], overlap=overlap, tile=tile)[0]
        labels.append(found.argmax(0).astype(np.uint8))
        if probabilities is not None:
            likely[name] = found
        if truths:
            judge.add(image, labels[-1], truths[place])
    files.write_labels(output, images, labels, sizes)
    if probabilities is not None:
        files.write_probabilities(probabilities, likely, network.classes)
    if overlays is not None:
        files.write_overlays(overlays, images, stored, labels, truths)
    show(_shares(network, images, labels))
    if truths:
        show(_judged(judge))
    return None


def _in_windows(
    network: SegmenterModel,
    image: str,
    output: Path,
    others: list[str],
    how: dict[str, int | None],
    which: dict[str, int | None],
) -> None:
    """Segment one large image, of which a row of tiles is in memory at a time."""
    if others:
        raise RaysysError(
            f"{image} is a large image, which is segmented by itself, in windows, and {', '.join(others)} was given; "
            "leave that out, or cut the image"
        )
    shape, counts = segment_by_model(network, image, output, how, which)
    wrote(output, f"labels of {by(shape)} pixels")
    show(_table(network, [(Path(image).name, shape, counts[: len(network.classes)] / counts.sum())]))


def _masks(
    network: SegmenterModel, images: list[Path], stored: list[np.ndarray], against: list[Path]
) -> list[np.ndarray]:
    """Class numbers of the masks, whose values mean what they meant in training."""
    from raysys.data.pairs import read_mask

    said: Any = network.card.provenance.get("data", {})
    settings = said.get("settings", {}) if isinstance(said, dict) else {}
    # A model whose card tells no values numbered its classes in order.
    classes = settings.get("classes") or {name: (value,) for value, name in enumerate(network.classes)}
    masks = [read_mask(file, classes, unlabelled=settings.get("unlabelled")) for file in against]
    for file, mask, image, pixels in zip(against, masks, images, stored, strict=False):
        if mask.shape != pixels.shape:
            raise RaysysError(
                f"mask {file} has {by(mask.shape)} pixels, but its image {image} has {by(pixels.shape)}; "
                "both must be of one size"
            )
    return masks


def _shares(network: SegmenterModel, images: list[Path], labels: list[np.ndarray]) -> Table:
    classes = range(len(network.classes))
    return _table(
        network,
        [
            (file.name, each.shape, [(each == k).mean() for k in classes])
            for file, each in zip(images, labels, strict=True)
        ],
    )


def _table(network: SegmenterModel, rows: Sequence[tuple[str, tuple[int, ...], Sequence[float] | np.ndarray]]) -> Table:
    table = Table(title=f"Share of each class by {network.name}")
    for name in ("image", "pixels", *network.classes):
        table.add_column(name, justify="left" if name == "image" else "right")
    for name, shape, shares in rows:
        table.add_row(name, by(shape), *(f"{share:.4f}" for share in shares))
    return table


def _judged(judge: Comparison) -> Table:
    table = Table(
        title="Agreement with the masks, over all pixels together",
        caption="Otsu's thresholds are those of each image after the bilateral filter; which class each of their grey "
        "classes is was chosen with these masks, so that their mean IoU is as large as it can be",
    )
    for name in ("", "IoU", *[""] * (len(judge.names) - 1), "mean IoU", "Dice", *[""] * (len(judge.names) - 1)):
        table.add_column(name, justify="right" if name or table.columns else "left")
    table.add_row("", *judge.names, "", *judge.names)
    for title, how, found in judge.judged():
        first = f"{title}\n{how}" if how else title
        table.add_row(first, *map(number, found.iou), number(found.mean_iou), *map(number, found.dice))
    return table
