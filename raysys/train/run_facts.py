"""What MLflow's page shows of a run beside its numbers: what it is in words, who made it by which command, its data."""

from __future__ import annotations

import getpass
import hashlib
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

    from raysys.train.recipe import Recipe

DESCRIPTION = "mlflow.note.content"  # MLflow's own tags
SERVER = "http://127.0.0.1:5000"  # where `mlflow ui` answers
DIGEST = 16  # letters; MLflow takes 36 at most


def source_tags() -> dict[str, str]:
    """The command that this process is, and whose."""
    program, *arguments = sys.argv or ["python"]
    name = Path(program).parent.name if Path(program).name == "__main__.py" else Path(program).name
    tags = {"mlflow.source.name": shlex.join([name or "python", *arguments])[:500], "mlflow.source.type": "LOCAL"}
    try:
        return tags | {"mlflow.user": getpass.getuser()}
    except (KeyError, OSError):  # a container's user without a name
        return tags


def training_words(recipe: Recipe) -> str:
    """What a training is, in a sentence."""
    training = recipe.training
    begin = f" It begins from {training.init_from}." if training.init_from else ""
    return (
        f"Training of the recipe {recipe.name}: {recipe.system.method} on {recipe.data.images}, {training.steps:,} "
        f"steps of {training.batch} images, seed {training.seed}.{begin}"
    )


def sweep_words(recipe: Recipe) -> str:
    """What a sweep is, in two sentences."""
    sweep = recipe.sweep
    return (
        f"Sweep of the recipe {recipe.name}: {recipe.system.method} on {recipe.data.images}, {sweep.trials} trials of "
        f"at most {recipe.training.steps:,} steps, searched by {sweep.searcher} over {', '.join(sweep.space)}. Its "
        f"trials are the runs below it, and the model of the best is registered as {recipe.name}."
    )


def trial_words(number: int, point: Mapping[str, Any]) -> str:
    """What a trial is, in a sentence."""
    told = {name: f"{value:.4g}" if isinstance(value, float) else str(value) for name, value in point.items()}
    return f"Trial {number} of a sweep: {', '.join(f'{name} = {value}' for name, value in told.items())}."


def link(words: str, experiment_id: str, run_id: str) -> str:
    """Another run, as a link on MLflow's page."""
    return f"[{words}](#/experiments/{experiment_id}/runs/{run_id})"


def runs_page(tracking_uri: str, experiment_id: str) -> str:
    """How to look at the runs of an experiment: the address of a server, or the command that starts one before it.

    MLflow's first page is that of traces of language models; this one lists trainings.
    """
    page = f"#/experiments/{experiment_id}/runs?workflowType=machine_learning"
    if tracking_uri.startswith(("http://", "https://")):
        return f"{tracking_uri.rstrip('/')}/{page}"
    return f"mlflow ui --backend-store-uri {shlex.quote(tracking_uri)}, then {SERVER}/{page}"


def dataset(provenance: Mapping[str, Any]) -> DatasetInput:
    """The data of a training, as MLflow keeps them beside a run: name, digest, source, what was made of them.

    Parameters
    ----------
    provenance
        Of `TrainingData`.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = str(provenance.get("source", "images"))
    whole = json.dumps(provenance, default=str, sort_keys=True)
    digest = str(provenance.get("sha256") or hashlib.sha256(whole.encode()).hexdigest())[:DIGEST]
    found = Dataset(
        name=Path(source).name[:500] or "images",
        digest=digest,
        source_type="local",
        source=json.dumps({"uri": source}),
        profile=whole[:16_000],
    )
    return DatasetInput(found, [InputTag("mlflow.data.context", "training")])
