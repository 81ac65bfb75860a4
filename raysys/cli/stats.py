"""`raysys stats`: what a microstructure is in numbers."""

from __future__ import annotations

import re
from contextlib import nullcontext
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer
from typer.core import TyperCommand

from raysys.cli.parts.findings import (
    difference_of,
    show_batch,
    show_difference,
    show_phases,
    show_study,
    write_files,
    write_report,
)
from raysys.cli.parts.images import read_binary
from raysys.cli.parts.large import is_large_file, show_representative
from raysys.cli.parts.measured import Study, representative, shape_of, studied, studied_phases
from raysys.cli.parts.options import (
    GREY_THRESHOLD,
    BoundaryOption,
    ChannelOption,
    DimsOption,
    PhasesOption,
    PixelSizeOption,
    ReportOption,
    RMaxOption,
    SeriesOption,
    TimeOption,
)
from raysys.cli.parts.tables import known_table, sizes_table
from raysys.cli.parts.terminal import show, warnings_as_notices, wrote
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.stats import Characterisation

ASKED, READ, WRITTEN = "What is measured", "How files are read", "What is written"

NUMBER = re.compile(r"-?\d+")


class StatsCommand(TyperCommand):
    """The command, whose --raw-shape takes as many numbers as there are axes."""

    of_numbers: tuple[str, ...] = ("--raw-shape",)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Join the numbers behind such an option into the one value that an option has."""
        for option in self.of_numbers:
            if option in args:
                first = args.index(option) + 1
                end = next((k for k in range(first, len(args)) if not NUMBER.fullmatch(args[k])), len(args))
                args = [*args[:first], *([" ".join(args[first:end])] if end > first else []), *args[end:]]
        return super().parse_args(ctx, args)


def _list(asked: bool) -> None:
    if asked:
        show(known_table())
        raise typer.Exit


def _panel(option: Any, panel: str) -> Any:
    """A shared option under a heading of this command's help."""
    kind, info = get_args(option)
    info = copy(info)
    info.rich_help_panel = panel
    return Annotated[kind, info]


Phase, Boundary, Dims = _panel(PhasesOption, ASKED), _panel(BoundaryOption, ASKED), _panel(DimsOption, READ)
Series, Channel, Time = (_panel(option, READ) for option in (SeriesOption, ChannelOption, TimeOption))
PixelSize = _panel(PixelSizeOption, READ)
RMax, Report = _panel(RMaxOption, ASKED), _panel(ReportOption, WRITTEN)


