"""`raysys assess`: what autoencoders make of images that they were not trained on, class by class, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from raysys.assess.autoencoding.models import Part, autoencoders, facts, hyperparameters, images_of, say, split_settings
from raysys.cli.parts.options import ReportOption, TrackingOption
from raysys.cli.parts.terminal import Bar, number, show, wrote
from raysys.errors import RaysysError
from raysys.models.naming import model_uri

if TYPE_CHECKING:
    import numpy as np

    from raysys.assess.autoencoding.retention import ClassRetention
    from raysys.methods.autoencoder.model import AutoencoderModel
    from raysys.methods.classifier.model import ClassifierModel
    from raysys.report.autoencoding.given import Reconstructed
    from raysys.report.autoencoding.standings import Standing
    from raysys.report.sweeps.trials import Trial

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


def assess(
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA.h5", help="Images in MICRO2D's layout: those that the models were trained on."),
    ],
    model: Annotated[
        list[str],
        typer.Option(
            metavar="NAME[=URI]",
            help="An autoencoder: a registered name, NAME=models:/NAME/VERSION or NAME=FOLDER; may be repeated.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for all numbers: MODEL/CLASS.npz each.")
    ] = Path("assessment"),
    report: ReportOption = None,
    csv: Annotated[
        Path | None,
        typer.Option(help="Also write the medians: model, class, measure, reconstruction, original, ratio."),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Which classes, separated by commas; all of the split by default.")
    ] = None,
    per_class: Annotated[int, typer.Option(min=1, help="Images of each class at most, the first of the part.")] = 32,
    part: Annotated[Part, typer.Option(help="Of the split that the models' recipes say.")] = "test",
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
    """Measure reconstructions against their originals: sharpness, grains, corners, spatial statistics; per class.

    Prints a table per model, and writes every number. The page sets images, errors and verdicts side by side.
    """
    from raysys.assess.autoencoding import published_window

    models = autoencoders(model, tracking_uri)
    if baseline is not None and baseline not in models:
        raise RaysysError(f"--baseline {baseline}: no such model; given: {', '.join(models)}")
    ours = hyperparameters(models, table1)
    trials = _trials(sweep) if sweep else None
    judge = _classifier(classifier, tracking_uri) if classifier else None
    settings, told = split_settings(data, models, judge)
    wanted = classes.split(",") if classes else None
    originals = images_of(settings, part=part, classes=wanted, per_class=per_class)
    lags = window or published_window(settings.tile)
    judged = _judgement(classifier, judge, originals) if classifier and judge else None
    say(told)
    found = _reconstructed(models, originals, lags)
    retention = {name: judged(one.images) for name, one in found.items()} if judged else {}
    for name in found:
        show(_table(name, originals, found[name], retention.get(name)))
    for name, one in found.items():
        for kind, assessment in one.assessments.items():
            (output / name).mkdir(parents=True, exist_ok=True)
            assessment.save(output / name / f"{kind}.npz")
    wrote(output, f"{len(found)} x {len(originals)} files")
    if csv is not None:
        _write(csv, found)
    if report is not None:
        from raysys.report.autoencoding.page import reconstruction_page

        shares = ", ".join(f"{share:g}" for share in settings.shares)
        split = f"Images are of the {part} part of {data}, split with seed {settings.seed} in shares of {shares}."
        notes = [split, *(f"Note: {sentence}." for sentence in told)]
        notes += [f"Classes are told by {classifier}, of grey reconstructions as they are."] if classifier else []
        reconstruction_page(
            report,
            title=f"Reconstructions of {data.name}",
            originals=originals,
            models=found,
            table1=ours or None,
            retention=retention,
            trials=trials,
            baseline=baseline,
            notes=notes,
        )
        wrote(report)


def _reconstructed(
    models: dict[str, tuple[str, AutoencoderModel]], originals: dict[str, np.ndarray], window: int
) -> dict[str, Reconstructed]:
    from raysys.assess.autoencoding import assess as measure
    from raysys.report.autoencoding.given import Reconstructed

    found: dict[str, Reconstructed] = {}
    total = len(models) * len(originals)
    with Bar("reconstructions", "model", "class") as bar:
        for name, (uri, model) in models.items():
            images, numbers = {}, {}
            for kind, given in originals.items():
                images[kind] = model.reconstruct(given, grey=True)
                numbers[kind] = measure(images[kind], given, window=window)
                bar.update(len(found) * len(originals) + len(images), total, **{"model": name, "class": kind})
            found[name] = Reconstructed(images, numbers, facts(uri, model))
    return found


def _classifier(uri: str, tracking_uri: str | None) -> ClassifierModel:
    from raysys.methods.classifier.model import ClassifierModel
    from raysys.models import load

    return load(model_uri(uri), tracking_uri=tracking_uri, kind=ClassifierModel)


def _judgement(uri: str, model: ClassifierModel, originals: dict[str, np.ndarray]) -> Any:
    """A function {class: reconstructions} -> ClassRetention; a classifier that does not know a class is refused."""
    import numpy as np

    from raysys.assess.autoencoding.retention import class_retention

    unknown = [name for name in originals if name not in model.classes]
    if unknown:
        raise RaysysError(f"--classifier {uri} does not know {unknown[0]}; it tells apart {', '.join(model.classes)}")
    targets = np.repeat(list(originals), [len(images) for images in originals.values()])
    given = np.concatenate(list(originals.values()))

    def judge(images: dict[str, np.ndarray]) -> ClassRetention:
        return class_retention(model, given, np.concatenate([images[name] for name in originals]), targets)

    return judge


def _trials(folder: Path) -> list[Trial]:
    """The trials of a sweep's study, which is only read."""
    import optuna

    from raysys.report.sweeps.trials import Trial
    from raysys.train.ray.sweep import trial_rows

    if not (folder / "study.db").is_file():
        raise RaysysError(f"--sweep {folder} is no folder of a sweep: it has no study.db")
    study = optuna.load_study(study_name="sweep", storage=f"sqlite:///{folder / 'study.db'}")
    return [Trial(row.number, row.values, row.objective, row.status, row.seconds) for row in trial_rows(study)]


