"""`raysys train`: one recipe on its Ray Train workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raysys.cli.parts.interruption import keeping, run_kept
from raysys.cli.parts.options import AddressOption, RecipeArgument, SetOption
from raysys.cli.parts.terminal import Bar, facts, notice, number, show, warnings_as_notices, wrote
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.train import Run


def train(
    recipe: RecipeArgument,
    fields: SetOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with this recipe's newest run from its last checkpoint.")
    ] = False,
    start_from: Annotated[
        Path | None, typer.Option(help="Begin from this checkpoint folder of the same system.")
    ] = None,
    address: AddressOption = None,
) -> None:
    """Train a recipe, track it in MLflow, and register its best model."""
    # Before torch and Ray are loaded, which takes seconds.
    if start_from is not None and not start_from.is_dir():
        raise RaysysError(f"--start-from {start_from}: there is no such folder; name the checkpoint folder of a run")
    from raysys.train import load_recipe
    from raysys.train import train as run_training

    checked = load_recipe(recipe, fields)
    kept, told = keeping(run_kept(checked, "train")), set[str]()
    with kept, warnings_as_notices(), Bar(checked.name, "speed", "best") as bar:

        def heard(state: dict[str, Any]) -> None:
            speed = f"{number(state.get('steps_per_second'))} steps/s"
            bar.update(state["step"], state["steps"], speed=speed, best=number(state.get("best")))
            if (said := state.get("notice")) and said not in told:
                told.add(said)
                notice(said)

        run = run_training(checked, resume=resume, address=address, start_from=start_from, show=heard)
    show_run(run, f"Training of {checked.name}")


def show_run(run: Run, title: str) -> None:
    """Say what a training or a sweep left behind, and where to look at it."""
    from raysys.train.run_facts import runs_page

    rows: dict[str, object] = {"MLflow run": run.run_id}
    rows |= {name: number(value) for name, value in run.metrics.items()}
    rows |= {"model": run.model or "none was registered", "look at it": runs_page(run.tracking_uri, run.experiment_id)}
    # By what was measured, as the model itself would have to be loaded for the answer.
    if run.model and "segmentation_error" in run.metrics:
        rows["segment with it"] = f"raysys segment {run.model} image.tif -o labels.tif"
    elif run.model and "autoencoding_error" in run.metrics:
        rows["autoencode with it"] = f"raysys autoencode {run.model} image.tif -o autoencoded.png"
    elif run.model and "classification_error" not in run.metrics:
        rows["sample it"] = f"raysys sample {run.model} -n 4 -o samples.png"
    show(facts(title, rows))
    wrote(run.folder, "checkpoints, recipe, model")
    for sentence in run.details.get("remarks", []):
        notice(sentence)
