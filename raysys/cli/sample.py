"""`raysys sample`: images of a model, drawn here or by an endpoint."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raysys.cli.parts import completion
from raysys.cli.parts.codes import Wanted, check_wanted, way_between
from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.named import name_and_value
from raysys.cli.parts.options import TrackingOption
from raysys.cli.parts.terminal import Bar, by, notice, wrote
from raysys.cli.stats import StatsCommand
from raysys.errors import RaysysError
from raysys.shapes import whole_numbers

if TYPE_CHECKING:
    import numpy as np

    from raysys.form import Form, Kind
    from raysys.models import GenerativeModel
    from raysys.spacing import Spacing

# "" is a folder of PNGs.
FORMATS = (".png", ".tif", ".tiff", ".npy", ".npz", "")
IN_PARTS = (".tif", ".tiff", ".npy", ".zarr")
LARGE = 2**26  # values from which on samples are written part by part: a quarter of a gigabyte as float32
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")  # of maps
TOLD = 8  # images whose means are printed


class SampleCommand(StatsCommand):
    """The command, whose --size and --origin take one number per axis."""

    of_numbers = ("--size", "--origin")


def sample(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            autocompletion=completion.models,
            help="Registered name (its champion), models:/NAME/VERSION, runs:/RUN/model, trained:NAME or a model's "
            "folder; with --url the name under which it is served.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Where to write: .png (a row of images, to look at), .tif, .npy, .npz, .zarr, or a new folder "
            "of PNGs.",
        ),
    ],
    n: Annotated[int, typer.Option("-n", min=1, help="Number of images.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the first image; image i has seed + i, whatever the request.")] = 0,
    size: Annotated[
        str | None,
        typer.Option(help="Side in pixels, or one per axis as 256 384; the training size by default."),
    ] = None,
    origin: Annotated[
        str | None, typer.Option(help="First pixel of the window in the endless image of the seed, as 0 512 or -64 0.")
    ] = None,
    condition: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="What the images of a conditional model are to have, as phase_fraction=0.2 (raysys models show tells "
            "the range), or one value per image as phase_fraction=0.2,0.3; a code's values, a "
            "name, or a map as progression=map.png (black is 0, white is 1) or orientation=field.npy. By default the "
            "training mean.",
        ),
    ] = None,
    texture: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of a model of many textures: that of this name, or one per image as brick,sand.",
        ),
    ] = None,
    code: Annotated[
        str | None, typer.Option(metavar="VALUES", help="The texture of that code, as 0.3,-1.2 (names have codes).")
    ] = None,
    like: Annotated[
        Path | None, typer.Option(help="More of what an image shows, also of one that was not trained on.")
    ] = None,
    between: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="--steps images of one seed on the way from one texture to another."),
    ] = None,
    steps: Annotated[int, typer.Option(min=2, help="Images that --between makes, both ends included.")] = 9,
    codes: Annotated[
        Path | None,
        typer.Option(
            metavar="MAP.npy",
            help="A code for every place, (values, rows, columns) spread over the image: textures "
            "that become each other.",
        ),
    ] = None,
    periodic: Annotated[bool, typer.Option("--periodic", help="Let opposite edges fit, so that images tile.")] = False,
    grey: Annotated[bool, typer.Option("--grey", help="Grey values before the threshold.")] = False,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Leave in the small pieces that are removed as they were from the training images."),
    ] = False,
    url: Annotated[
        str | None, typer.Option(help="Ask this endpoint of raysys serve instead of loading it here.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="RAYSYS_TOKEN", show_envvar=True, help="The endpoint's bearer token.")
    ] = None,
    tracking_uri: TrackingOption = None,
) -> None:
    """Draw images from a model: any number, any seed, any size.

    What is larger than 2^26 values is drawn and written part by part, in bounded memory (.tif, .npy, .zarr); the same
    command goes on after an interruption, to the same file.
    """
    if output.suffix.lower() not in {*FORMATS, *IN_PARTS}:
        raise RaysysError(
            f"-o {output}: unknown format; allowed: .png, .tif, .npy, .npz, .zarr, or a new folder (no suffix)"
        )
    options = {"seed": seed, "size": _axes("--size", size), "origin": _axes("--origin", origin)}
    options |= {"periodic": periodic, "grey": grey, "raw": raw, "condition": _condition(condition)}
    wanted = Wanted(texture, code, like, between, codes)
    if wanted.any and condition is not None:
        raise RaysysError("--condition and the options of textures each say what is made; give one of them")
    if url is not None:
        if wanted.of_a_loaded_model:
            raise RaysysError(f"{wanted.of_a_loaded_model} needs the model itself; leave --url out, or give --code")
        if wanted.any:
            options["condition"] = wanted.condition()
        if output.suffix.lower() not in FORMATS:
            # Before anything is asked for; an endpoint's images come whole, and are none that need parts.
            raise RaysysError(f"-o {output}: what an endpoint draws is written as .png, .tif, .npy, .npz or a folder")
        from raysys.form import Form
        from raysys.serve.client import Endpoint
        from raysys.spacing import told_spacing

        endpoint = Endpoint(url, token)
        facts = endpoint.model(model)
        images = endpoint.sample(model, n, **options)
        form = Form(facts["kind"], images.shape[1 : 1 + facts["dims"]], tuple(facts["phases"]))
        _write(output, images, form, grey, told_spacing(facts.get("pixel_size")))
    else:
        n = steps if between else n
        images, form = _drawn(model, tracking_uri, output, n, options, wanted)
    shape = images.shape[1:-1] if form.kind == "colour" else images.shape[1:]
    typer.echo(f"{_shares(images, form, grey)}; seeds {seed} to {seed if between else seed + n - 1}")
    wrote(output, f"{n} of {by(shape[: form.dims])} pixels")


def _drawn(
    uri: str, tracking_uri: str | None, output: Path, n: int, options: dict[str, Any], wanted: Wanted
) -> tuple[np.ndarray | Means, Form]:
    """Draw with a model that is loaded here, and write; returns the images, or what is known of those on disk."""
    from raysys.models import GenerativeModel, load, write_sample

    model = load(uri, tracking_uri=tracking_uri, kind=GenerativeModel)
    if wanted.between:
        return _on_the_way(model, output, way_between(model, wanted.between, n), options), model.form
    if wanted.any:
        check_wanted(model, wanted)
        options = options | {"condition": wanted.condition(model)}
    request = model.request(n, **options)
    for sentence in request.asked.notices if request.asked is not None else ():
        notice(sentence)
    grey = bool(options["grey"])
    shape = model.form.array_shape(n, request.window.size)
    likelihoods = grey and model.form.kind == "labels"  # a number for each phase, which is no picture
    large = math.prod(shape) > LARGE
    if not (large or likelihoods or output.suffix.lower() == ".zarr"):
        images = model.sample(n, **options)
        _write(output, images, model.form, grey, model.card.images.pixel_size)
        return images, model.form
    if output.suffix.lower() not in IN_PARTS:
        raise RaysysError(
            f"-o {output}: {by(shape)} values are written part by part, as {', '.join(IN_PARTS)}; name such a file"
        )
    # The file is on disk block by block: after Ctrl-C the same command has little to do again.
    kept = keeping(lambda: f"the blocks drawn so far are kept beside {output}, to go on: {again()}")
    with kept, Bar("blocks drawn") as bar:
        written = write_sample(model, output, n=n, progress=bar.update, **options)
    return Means(shape, written.means), model.form


def _on_the_way(model: GenerativeModel, output: Path, codes: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    """One image of each code, all of one seed, so that nothing but the code changes."""
    import numpy as np

    images = np.concatenate([model.sample(1, **options | {"condition": row}) for row in codes])
    _write(output, images, model.form, bool(options["grey"]), model.card.images.pixel_size)
    return images


@dataclass(frozen=True)
class Means:
    """What is known of images that lie in a file: the shape of their array, and (n, values) means."""

    shape: tuple[int, ...]
    means: np.ndarray


def _write(path: Path, images: np.ndarray, form: Form, grey: bool, spacing: Spacing | None) -> None:
    """Write samples of a form; those before the threshold are grey."""
    if grey and form.kind == "labels":
        raise RaysysError("--grey of label images is how likely each phase is; write it as .npy, without --url")
    write_samples(path, images, kind="grey" if grey and form.kind == "binary" else form.kind, spacing=spacing)


def write_samples(path: Path, images: np.ndarray, *, kind: Kind | None = None, spacing: Spacing | None = None) -> None:
    """Write samples, with the size of their pixels where it is known; several of them in one .png stand in a row."""
    from raysys.data import encode_images, write_images
    from raysys.files import written_aside

    if path.suffix.lower() != ".png":
        write_images(path, images, kind=kind, spacing=spacing)
        return
    content = encode_images(images, "png", kind=kind)
    with written_aside(path) as aside:
        aside.write_bytes(content)


def _shares(images: np.ndarray | Means, form: Form, grey: bool) -> str:
    """Say what share of the first images is which phase, or how bright they are."""
    import numpy as np

    if isinstance(images, Means):
        means = images.means
    elif form.kind == "labels":
        means = np.stack([(images == phase).reshape(len(images), -1).mean(1) for phase in range(form.channels)], 1)
    else:
        means = images.reshape(len(images), -1, form.channels).mean(1)
    if form.kind == "labels":
        names = ", ".join(f"{name} {share:.4f}" for name, share in zip(form.phases, means.mean(0), strict=True))
        return f"mean phase fractions {names}"
    told = "phase fractions" if form.kind == "binary" else "mean values"
    shown = ", ".join(f"{value:.4f}" for value in means.mean(1)[:TOLD])
    return f"{told} {shown}{', ...' if len(means) > TOLD else ''}"


def _condition(text: str | None) -> dict[str, Any] | None:
    """What is asked for: numbers, names, or a map in a file of NumPy's."""
    if text is None:
        return None
    refused = (
        f"--condition {text}: write it as phase_fraction=0.2, or with one value per image as phase_fraction=0.2,0.3"
    )
    name, values = name_and_value(text, refused=refused)
    # A map has hundreds of values, which nobody types.
    if values.lower().endswith((".npy", *PICTURES)):
        return {name: {"values": _map(name, values)}}
    try:
        return {name: [float(value) for value in values.split(",")]}
    except ValueError:
        words = [word.strip() for word in values.split(",")]
        if not all(words):
            raise RaysysError(refused) from None
        return {name: words}


def _map(name: str, path: str) -> np.ndarray:
    """The values of a map: of guidance as `raysys guidance` writes it, of anything else an array as it is."""
    import numpy as np

    if name == "orientation":
        from raysys.data.textures import read_map

        return np.moveaxis(read_map(path, "orientation"), -1, 0)
    if path.lower().endswith(PICTURES):
        from raysys.data.textures import read_map

        return read_map(path, "progression")
    from raysys.data import read_images

    return read_images(path)


def _axes(option: str, text: str | None) -> int | list[int] | None:
    if text is None:
        return None
    numbers = whole_numbers(text)
    if numbers is None:
        raise RaysysError(f"{option} {text}: write one number, or one per axis as 256 384 or 256x384")
    return numbers[0] if len(numbers) == 1 and option == "--size" else list(numbers)
