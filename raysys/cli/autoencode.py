"""`raysys autoencode`: images through an autoencoder and back, or from one to another, here or by an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from raysys.cli.parts import completion
from raysys.cli.parts.autoencoders import LoadedAutoencoder, ServedAutoencoder
from raysys.cli.parts.autoencodings import between_table, both_table, numbers_between, numbers_of_both, thresholded
from raysys.cli.parts.images import read_grey, read_marked
from raysys.cli.parts.options import (
    ChannelOption,
    DatasetOption,
    PhaseOption,
    PixelSizeOption,
    SeriesOption,
    TimeOption,
    TrackingOption,
)
from raysys.cli.parts.terminal import by, show, wrote
from raysys.cli.sample import FORMATS, write_samples
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.spacing import Spacing

Autoencoder = LoadedAutoencoder | ServedAutoencoder


def autoencode(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            autocompletion=completion.models,
            help="An autoencoder: registered name (its champion), models:/NAME/VERSION, runs:/RUN/model, trained:NAME "
            "or a model's folder; with --url the name under which it is served.",
        ),
    ],
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Files of equally large images.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Where to write: .png (a row of images, to look at), .tif, .npy, .npz (with the originals and all "
            "numbers), or a new folder of PNGs.",
        ),
    ],
    interpolate_to: Annotated[
        str | None, typer.Option(metavar="OTHER", help="Write the images between IMAGE and this one instead.")
    ] = None,
    steps: Annotated[int, typer.Option(min=2, help="Images of an interpolation, both ends included.")] = 8,
    latents: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", help="Also write the images' latents (N, channels, points).")
    ] = None,
    grey: Annotated[bool, typer.Option("--grey", help="Write the network's values before the threshold.")] = False,
    phase: PhaseOption = None,
    dataset: DatasetOption = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
    pixel_size: PixelSizeOption = None,
    values: Annotated[
        Literal["binary", "grey"] | None,
        typer.Option(
            help="What the model is given of grey images: their segmentation, or grey values in [0, 1]; what it was "
            "trained on by default."
        ),
    ] = None,
    fit: Annotated[
        Literal["refuse", "crop"],
        typer.Option(help="Where sides are no multiples of the model's cell: refuse, or crop to the central part."),
    ] = "refuse",
    url: Annotated[
        str | None, typer.Option(help="Ask this endpoint of raysys serve instead of loading it here.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="RAYSYS_TOKEN", show_envvar=True, help="The endpoint's bearer token.")
    ] = None,
    tracking_uri: TrackingOption = None,
) -> None:
    """Encode and decode images, and say how far the autoencodings are from their originals."""
    if output.suffix.lower() not in FORMATS:
        raise RaysysError(f"-o {output}: unknown format; allowed: .png, .tif, .npy, .npz, or a new folder (no suffix)")
    if latents is not None and latents.suffix.lower() != ".npz":
        raise RaysysError(f"--latents {latents}: unknown format; allowed: .npz")
    if url is None:
        coder = LoadedAutoencoder(model, tracking_uri)
    else:
        from raysys.serve.client import Endpoint

        coder = ServedAutoencoder(Endpoint(url, token), model)

    which = {"dataset": dataset, "series": series, "channel": channel, "time": time, "pixel_size": pixel_size}

    def read(paths: list[str]) -> tuple[np.ndarray, Spacing | None]:
        found, spacing = _read(paths, coder, phase, values or coder.kind, which)
        return _fitted(found, coder.cell, crop=fit == "crop"), spacing

    originals, spacing = read(images)
    if interpolate_to is None:
        found = coder.autoencode(originals)
        numbers = numbers_of_both(originals, found)
        table = both_table(originals, found, numbers)
    else:
        originals = _two(originals, read([interpolate_to])[0], crop=fit == "crop")
        found = coder.interpolate(originals[0], originals[1], steps)
        numbers = numbers_between(originals, found)
        table = between_table(numbers)
    # Everything is computed before anything is written: an error leaves no half of the answer.
    encoded = None if latents is None else coder.encode(originals)
    finished = found if grey or coder.kind == "grey" else thresholded(found)
    _write(output, finished, {"originals": originals, **numbers}, spacing)
    show(table)
    wrote(output, f"{len(finished)} of {by(finished.shape[1:])} pixels")
    if latents is not None and encoded is not None:
        _write(latents, None, {"latents": encoded})
        wrote(
            latents, f"{by(encoded.shape[1:])} values of {'1 image' if len(encoded) == 1 else f'{len(encoded)} images'}"
        )


def _read(
    paths: list[str], coder: Autoencoder, phase: str | None, values: str, which: dict[str, Any]
) -> tuple[np.ndarray, Spacing | None]:
    """Images as the model is given them, of two values uint8 in {0, 1}; and how far pixels are apart."""
    import numpy as np

    from raysys.data import is_binary

    if values == "binary":
        found = read_marked(paths, phase=phase, dims=coder.dims, **which)
        return found.images, found.spacing
    grey, spacing = read_grey(paths, phase=phase, dims=coder.dims, **which)
    # As the endpoint does: two values are phases, and their errors those of phases.
    return (grey.astype(np.uint8) if is_binary(grey) else grey), spacing


def _fitted(images: np.ndarray, cell: int, *, crop: bool) -> np.ndarray:
    from raysys.models.fitting import central, fitting_size

    return central(images, fitting_size(images.shape[1:], cell, crop=crop, how="--fit crop"))


def _two(first: np.ndarray, second: np.ndarray, *, crop: bool) -> np.ndarray:
    """Two images as one array (2, *spatial); cropped to what both have."""
    import numpy as np

    from raysys.models.fitting import central

    for which, one in (("IMAGE", first), ("--interpolate-to", second)):
        if len(one) > 1:
            raise RaysysError(f"{which} holds {len(one)} images, and an interpolation is between two; give one each")
    sizes = first.shape[1:], second.shape[1:]
    if sizes[0] != sizes[1] and not crop:
        raise RaysysError(
            f"the two images have {by(sizes[0])} and {by(sizes[1])} pixels; allowed: one size, or --fit crop for the "
            "central part that both have"
        )
    common = tuple(map(min, *sizes))
    return np.concatenate([central(first, common), central(second, common)])


def _write(
    path: Path, images: np.ndarray | None, arrays: dict[str, np.ndarray], spacing: Spacing | None = None
) -> None:
    """Write images in whatever format; an .npz has room for the arrays beside them."""
    import numpy as np

    from raysys.files import written_aside

    if images is not None and path.suffix.lower() != ".npz":
        write_samples(path, images, spacing=spacing)
        return
    sized = {} if spacing is None else {name: np.array(value) for name, value in spacing.fields.items()}
    named = arrays if images is None else {"images": images, **sized, **arrays}
    with written_aside(path) as aside:
        np.savez_compressed(aside, **named)