def stats(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE",
            help="Images of one set: files (tif, png, jpg, bmp, npy, npz, h5, nc, mat, zarr, nrrd, nii, mhd, raw), "
            "folders of slices, or skimage:NAME; or one characterisation that --save has written.",
        ),
    ],
    compare: Annotated[
        list[str] | None,
        typer.Option(
            help="Image, or saved characterisation, of another set, to be compared with the first; may be repeated."
        ),
    ] = None,
    descriptors: Annotated[
        str | None,
        typer.Option(
            help="Which descriptors, separated by commas: names out of --list, default, or all (but the costly).",
            rich_help_panel=ASKED,
        ),
    ] = None,
    listed: Annotated[
        bool,
        typer.Option("--list", help="Show the descriptors that are known, and stop.", is_eager=True, callback=_list),
    ] = False,
    phase: Phase = None,
    threshold: Annotated[
        float | None,
        typer.Option("--grey-threshold", "--threshold", help=GREY_THRESHOLD, rich_help_panel=ASKED),
    ] = None,
    boundary: Boundary = "open",
    mask: Annotated[
        str | None,
        typer.Option(
            help="Image of the region of interest of IMAGE, bright inside: only pairs, lines, figures and cells that "
            "lie in it count, and fluid flows through it from face to face of its box. Sets of --compare are whole.",
            metavar="FILE",
            rich_help_panel=ASKED,
        ),
    ] = None,
    r_max: RMax = None,
    connectivity: Annotated[
        Literal["faces", "all"],
        typer.Option(
            help="Which pixels belong together: those that share a side or face, or a corner as well.",
            rich_help_panel=ASKED,
        ),
    ] = "faces",
    smallest: Annotated[
        int, typer.Option(min=1, help="Pixels of the smallest pore that is kept.", rich_help_panel=ASKED)
    ] = 1,
    pore_edges: Annotated[
        Literal["keep", "drop"],
        typer.Option(help="What happens to pores that the border cuts.", rich_help_panel=ASKED),
    ] = "keep",
    chord_edges: Annotated[
        Literal["drop", "keep"],
        typer.Option(help="What happens to chords that the border cuts.", rich_help_panel=ASKED),
    ] = "drop",
    surface: Annotated[
        Literal["crofton", "faces"],
        typer.Option(
            help="Interface of the smooth body that pixels sample, or the sides of the pixels.", rich_help_panel=ASKED
        ),
    ] = "crofton",
    refine: Annotated[
        int,
        typer.Option(
            min=1,
            max=8,
            help="Parts that pixels are cut into for permeability: from 2 on extrapolated, with its error.",
            rich_help_panel=ASKED,
        ),
    ] = 1,
    preset: Annotated[
        Literal["default", "published"],
        typer.Option(help="published rounds polytope vertices as the published code does.", rich_help_panel=ASKED),
    ] = "default",
    rounding: Annotated[
        Literal["nearest", "ceil", "floor"] | None,
        typer.Option(help="Of polytope vertices between pixels; over the preset.", rich_help_panel=ASKED),
    ] = None,
    pores: Annotated[
        bool, typer.Option("--pores", help="Also measure every connected part of the phase.", rich_help_panel=ASKED)
    ] = False,
    res: Annotated[
        bool,
        typer.Option("--res", help="Also find the representative size of one large image.", rich_help_panel=ASKED),
    ] = False,
    address: Annotated[
        str | None,
        typer.Option(
            help="Spread the images over a Ray cluster: local, auto or HOST:PORT; by default this process does all.",
            rich_help_panel=ASKED,
        ),
    ] = None,
    dims: Dims = 2,
    dataset: Annotated[
        str | None,
        typer.Option(help="Array of an h5, npz or zarr file of several.", metavar="NAME", rich_help_panel=READ),
    ] = None,
    series: Series = None,
    channel: Channel = None,
    time: Time = None,
    pixel_size: PixelSize = None,
    crop: Annotated[
        bool,
        typer.Option(
            "--crop",
            help="Cut images of different sizes, in their middle, to the size that all of them hold; without, they are "
            "measured as sets by size.",
            rich_help_panel=READ,
        ),
    ] = False,
    resample: Annotated[
        bool,
        typer.Option(
            "--resample",
            help="Before anything is measured, make pixels that are not equally long along all axes squares or cubes "
            "of the shortest length, each of the phase of the nearest pixel.",
            rich_help_panel=READ,
        ),
    ] = False,
    raw_shape: Annotated[
        str | None,
        typer.Option(help="Pixels of raw files along each axis, slowest first.", metavar="D H W", rich_help_panel=READ),
    ] = None,
    raw_dtype: Annotated[
        str | None,
        typer.Option(help="Numbers of raw files: uint8, >u2, ...", metavar="TYPE", rich_help_panel=READ),
    ] = None,
    report: Report = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            help="Also write all curves and numbers as a table; pores, distances and sizes go to files beside it.",
            rich_help_panel=WRITTEN,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Also save the characterisation (.npz), to be compared later.", rich_help_panel=WRITTEN),
    ] = None,
) -> None:
    """Characterise images by correlation functions, numbers and pores, alone or against another set.

    A stack is a set of flat images, or one volume with --dims 3. Volumes of bare voxels:
    raysys stats rock.raw --raw-shape 400 400 400 --raw-dtype uint8 --dims 3 --phase 0 --descriptors default,minkowski

    Two studies without their images:
    raysys stats real.npz --compare generated.npz
    """
    how = {"phase": phase, "dims": dims, "threshold": threshold, "dataset": dataset, "dtype": raw_dtype}
    how |= {"series": series, "channel": channel, "time": time, "pixel_size": pixel_size, "crop": crop}
    how["resample"] = resample
    how["shape"] = None if raw_shape is None else shape_of(raw_shape)
    rounding = rounding or ("ceil" if preset == "published" else "nearest")
    options = {"r_max": r_max, "boundary": boundary, "rounding": rounding, "connectivity": connectivity}
    options |= {"smallest": smallest, "pore_edges": pore_edges, "chord_edges": chord_edges, "surface": surface}
    options |= {"refine": refine}
    if mask is not None and res:
        raise RaysysError("--res looks at windows of the whole image; allowed without --mask")
    names = tuple(dict.fromkeys((*chosen(descriptors, dims), *(["pores"] if pores else []))))
    if res and len(images) == 1 and is_large_file(images[0], how):
        given = {"--compare": compare, "--descriptors": descriptors, "--report": report, "--save": save}
        others = [*(name for name, value in given.items() if value), *(["--pores"] if pores else [])]
        with warnings_as_notices():
            return show_representative(images[0], how, {"boundary": boundary, "r_max": r_max}, csv=csv, others=others)
    region = None if mask is None else read_binary([mask], phase="bright", dims=dims)
    if phase == "all":
        given = {"--compare": compare, "--report": report, "--save": save, "--res": res}
        given |= {"--grey-threshold": threshold}
        _refuse_with_all([name for name, value in given.items() if value])
        with warnings_as_notices(), _connected(address):
            return show_phases(studied_phases(images, how, names, options | {"mask": region}), csv)
    with warnings_as_notices(), _connected(address):
        studies = studied(images, how, names, options | {"mask": region})
        if len(studies) > 1:
            given = {"--compare": compare, "--report": report, "--save": save, "--res": res}
            _refuse_with_sizes([name for name, value in given.items() if value])
            return show_batch(studies, csv)
        first = studies[0]
        if descriptors is None and first.images is None:
            names = first.measured.descriptors  # what can be compared with what was saved
        other = _of_one_size(studied(compare, how, names, options)) if compare else None
        if report is not None and other is None and first.images is None:
            raise RaysysError(f"--report shows images, and {first.name} was saved without them; name the images")
        difference = None if other is None else difference_of(first, other)
        sizes = representative(first, {"boundary": boundary, "r_max": r_max}) if res else None
        # Everything is known by now: whatever is wrong was said before anything is shown or written.
        for study in (first, other):
            if study is not None:
                show_study(study)
        if difference is not None:
            show_difference(difference)
        if sizes is not None:
            show(sizes_table(sizes, first.name))
            typer.echo(f"{sizes.reason} {sizes.rule}")
        write_files(first, other, difference, sizes, csv=csv, save=save)
        if report is not None:
            write_report(report, first, other, difference, sizes)
            wrote(report)
    return None


