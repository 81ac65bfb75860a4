"""`raysys study`: several recipes on the same data, each swept or trained, and compared on one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raysys.cli.parts.options import AddressOption, SetOption, TrackingOption
from raysys.cli.parts.terminal import Bar, facts, notice, number, show, warnings_as_notices

if TYPE_CHECKING:
    from raysys.studies.study import Outcome, Study

CLASSIFIER = "classifier"
OURS = "annealed"  # whose trials the page shows, if it was swept
BASELINE = "MSE"


def study(
    name: Annotated[
        str,
        typer.Argument(metavar="STUDY", help="A YAML file, or the name of one that comes with raysys: cess, cess-64."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for runs, numbers and the page; new, or of this study.")
    ] = Path("study"),
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Of each model's sweep; without it every model is trained once, as its recipe says."),
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Only these models, separated by commas, and those that they begin from.")
    ] = None,
    per_class: Annotated[int, typer.Option(min=1, help="Test images of each class at most that are assessed.")] = 32,
    fields: SetOption = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with what is in the folder; models that have ended stay."),
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="List the models and what they begin from, and stop before anything starts.")
    ] = False,
    tracking_uri: TrackingOption = None,
    address: AddressOption = None,
) -> None:
    """Train or sweep every model of a study, assess all on the same test images, and write one page.

    The published autoencoders and ours: raysys study cess-64 needs two cores and minutes, raysys study cess a GPU.
    """
    from raysys.studies.study import load_study, run_study

    chosen = load_study(name).only(only.split(",") if only else None)
    if plan:
        _show_plan(chosen)
        return
    with warnings_as_notices(), _Progress() as progress:
        done = run_study(
            chosen,
            output,
            trials=trials,
            overrides=fields,
            tracking_uri=tracking_uri,
            resume=resume,
            address=address,
            show=progress.heard,
        )
    for model, outcome in done.items():
        show(facts(f"{model}: {outcome.model}", {key: number(value) for key, value in outcome.metrics.items()}))
    _assess(chosen, done, output, per_class)


class _Progress:
    """A bar for the model that is being trained, or the best of its trials."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._name = ""

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def heard(self, name: str, state: Any) -> None:
        """A training's state, or the trials of a sweep."""
        if name != self._name:
            self._end()
            self._name = name
            notice(f"{name} begins")
            self._bar = Bar(name, "best").__enter__()
        assert self._bar is not None
        if isinstance(state, dict):
            self._bar.update(state["step"], state["steps"], best=number(state.get("best")))
            return
        ended = [row for row in state if row.status not in ("running", "waiting")]
        best = min((row.objective for row in state if row.objective is not None), default=None)
        self._bar.update(len(ended), len(state), best=number(best))

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__()
            self._bar = None


def _assess(chosen: Study, done: dict[str, Outcome], output: Path, per_class: int) -> None:
    """All models on the same test images; numbers and page go into the folder, and into a run of their own."""
    from raysys.cli.assess import assess
    from raysys.studies.study import record_assessment

    first = next(one for name, one in done.items() if name != CLASSIFIER)
    uri = first.recipe["tracking"]["uri"]
    judge = done.get(CLASSIFIER)
    ours = done.get(OURS)
    swept = sorted((output / "runs" / ours.recipe["name"]).glob("sweep-*")) if ours and ours.trials else []
    page, table = output / "report.html", output / "measures.csv"
    assess(
        Path(first.recipe["data"]["images"]),
        [f"{name}={one.model}" for name, one in done.items() if name != CLASSIFIER],
        output=output / "assessment",
        report=page,
        csv=table,
        per_class=per_class,
        classifier=judge.model if judge else None,
        baseline=BASELINE if BASELINE in done else None,
        sweep=swept[-1] if swept else None,
        tracking_uri=uri,
    )
    record_assessment(chosen, done, [page, table], uri)


def _show_plan(chosen: Study) -> None:
    rows: dict[str, object] = {CLASSIFIER: chosen.classifier.recipe} if chosen.classifier else {}
    for name, model in chosen.models.items():
        rows[name] = model.recipe + (f", from {model.begin_from}" if model.begin_from else "")
    show(facts(f"{chosen.name}: {chosen.about}", rows))
