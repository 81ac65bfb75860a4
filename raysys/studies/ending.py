"""How a study ends: its models are judged by what the study's YAML says, and the results are written and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.files import write_csv
from raysys.studies.study import CLASSIFIER, Study
from raysys.train.metrics import OBJECTIVE

if TYPE_CHECKING:
    from raysys.assess.listener import Progress, Say
    from raysys.studies.run import TrainedModel


@dataclass(frozen=True)
class Ending:
    """What the models of a study were found to be worth.

    Attributes
    ----------
    comparison
        What `raysys.assess.autoencoders` or `raysys.assess.compare_methods` returned.
    files
        What was written: page and tables.
    """

    comparison: Any
    files: list[Path] = field(default_factory=list)


def end_study(
    study: Study,
    done: Mapping[str, TrainedModel],
    folder: Path,
    *,
    per_class: int | None = None,
    say: Say | None = None,
    progress: Progress | None = None,
) -> Ending | None:
    """Judge the models of a study as its field `assess` says; None where it says nothing.

    The page, report.html, and all tables are written into the folder, and kept as artifacts of an MLflow run.

    Parameters
    ----------
    study
        Whose models have ended.
    done
        {name: TrainedModel}, the classifier's under "classifier".
    folder
        Of the study.
    per_class
        Images of a class that autoencoders are judged by at most.
    say, progress
        As `raysys.assess.autoencoders` takes them.

    Raises
    ------
    RaysysError
        As the judging does.
    """
    if study.assess is None:
        return None
    models = {name: trained for name, trained in done.items() if name != CLASSIFIER}
    if study.assess == "methods":
        ending = _judged_methods(study, models, folder, say, progress)
    else:
        ending = _judged_autoencoders(study, models, done.get(CLASSIFIER), folder, per_class, say, progress)
    record_ending(study, done, ending.files)
    return ending


def _judged_autoencoders(
    study: Study,
    models: Mapping[str, TrainedModel],
    classifier: TrainedModel | None,
    folder: Path,
    per_class: int | None,
    say: Say | None,
    progress: Progress | None,
) -> Ending:
    from raysys.assess import autoencoders
    from raysys.report.autoencoding.page import autoencoding_page

    first = next(iter(models.values())).recipe
    images = Path(first["data"]["images"])
    comparison = autoencoders(
        images,
        {name: trained.model for name, trained in models.items()},
        per_class=per_class,
        classifier=classifier.model if classifier else None,
        baseline=study.baseline if study.baseline in models else None,
        tracking_uri=first["tracking"]["uri"],
        say=say,
        progress=progress,
    )
    comparison.save(folder / "assessment")
    page, table = folder / "report.html", folder / "measures.csv"
    write_csv(table, comparison.rows(), line_end="\r\n")
    rows = comparison.hyperparameters or None
    title = f"Autoencodings of {images.name}"
    sweeps = {name: found for name, trained in models.items() if (found := _trials(trained))}
    shown = sweeps.get(study.sweep_shown or "")
    autoencoding_page(page, comparison, title=title, table1=rows, trials=shown, sweeps=sweeps or None)
    said = folder / "statements.csv"
    write_csv(said, comparison.rows("statements"), line_end="\r\n")
    return Ending(comparison, [page, table, said])


def _trials(trained: TrainedModel) -> list[Any]:
    """The trials of a model's sweep as pages draw them; none if it was not swept."""
    from raysys.report.sweeps.trials import Trial

    rows = trained.trial_rows
    return [Trial(row.number, row.values, row.objective, row.status, row.seconds) for row in rows]


def _judged_methods(
    study: Study, models: Mapping[str, TrainedModel], folder: Path, say: Say | None, progress: Progress | None
) -> Ending:
    from raysys.assess import compare_methods
    from raysys.assess.methods.records import write_comparison
    from raysys.report.comparison.methods_page import methods_page

    first = next(iter(models.values())).recipe
    comparison = compare_methods(
        first["data"]["images"],
        {name: trained.model for name, trained in models.items()},
        kinds=dict.fromkeys(models, "model"),
        tracking_uri=first["tracking"]["uri"],
        say=say,
        progress=progress,
    )
    files = write_comparison(folder / "comparison", comparison)
    page = folder / "report.html"
    methods_page(page, comparison, title=f"{study.name}: generators and real images")
    return Ending(comparison, [page, *files])


def record_ending(study: Study, done: Mapping[str, TrainedModel], files: list[Path]) -> str:
    """Record an MLflow run of the comparison: every model's objective, and the files; returns its id."""
    from raysys.train.tracking import Tracker, start_run

    uri = next(trained for name, trained in done.items() if name != CLASSIFIER).recipe["tracking"]["uri"]
    run_id = start_run(
        f"assessment of {study.name}",
        experiment=study.name,
        uri=uri,
        parameters={name: {"model": trained.model, "run": trained.run_id} for name, trained in done.items()},
        tags={"raysys.kind": "assessment"},
        description=f"What the models of the study {study.name} are worth beside each other. {study.about}".strip(),
    )
    tracker = Tracker(run_id, uri)
    tracker.log(0, {f"objective/{name}": trained.metrics[OBJECTIVE] for name, trained in done.items()})
    for file in files:
        tracker.artifact(file)
    tracker.finish()
    return run_id