def chosen(descriptors: str | None, dims: int) -> tuple[str, ...]:
    """List the descriptors' names in a text with commas, see `chosen_descriptors`."""
    from raysys.stats.sets.descriptors import chosen_descriptors

    return chosen_descriptors(descriptors, dims)


def measure(images: np.ndarray, names: tuple[str, ...], *, boundary: str, r_max: int | None) -> Characterisation:
    """Characterise binary images (N, ...) of phase 1."""
    from raysys.stats import characterise

    return characterise(images, names, r_max=r_max, boundary=boundary)


def _connected(address: str | None) -> Any:
    """The Ray that was named; without one everything is measured in this process."""
    if address is None:
        return nullcontext()
    from raysys.cluster import connected

    return connected(address)


def _refuse_with_all(others: list[str]) -> None:
    if others:
        raise RaysysError(
            f"--phase all goes without {', '.join(others)}; name one phase, or compare label images by each of their "
            "phases with raysys compare --phases all"
        )


def _refuse_with_sizes(others: list[str]) -> None:
    if others:
        raise RaysysError(
            f"the images have different sizes and are sets by size, and {', '.join(others)} is for one set; "
            "--crop cuts all of them to one size"
        )


def _of_one_size(studies: list[Study]) -> Study:
    if len(studies) > 1:
        raise RaysysError("the images of --compare have different sizes; --crop cuts all of them to one size")
    return studies[0]
