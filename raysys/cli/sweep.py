"""`raysys sweep`: a Bayesian search through a recipe's space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from raysys.cli.parts.interruption import keeping, run_kept
from raysys.cli.parts.options import AddressOption, RecipeArgument, SetOption
from raysys.cli.parts.searching import run_search, show_search_plan
from raysys.cli.parts.terminal import notice, number, show, warnings_as_notices
from raysys.cli.train import show_run

if TYPE_CHECKING:
    from raysys.train import Recipe, TrialRow


def sweep(
    recipe: RecipeArgument,
    trials: Annotated[int | None, typer.Option(help="Trials in all, those of an interrupted sweep included.")] = None,
    concurrent: Annotated[int | None, typer.Option(help="Trials at a time.")] = None,
    searcher: Annotated[
        Literal["gp", "tpe", "random"] | None,
        typer.Option(help="Gaussian process, tree of Parzen estimators, or chance."),
    ] = None,
    fields: SetOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with this recipe's newest sweep, unfinished trials first.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print the resolved recipe and its space, and stop before anything starts.")
    ] = False,
    address: AddressOption = None,
) -> None:
    """Search a recipe's space for the smallest descriptor error, and register the best trial's model.

    texture-search is no recipe but a search for the settings of `raysys synthesise`, by the three numbers that judge
    its pictures; it goes on with what is in its folder, with --resume or without:
    raysys sweep texture-search --set synthesis.exemplars=[photo.jpg]
    """
    from raysys.studies.texture_search.settings import is_search, load_search
    from raysys.train import load_recipe
    from raysys.train import sweep as run_sweep

    options = {"sweep.trials": trials, "sweep.concurrent": concurrent, "sweep.searcher": searcher}
    # As --set would: options are checked and told as fields of the recipe are.
    given = [f"{name}={value}" for name, value in options.items() if value is not None]
    if is_search(recipe):
        settings = load_search(recipe, [*(fields or []), *given])
        show_search_plan(settings) if plan else run_search(settings, address=address)
        return
    checked = load_recipe(recipe, [*(fields or []), *given])
    if plan:
        _show_plan(checked)
        return
    with keeping(run_kept(checked, "sweep")), warnings_as_notices(), _Watch(checked) as watch:
        run = run_sweep(checked, resume=resume, address=address, show=watch.heard)
    # A trial that failed has no error, and stands last.
    rows = sorted(run.details["trials"], key=lambda row: float("inf") if row.objective is None else row.objective)
    show(_table(rows, checked, f"best: trial {run.details['best_trial']}"))
    show_run(run, f"Sweep of {checked.name}")


class _Watch:
    """The trials as they come: a live table on a terminal, a line per change of state in the log of a job."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, console = recipe, Console(stderr=True)
        self._live = (
            # Drawn when a trial has changed, and not all the time.
            Live(_table([], recipe, "starting"), console=console, auto_refresh=False) if console.is_terminal else None
        )
        self._states: dict[int, str] = {}

    def __enter__(self) -> _Watch:
        if self._live:
            self._live.start(refresh=True)
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.stop()

    def heard(self, rows: list[TrialRow]) -> None:
        """Show all trials."""
        if self._live:
            self._live.update(_table(rows, self._recipe, "running"), refresh=True)
            return
        for row in rows:
            if self._states.get(row.number) != row.status:
                self._states[row.number] = row.status
                notice(f"trial {row.number} {row.status} at step {row.step}, error {number(row.objective)}")


def _table(rows: list[TrialRow], recipe: Recipe, state: str) -> Table:
    fields = list(recipe.sweep.space)
    table = Table(title=f"{recipe.name}: {len(rows)} of {recipe.sweep.trials} trials, {state}", title_justify="left")
    for name in ("trial", "state", "step", "error", "seconds", *(field.split(".", 1)[-1] for field in fields)):
        table.add_column(name, justify="left" if name == "state" else "right")
    for row in rows:
        values = (_short(row.values[field]) if field in row.values else "-" for field in fields)
        cells = (str(row.number), row.status, str(row.step), number(row.objective), f"{row.seconds:.0f}", *values)
        table.add_row(*cells)
    return table


def _short(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)


def _show_plan(recipe: Recipe) -> None:
    import yaml

    content = recipe.model_dump(mode="json")
    space = content["sweep"].pop("space")
    typer.echo(yaml.safe_dump(content, sort_keys=False).rstrip())
    table = Table(title=f"Space of {recipe.name}: {recipe.sweep.trials} trials", title_justify="left")
    for name in ("field", "kind", "range", "only where"):
        table.add_column(name)
    for field, dimension in space.items():
        values = dimension.get("values")
        limits = ", ".join(map(str, values)) if values else f"{dimension['low']} to {dimension['high']}"
        condition = ", ".join(f"{name} = {value}" for name, value in dimension["when"].items())
        table.add_row(field, dimension["kind"], limits, condition)
    show(table)
