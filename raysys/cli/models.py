"""`raysys models`: what is registered, and what a model says about itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from raysys.cli.parts import completion
from raysys.cli.parts.options import TrackingOption
from raysys.cli.parts.terminal import by, facts, number, show, wrote
from raysys.models.naming import current, is_folder, model_uri
from raysys.models.shipped import SCHEME, SCHEMES, trained_models

if TYPE_CHECKING:
    from raysys.models.card import ModelCard
    from raysys.models.condition import ConditionCard
    from raysys.models.registry import Registered

app = typer.Typer(no_args_is_help=True, help="List registered models, and show the card of one.")


@app.command("list", epilog="Example: raysys models list")
def list_(tracking_uri: TrackingOption = None) -> None:
    """List the registered models with their versions and aliases."""
    from raysys.models.registry import PIXEL_SIZE, list_models, nothing_tracked, tracking_location

    found = [] if nothing_tracked(tracking_uri) else list_models(tracking_uri)
    typer.echo(f"models in {tracking_location(tracking_uri)}")
    table = Table()
    for name in ("model", "versions", "newest", "pixel size", "aliases"):
        table.add_column(name)
    for model in found:
        newest = model.versions[0].created if model.versions else "-"
        size = model.versions[0].tags.get(PIXEL_SIZE, "-") if model.versions else "-"
        table.add_row(model.name, str(len(model.versions)), newest, size, _aliases(model))
    if found:
        show(table)
    else:
        typer.echo("none is registered yet; raysys train RECIPE registers one")
    if trained := trained_models():
        typer.echo(f"trained, and coming with raysys: {', '.join(f'{SCHEME}{name}' for name in trained)}")


@app.command("show", epilog="Example: raysys models show gravel")
def show_(
    name: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Registered name, models:/NAME/VERSION, trained:NAME, or a folder.",
            autocompletion=completion.models,
        ),
    ],
    tracking_uri: TrackingOption = None,
) -> None:
    """Show a model's card, its metrics, and its versions."""
    from raysys.models.card import read_card
    from raysys.models.registry import describe, resolve
    from raysys.models.saved import CARD, check_folder

    registered = None
    if is_folder(name):
        folder = Path(name)
    else:
        # A whole URI names one version: the others are not what was asked for.
        registered = None if name.startswith(SCHEMES) else describe(name, tracking_uri=tracking_uri)
        folder = resolve(current(registered) if registered else name, tracking_uri=tracking_uri)
    check_folder(folder)
    card = read_card(folder / CARD)
    show(facts(f"Model {card.name}", _card_rows(card)))
    if card.metrics:
        show(facts("Metrics of the last validation", {key: number(value) for key, value in card.metrics.items()}))
    if card.held_out:
        show(facts("Against the tiles held out of training", {key: number(one) for key, one in card.held_out.items()}))
    if registered:
        show(_versions(registered))


@app.command("export", epilog="Example: raysys models export gravel gravel-model --half")
def export(
    name: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Registered name, models:/NAME/VERSION, trained:NAME, or a folder.",
            autocompletion=completion.models,
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="New folder; it can be served, sampled or registered elsewhere.")],
    half: Annotated[bool, typer.Option("--half", help="Weights as float16, in half the space.")] = False,
    tracking_uri: TrackingOption = None,
) -> None:
    """Copy a model with its card, reference statistics and preview into a folder, for other machines.

    The card keeps the names of files, but no folder of this machine.
    """
    from raysys.models import load, save_model
    from raysys.models.card import portable
    from raysys.models.registry import fetch
    from raysys.models.saved import PREVIEW

    source, temporary = (Path(name), None) if is_folder(name) else fetch(model_uri(name), tracking_uri=tracking_uri)
    try:
        model = load(source)
        # Folders and user names of this machine are nobody else's business.
        model.card = portable(model.card)
        save_model(folder, model, half=half)
        if (source / PREVIEW).is_file():
            shutil.copy(source / PREVIEW, folder)
    finally:
        # What was fetched from a server lies in a folder of our own; a model's own folder stays.
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    wrote(folder)


def _aliases(model: Registered) -> str:
    return ", ".join(f"{alias} = {version}" for alias, version in sorted(model.aliases.items())) or "-"


def _card_rows(card: ModelCard) -> dict[str, object]:
    from raysys.models.held_out_words import held_out_words

    images, data = card.images, card.provenance.get("data", {})
    rows: dict[str, object] = {
        "architecture": card.architecture,
        **{f"  {name}": value for name, value in card.hyperparameters.items()},
        "images": f"{images.kind}, {by(images.shape)} pixels, phase {images.phase}",
        "phase fraction": number(images.phase_fraction),
        **({} if images.pixel_size is None else {"pixel size": str(images.pixel_size)}),
        **_cleaning_row(card),
        **_condition_row(card),
        "created": f"{card.created} by raysys {card.raysys_version}",
    }
    if isinstance(data, dict):
        rows |= {name: data[name] for name in ("source", "sha256") if name in data}
    if card.licence is not None:
        rows["licence"] = card.licence
    if (words := held_out_words(card)) is not None:
        rows["verdict"] = words
    if "step" in card.provenance:
        rows["training step"] = card.provenance["step"]
    return rows


def _cleaning_row(card: ModelCard) -> dict[str, object]:
    removed = card.images.cleaning
    if removed is None:
        return {}
    return {"removed": f"objects below {removed.minimum_object} pixels, holes below {removed.minimum_hole}"}


def _condition_row(card: ModelCard) -> dict[str, object]:
    asked = card.condition
    return {} if asked is None else {"can be asked for": _in_words(asked)}


def _in_words(asked: ConditionCard) -> str:
    if asked.kind == "number":
        return f"{asked.name} from {asked.low:g} to {asked.high:g}; {asked.mean:g} if not asked"
    if asked.kind == "map":
        usual = ", ".join(f"{value:g}" for value in asked.mean)
        return f"{asked.name}, a map of {asked.channels} x {asked.low:g} to {asked.high:g}; {usual} if not asked"
    names = ", ".join(asked.names if asked.kind == "index" else asked.named)
    if asked.kind == "index":
        return f"{asked.name}: {names}"
    return f"{asked.name}, a code of {asked.length} values{f', or a name: {names}' if names else ''}; any if not asked"


def _versions(model: Registered) -> Table:
    table = Table(title=f"Versions of {model.name}")
    for name in ("version", "aliases", "created", "run"):
        table.add_column(name)
    for each in model.versions:
        aliases = ", ".join(alias for alias, version in model.aliases.items() if version == each.version)
        table.add_row(str(each.version), aliases or "-", each.created, each.run_id or "-")
    return table
