"""`raysys assess`: what autoencoders make of images that they were not trained on, class by class, in numbers.

Pictures of textures are judged by `raysys assess textures`, edits by `raysys assess edit`, volumes by `raysys assess
rocks`; without a word for what is judged, autoencoders are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table
from typer.core import TyperGroup

from raysys.cli.assess_edit import edit
from raysys.cli.assess_rocks import rocks
from raysys.cli.assess_textures import textures
from raysys.cli.parts import completion
from raysys.cli.parts.named import named_values
from raysys.cli.parts.options import ReportOption, TrackingOption
from raysys.cli.parts.terminal import Bars, notice, number, show, wrote
from raysys.errors import RaysysError
from raysys.files import write_csv

if TYPE_CHECKING:
    from raysys.assess import AutoencoderComparison
    from raysys.report.sweeps.trials import Trial

# How good, how near, how sharp, whether still of its class: in the order in which one asks.
HEADS = {
    "score": "score",
    "s2_relative": "e_rel",
    "s2_relative_window": "e_rel window",
    "s2_relative_thresholded": "e_rel binary",
    "mid_grey": "mid-grey",
    "edge_gradient": "edge gradient",
    "hallucinated_share": "hallucinated",
    "retention": "class kept",
}


class AssessGroup(TyperGroup):
    """What is judged is named; where nothing of that name is, the arguments are those for autoencoders."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the first sub-command before arguments that name none."""
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["autoencoders", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=AssessGroup,
    no_args_is_help=True,
    help="Judge autoencoders, pictures of textures (raysys assess textures --help), edits, or volumes of rock. Without "
    "one of the names below: autoencoders.",
    epilog="Example: raysys assess textures photo.jpg more.png quilt=quilt.png -o scores",
)


def assess(
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA.h5", help="Images in MICRO2D's layout: those that the models were trained on."),
    ],
    model: Annotated[
        list[str],
        typer.Option(
            metavar="NAME[=URI]",
            autocompletion=completion.models,
            help="An autoencoder: a registered name, trained:NAME, NAME=models:/NAME/VERSION or NAME=FOLDER; "
            "repeatable.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for all numbers: MODEL/CLASS.npz each.")
    ] = Path("assessment"),
    report: ReportOption = None,
    csv: Annotated[
        Path | None,
        typer.Option(help="Also write the medians: model, class, measure, autoencoding, original, ratio."),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Which classes, separated by commas; all of the split by default.")
    ] = None,
    per_class: Annotated[int, typer.Option(min=1, help="Images of each class at most, the first of the part.")] = 32,
    part: Annotated[
        Literal["test", "validation"], typer.Option(help="Of the split that the models' recipes say.")
    ] = "test",
    window: Annotated[
        int | None,
        typer.Option(min=1, help="Central lags a side of the windowed S2 error; 50 for 256 pixels by default."),
    ] = None,
    classifier: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Classifier of originals, by which the class retention is measured."),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="NAME", help="Model that the others are to beat class by class.")
    ] = None,
    table1: Annotated[
        Path | None,
        typer.Option(
            help="JSON {model: {row: number}} that stands beside the published Table 1; by default the models'."
        ),
    ] = None,
    sweep: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder of the sweep whose trials the page is to show.")
    ] = None,
    tracking_uri: TrackingOption = None,
) -> None:
    """Measure autoencodings against their originals: sharpness, grains, corners, spatial statistics; per class.

    Prints a table per model, and writes every number. The page sets images, errors and verdicts side by side.
    """
    from raysys.assess import autoencoders

    models = named_values("--model", model, "NAME=URI, for example ours=models:/cess/3")
    ours, trials = _table1(table1) if table1 else None, _trials(sweep) if sweep else None
    with Bars() as bars:
        comparison = autoencoders(
            data,
            models,
            classes=classes.split(",") if classes else None,
            per_class=per_class,
            part=part,
            window=window,
            classifier=classifier,
            baseline=baseline,
            tracking_uri=tracking_uri,
            say=notice,
            progress=bars.update,
        )
    for name in comparison.models:
        show(standing_table(comparison, name))
    files = comparison.save(output)
    wrote(output, f"{len(files)} files")
    if csv is not None:
        count = write_csv(csv, comparison.rows(), line_end="\r\n")
        wrote(csv, f"{count:,} rows")
    if report is not None:
        from raysys.report.autoencoding.page import autoencoding_page

        rows = ours or comparison.hyperparameters or None
        autoencoding_page(report, comparison, title=f"Autoencodings of {data.name}", table1=rows, trials=trials)
        wrote(report)


app.command(
    "autoencoders",
    epilog="Example: raysys assess autoencoders data.h5 --model mse --model ours=models:/cess/3 --report page.html",
)(assess)
app.command("textures", epilog="Example: raysys assess textures photo.jpg more.png quilt=quilt.png -o scores")(textures)
app.command("edit", epilog="Example: raysys assess edit photo.png moved.png --source-mask a.png --target-mask b.png")(
    edit
)
app.command("rocks", epilog="Example: raysys assess rocks berea.tif ours=a.tif alone=b.tif --baseline alone -o scores")(
    rocks
)


def standing_table(comparison: AutoencoderComparison, name: str) -> Table:
    """A model in the numbers of the page's head, class by class and over all."""
    rows = {kind: standings[name] for kind, standings in comparison.class_standings.items()}
    rows["all"] = comparison.standings[name]
    heads = {column: head for column, head in HEADS.items() if column in rows["all"]}
    table = Table(title=f"{name}: medians over images; edge gradient in 1/px; hallucinated: mean share of grains")
    table.add_column("class", no_wrap=True)
    for head in heads.values():
        table.add_column(head, justify="right")
    for kind, standing in rows.items():
        table.add_row(kind, *(number(standing[column].value) for column in heads))
    return table


def _table1(path: Path) -> dict[str, dict[str, float | None]]:
    """Our Table 1 in a JSON file {model: {row: number}}."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RaysysError(f"--table1 {path} cannot be read as JSON ({error})") from None
    rows = content.values() if isinstance(content, dict) else [None]
    if not all(
        isinstance(row, dict) and all(isinstance(value, int | float | None) for value in row.values()) for row in rows
    ):
        raise RaysysError(f'--table1 {path}: write it as {{"MSE": {{"learning rate": 7e-5, "depth": 4}}, ...}}')
    return dict(content)


def _trials(folder: Path) -> list[Trial]:
    """The trials of a sweep as the page draws them."""
    from raysys.report.sweeps.trials import Trial
    from raysys.train.ray.trials import trials_in

    return [Trial(row.number, row.values, row.objective, row.status, row.seconds) for row in trials_in(folder)]
