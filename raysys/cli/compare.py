"""`raysys compare`: generators and annealing against real images and each other, in numbers, words and one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raysys.cli.parts import completion
from raysys.cli.parts.images import reading
from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.named import named_values
from raysys.cli.parts.options import (
    BoundaryOption,
    ChannelOption,
    DatasetOption,
    DimsOption,
    GreyThresholdOption,
    PixelSizeOption,
    ReportOption,
    ResampleOption,
    RMaxOption,
    SeriesOption,
    TimeOption,
    TrackingOption,
)
from raysys.cli.parts.tables import errors_table, headline, label_headline, numbers_table
from raysys.cli.parts.terminal import Bars, notice, show, warnings_as_notices, wrote
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.assess import Comparison, LabelComparison
    from raysys.assess.methods.labelling import AskedPhases
    from raysys.assess.methods.method import Kind
    from raysys.stats import Characterisation

REAL = "real"  # name of the set of real images


def compare(
    real: Annotated[
        str,
        typer.Argument(metavar="REAL", help="Image that the models were trained on, or real tiles: a file, folder."),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=URI]",
            help="A generator: a registered name, trained:NAME, NAME=URI or NAME=FOLDER; repeatable.",
            autocompletion=completion.models,
        ),
    ] = None,
    annealed: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]DIR", help="A folder of raysys anneal; several compare targets; repeatable."),
    ] = None,
    images: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FILE", help="Images of another method; repeatable.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for tables, verdicts and characterisations.")
    ] = Path("comparison"),
    report: ReportOption = None,
    n: Annotated[
        int | None, typer.Option("-n", "--n", min=2, help="Samples of each model; by default as many as real tiles.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the first sample.")] = 0,
    descriptors: Annotated[
        str | None, typer.Option(help="Which, separated by commas: names out of raysys stats --list, default or all.")
    ] = None,
    pores: Annotated[
        bool, typer.Option(help="Whether connected parts are measured: areas, shapes, directions.")
    ] = True,
    nearest: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Images of each set, or windows of larger ones, that are looked up among all windows of the training "
            "image, to find copies; 0 for none; by default 64, fewer or none for a large training image.",
        ),
    ] = None,
    nearest_side: Annotated[
        int | None,
        typer.Option(min=2, help="Look up windows of that side in pixels; by default images as large as a tile."),
    ] = None,
    power: Annotated[
        str,
        typer.Option(
            help="Known damage tried on the real images, to say what the verdict would have noticed: quick, full (also "
            "lost pores, shifted phase fractions, annealing on S2: minutes, once for a reference) or none."
        ),
    ] = "quick",
    phase: Annotated[
        str | None, typer.Option(help="Phase of interest of REAL, if no model's card says: bright, dark or a value.")
    ] = None,
    phases: Annotated[
        str | None,
        typer.Option(
            help="Compare label images by each of their phases: all (every stored value is one), names of the values "
            "0, 1, ... such as pore,solid, or names with their values: '{pore: 0, solid: [128, 255]}'. Models of label "
            "images say it themselves."
        ),
    ] = None,
    tile: Annotated[
        int | None, typer.Option(min=2, help="Cut REAL into tiles of this side, whatever a model's card says.")
    ] = None,
    stride: Annotated[int | None, typer.Option(min=1, help="Pixels between such tiles; their side by default.")] = None,
    grey_threshold: GreyThresholdOption = None,
    dims: DimsOption = 2,
    dataset: DatasetOption = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
    pixel_size: PixelSizeOption = None,
    resample: ResampleOption = False,
    boundary: BoundaryOption = "open",
    r_max: RMaxOption = None,
    device: Annotated[str, typer.Option(help="Where models draw: cpu, cuda.")] = "cpu",
    track: Annotated[bool, typer.Option(help="Record the comparison as a run in MLflow.")] = True,
    tracking_uri: TrackingOption = None,
    experiment: Annotated[str, typer.Option(help="MLflow experiment.")] = "raysys",
) -> None:
    """Compare generators and annealed images with real ones: errors, verdicts, pores, times.

    Real are the tiles that were held out of the first model's training, where its card says so. Annealing on S2 alone
    against annealing on more:
    raysys compare rock.tif --model rock --annealed s2=DIR --annealed more=DIR2 --report page.html
    """
    sets = _sets(model or [], annealed or [], images or [])
    # Measuring takes minutes: what can be refused is refused before.
    if output.is_file():
        raise RaysysError(f"-o {output} is a file; allowed: a folder, or the name of a new one")
    from raysys.assess import compare_methods
    from raysys.assess.methods.records import track_comparison, write_comparison
    from raysys.assess.power.rungs import check_level
    from raysys.data.sets import Reading
    from raysys.train.tracking import Tracker

    how = reading(dataset=dataset, series=series, channel=channel, time=time, pixel_size=pixel_size)
    with warnings_as_notices(), Bars() as bars:
        found = compare_methods(
            real,
            {name: what for of_kind in sets.values() for name, what in of_kind.items()},
            kinds={name: kind for kind, of_kind in sets.items() for name in of_kind},
            descriptors=descriptors or "default",
            pores=pores,
            n=n,
            seed=seed,
            phase=phase,
            phases=_phases(phases),
            tile=tile,
            stride=stride,
            dims=dims,
            reading=Reading(**how, threshold=grey_threshold, resample=resample),
            boundary=boundary,
            r_max=r_max,
            nearest=nearest,
            nearest_side=nearest_side,
            power=check_level(power),
            device=device,
            tracking_uri=tracking_uri,
            say=notice,
            progress=bars.update,
        )
    _print(found)
    files: list[Path] = []
    with keeping(lambda: _kept(output, files)):
        write_comparison(output, found, heard=files.append)
    wrote(output, f"{', '.join(path.name for path in files)}")
    if report is not None:
        from raysys.report.comparison.methods_page import methods_page

        methods_page(report, found, title=f"{real} and its reconstructions")
        wrote(report)
        files.append(report)
    if track:
        asked = {"real": real, "models": sets["model"], "annealed": sets["annealed"], "images": sets["images"]}
        run_id = track_comparison(
            found, files, f"compare {output.name}", asked, tracking_uri=tracking_uri, experiment=experiment
        )
        typer.echo(f"MLflow run {run_id}")
        typer.echo(f"look at it: {Tracker(run_id, tracking_uri).page}")


def _kept(folder: Path, files: list[Path]) -> str:
    """What is there of a folder that is being written."""
    names = ", ".join(path.name for path in files) or "nothing"
    return f"of this comparison {folder} holds {names}, the whole again: {again()}"


def _sets(models: list[str], annealed: list[str], images: list[str]) -> dict[Kind, dict[str, str]]:
    """{kind: {name: URI, folder or file}} of what was typed, each name once."""
    uris = named_values("--model", models, "NAME=models:/rock/3", reserved=REAL)
    folders = named_values("--annealed", annealed, "NAME=DIR", taken=uris, reserved=REAL)
    files = named_values("--images", images, "NAME=FILE", taken=[*uris, *folders], reserved=REAL)
    if not (uris or folders or files):
        raise RaysysError("nothing to compare with the real images; give --model, --annealed or --images, or several")
    return {"model": uris, "annealed": folders, "images": files}


def _phases(text: str | None) -> AskedPhases | None:
    """Names with their values are written as in a recipe; all and names alone are text."""
    import yaml

    # Names alone would be YAML too, and read as one text.
    if text is None or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        read: AskedPhases = yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise RaysysError(f"--phases {text} is no YAML ({reason}); such as '{{pore: 0, solid: 255}}'") from None
    return read


def _print(found: Comparison | LabelComparison) -> None:
    """Say what each set is, the errors beside their band, and the verdicts."""
    from raysys.assess import Comparison

    if isinstance(found, Comparison):
        for name, measured in found.characterisations.items():
            typer.echo(f"{name}: {headline(measured)}")
        _print_numbers(found.characterisations)
        _print_errors(found)
    else:
        for name in (found.reference, *found.others):
            by_phase = {phase: one.characterisations[name] for phase, one in found.phases.items()}
            typer.echo(f"{name}: {label_headline(by_phase)}")
        for phase, one in found.phases.items():
            _print_numbers(one.characterisations, phase)
            _print_errors(one, phase)
    for sentence in found.sentences.values():
        typer.echo(sentence)


def _print_numbers(sets: dict[str, Characterisation], phase: str = "") -> None:
    spacing = next(iter(sets.values())).spacing  # of one size all of them
    if next(iter(sets.values())).scalars:
        show(numbers_table(sets, spacing, title=f"{phase}: numbers" if phase else "Numbers"))


def _print_errors(found: Comparison, phase: str = "") -> None:
    if not found.descriptors:
        return
    table = errors_table(found.errors, found.baseline or None, reference=found.reference)
    table.title = f"{phase}: {table.title}" if phase else table.title
    table.caption = found.band or None  # the band is not always that of the reference's halves
    show(table)
