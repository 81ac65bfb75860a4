"""`raysys study`: several recipes on the same data, each swept or trained, and compared on one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.options import AddressOption, SetOption, TrackingOption
from raysys.cli.parts.terminal import Bar, Bars, facts, notice, number, show, warnings_as_notices, wrote

if TYPE_CHECKING:
    from raysys.studies import Ending, Study

CLASSIFIER = "classifier"


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
    per_class: Annotated[
        int, typer.Option(min=1, help="Test images of each class at most by which autoencoders are judged.")
    ] = 32,
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
    """Train or sweep every model of a study, judge all by the same images, as its YAML says, and write one page.

    The published autoencoders and ours: raysys study cess-64 needs two cores and minutes, raysys study cess a GPU.
    """
    from raysys.studies import end_study, load_study, run_study

    chosen = load_study(name).only(only.split(",") if only else None)
    if plan:
        _show_plan(chosen)
        return

    def words() -> str:
        return f"what has ended, and checkpoints, are kept in {output}, to go on: {again('--resume')}"

    with keeping(words), warnings_as_notices(), _Bars() as progress:
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
    for model, trained in done.items():
        show(facts(f"{model}: {trained.model}", {key: number(value) for key, value in trained.metrics.items()}))
    with keeping(words), warnings_as_notices(), Bars() as bars:
        ending = end_study(chosen, done, output, per_class=per_class, say=notice, progress=bars.update)
    if ending is None:
        notice(f"study {chosen.name} does not say what compares its models (assess: autoencoding or methods)")
    else:
        _show_ending(chosen, ending)


class _Bars:
    """A bar for the model that is being trained, or the best of its trials."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._name = ""

    def __enter__(self) -> _Bars:
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
        # A training tells its steps, a sweep its trials.
        if isinstance(state, dict):
            self._bar.update(state["step"], state["steps"], best=number(state.get("best")))
            return
        # Pruned and failed trials have ended too.
        ended = [row for row in state if row.status not in ("running", "waiting")]
        best = min((row.objective for row in state if row.objective is not None), default=None)
        self._bar.update(len(ended), len(state), best=number(best))

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__()
            self._bar = None


def _show_ending(chosen: Study, ending: Ending) -> None:
    """The numbers, or the sentences, of what compared the models, and the files that were written."""
    from raysys.cli.assess import standing_table

    if chosen.assess == "autoencoding":
        for name in ending.comparison.models:
            show(standing_table(ending.comparison, name))
    else:
        for sentence in ending.comparison.sentences.values():
            typer.echo(sentence)
    for file in ending.files:
        wrote(file)


def _show_plan(chosen: Study) -> None:
    rows: dict[str, object] = {CLASSIFIER: chosen.classifier.recipe} if chosen.classifier else {}
    for name, model in chosen.models.items():
        rows[name] = model.recipe + (f", from {model.begin_from}" if model.begin_from else "")
    if chosen.assess:
        rows["in the end"] = f"assess {chosen.assess}" + (f", baseline {chosen.baseline}" if chosen.baseline else "")
    show(facts(f"{chosen.name}: {chosen.about}", rows))
