"""`raysys sample`: images of a model, drawn here or by an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raysys.cli.parts.options import TrackingOption
from raysys.cli.parts.terminal import by, wrote
from raysys.errors import RaysysError
from raysys.models.naming import model_uri
from raysys.serve.client import Endpoint

if TYPE_CHECKING:
    import numpy as np

FORMATS = (".png", ".tif", ".tiff", ".npy", ".npz", "")


def sample(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Registered name (its champion), models:/NAME/VERSION, runs:/RUN/model or a model's folder; with "
            "--url the name under which it is served.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Where to write: .png (a row of images, to look at), .tif, .npy, .npz, or a new folder of PNGs.",
        ),
    ],
    n: Annotated[int, typer.Option("-n", min=1, help="Number of images.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the first image; image i has seed + i, whatever the request.")] = 0,
    size: Annotated[
        str | None, typer.Option(help="Side in pixels, or one per axis as 256x384; the training size by default.")
    ] = None,
    origin: Annotated[
        str | None, typer.Option(help="First pixel of the window in the endless image of the seed, as 0x512.")
    ] = None,
    condition: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="What the images of a conditional model are to have, as phase_fraction=0.2 (raysys models show tells "
            "the range), or one value per image as phase_fraction=0.2,0.3; the training mean by default.",
        ),
    ] = None,
    periodic: Annotated[bool, typer.Option("--periodic", help="Let opposite edges fit, so that images tile.")] = False,
    grey: Annotated[bool, typer.Option("--grey", help="Grey values before the threshold.")] = False,
    url: Annotated[
        str | None, typer.Option(help="Ask this endpoint of raysys serve instead of loading it here.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="RAYSYS_TOKEN", show_envvar=True, help="The endpoint's bearer token.")
    ] = None,
    tracking_uri: TrackingOption = None,
) -> None:
    """Draw images from a model: any number, any seed, any size."""
    if output.suffix.lower() not in FORMATS:
        raise RaysysError(f"-o {output}: unknown format; allowed: .png, .tif, .npy, .npz, or a new folder (no suffix)")
    request = {"n": n, "seed": seed, "size": _axes("--size", size), "origin": _axes("--origin", origin)}
    request |= {"periodic": periodic, "grey": grey, "condition": _condition(condition)}
    if url is not None:
        images = Endpoint(url, token).sample(model, **request)
    else:
        from raysys.models import GenerativeModel, load

        images = load(model_uri(model), tracking_uri=tracking_uri, kind=GenerativeModel).sample(**request)
    write_samples(output, images)
    shares = ", ".join(f"{share:.4f}" for share in images.reshape(len(images), -1).mean(1)[:8])
    typer.echo(f"phase fractions {shares}{', ...' if len(images) > 8 else ''}; seeds {seed} to {seed + n - 1}")
    wrote(output, f"{len(images)} of {by(images.shape[1:])} pixels")


def write_samples(path: Path, images: np.ndarray) -> None:
    """Write samples; several of them in one .png stand in a row."""
    from raysys.data import encode_images, write_images
    from raysys.files import written_aside

    if path.suffix.lower() != ".png":
        write_images(path, images)
        return
    content = encode_images(images, "png")
    with written_aside(path) as aside:
        aside.write_bytes(content)


def _condition(text: str | None) -> dict[str, list[float]] | None:
    if text is None:
        return None
    name, sign, values = text.partition("=")
    try:
        if not (name and sign):
            raise ValueError
        return {name: [float(value) for value in values.split(",")]}
    except ValueError:
        raise RaysysError(
            f"--condition {text}: write it as phase_fraction=0.2, or with one value per image as phase_fraction=0.2,0.3"
        ) from None


def _axes(option: str, text: str | None) -> int | list[int] | None:
    if text is None:
        return None
    try:
        numbers = [int(part) for part in text.lower().split("x")]
    except ValueError:
        raise RaysysError(f"{option} {text}: write one number, or one per axis as 256x384") from None
    return numbers[0] if len(numbers) == 1 and option == "--size" else numbers
