"""`raysys sweep` of a search for the settings of textures, and not of a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from raysys.cli.parts.exemplars import names_of, read_exemplars
from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.terminal import facts, notice, number, show

if TYPE_CHECKING:
    from raysys.studies.texture_search.settings import TextureSearch
    from raysys.train import TrialRow

__all__ = ["run_search", "show_search_plan"]


def run_search(settings: TextureSearch, *, address: str | None) -> None:
    """Read the exemplars, search, and show the trials and how to make pictures by the best settings."""
    from raysys.studies.texture_search.searching import search

    paths = [str(path) for path in settings.synthesis.exemplars]
    read = read_exemplars(paths, settings.synthesis.kind)
    exemplars = {name: one.image for name, one in zip(names_of(paths), read, strict=True)}
    told: set[int] = set()

    def heard(rows: list[TrialRow]) -> None:
        for row in rows:
            if row.status in ("finished", "failed") and row.number not in told:
                told.add(row.number)
                values = ", ".join(f"{_short(name)} {_value(value)}" for name, value in row.values.items())
                notice(f"trial {row.number} {row.status}: {number(row.objective)} ({values})")

    with keeping(lambda: f"what the search had reached is kept in {settings.folder}, to go on: {again()}"):
        found = search(settings, exemplars, address=address, show=heard)
    show(_table(found.trials, settings, f"best: trial {found.number}"))
    chosen = {_short(name): _value(getattr(found.best, _short(name))) for name in settings.sweep.space}
    show(facts("best settings", {**chosen, "pictures": found.folder / "trials" / f"trial-{found.number:04d}"}))


def show_search_plan(settings: TextureSearch) -> None:
    """Print the search with its space."""
    import typer
    import yaml

    typer.echo(yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False).rstrip())


def _table(rows: list[TrialRow], settings: TextureSearch, state: str) -> Table:
    fields = list(settings.sweep.space)
    table = Table(
        title=f"{settings.name}: {len(rows)} of {settings.sweep.trials} trials, {state}",
        title_justify="left",
        caption="shortfall: 1 where distance, largest copied piece and share of the source used all meet their bars",
    )
    for name in ("trial", "state", "shortfall", "seconds", *map(_short, fields)):
        table.add_column(name, justify="left" if name == "state" else "right")
    for row in sorted(rows, key=lambda row: float("inf") if row.objective is None else row.objective):
        values = (_value(row.values[field]) if field in row.values else "-" for field in fields)
        table.add_row(str(row.number), row.status, number(row.objective), f"{row.seconds:.0f}", *values)
    return table


def _short(field: str) -> str:
    return field.rpartition(".")[2]


def _value(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