def _table(name: str, originals: dict[str, np.ndarray], one: Reconstructed, retention: ClassRetention | None) -> Table:
    """A model in the numbers of the page's head, class by class and over all."""
    from raysys.report.autoencoding.standings import standings

    held = {name: retention} if retention else {}
    rows = {kind: standings({kind: images}, {name: one}, held)[name] for kind, images in originals.items()}
    rows["all"] = standings(originals, {name: one}, held)[name]
    heads = {key: head for key, head in HEADS.items() if key in rows["all"]}
    table = Table(title=f"{name}: medians over images; edge gradient in 1/px; hallucinated: mean share of grains")
    table.add_column("class", no_wrap=True)
    for head in heads.values():
        table.add_column(head, justify="right")
    for kind, standing in rows.items():
        kept = {"retention": retention.retained.get(kind) if retention and kind != "all" else None}
        table.add_row(kind, *(number(_value(standing, key, kept)) for key in heads))
    return table


def _value(standing: dict[str, Standing], key: str, kept: dict[str, float | None]) -> float | None:
    """Of a class, the retention is that of the class."""
    own = kept.get(key)
    return own if own is not None else standing[key].value


def _write(path: Path, found: dict[str, Reconstructed]) -> None:
    """The medians of every measure."""
    from raysys.files import write_csv

    count = write_csv(path, _rows(found), line_end="\r\n")
    wrote(path, f"{count:,} rows")


def _rows(found: dict[str, Reconstructed]) -> Iterator[dict[str, object]]:
    for name, one in found.items():
        for kind, assessment in one.assessments.items():
            for measure, row in assessment.summary().items():
                yield {
                    "model": name,
                    "class": kind,
                    "measure": measure,
                    "reconstruction": row.reconstruction,
                    "original": row.original,
                    "ratio": row.ratio,
                }
