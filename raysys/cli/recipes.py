"""`raysys recipes`: those that come with raysys, what one says in full, and what a recipe may say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from raysys.cli.parts.options import RecipeArgument, SetOption
from raysys.cli.parts.terminal import show

app = typer.Typer(
    no_args_is_help=True, help="List the recipes that come with raysys, show one in full, and all fields with ranges."
)


@app.command("list", epilog="Example: raysys recipes list")
def list_() -> None:
    """List the recipes that come with raysys, with their method and what each is for."""
    from raysys.train import load_recipe, recipe_names
    from raysys.train.recipe_files import find

    table = Table(title="Recipes that come with raysys", caption="raysys recipes show NAME prints one in full")
    for name in ("recipe", "method", "images", "for"):
        table.add_column(name, overflow="fold")
    for name in recipe_names():
        # Read whole and not line by line: recipes that extend others say their method elsewhere.
        recipe = load_recipe(name)
        table.add_row(name, recipe.system.method, recipe.data.images, _purpose(find(name, "recipe", [name])))
    show(table)


@app.command("show", epilog="Example: raysys recipes show gravel --set training.steps=500 > mine.yaml")
def show_(recipe: RecipeArgument, fields: SetOption = None) -> None:
    """Print a recipe with every field, also those that its file leaves out; a file that can be changed and trained."""
    import yaml

    from raysys.train import load_recipe

    content = load_recipe(recipe, fields).model_dump(mode="json")
    # In the order of the sections, which is that of the work.
    typer.echo(yaml.safe_dump(content, sort_keys=False, allow_unicode=True).rstrip())


@app.command("schema", epilog="Example: raysys recipes schema system.wgan-gp")
def schema(
    section: Annotated[
        str | None, typer.Argument(metavar="SECTION", help="One section, such as training; all by default.")
    ] = None,
) -> None:
    """Print every field that a recipe may have: its meaning and unit, what is allowed, and what it is by default."""
    from raysys.train.recipe_fields import recipe_fields, section_names

    for name in [section] if section else section_names():
        table = Table(title=f"\n{name}", show_lines=False)
        for head in ("field", "allowed", "by default", "meaning"):
            table.add_column(head, overflow="fold")
        for field in recipe_fields(name):
            table.add_row(field.name, field.allowed, field.default, field.meaning)
        show(table)


def _purpose(path: Path) -> str:
    """The first sentence of the remarks that a recipe's file begins with."""
    remarks = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# ") or line.startswith("#  "):  # the recipe itself, or an example
            break
        remarks.append(line.removeprefix("# "))
    return " ".join(remarks).partition(". ")[0].rstrip(".:")
