"""What MLflow is told: one run per training, a parent run per sweep with its trials as children.

A thin layer on `MlflowClient` with explicit run ids, so that any process of a cluster can add to a run, a resumed trial
finds its run again by its tag, and the driver alone decides how a run has ended.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from raysys.models.registry import experiment_named, tracking_client

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun
    from mlflow.tracking import MlflowClient

# One SQLite transaction or HTTP request carries at most this many numbers (MLflow's own limit is 1000).
BATCH = 500
SECONDS_BETWEEN_BATCHES = 2.0


class Tracker:
    """Adds to one MLflow run; numbers are collected and sent in batches.

    Parameters
    ----------
    run_id
        Of an existing run (see `start_run`).
    uri
        MLflow tracking location; the embedded default if None.
    """

    def __init__(self, run_id: str, uri: str | None = None) -> None:
        self.run_id = run_id
        self._client = tracking_client(uri)
        self._waiting: list[Any] = []
        self._sent = time.monotonic()

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Record numbers of a step; they arrive within a few seconds, or at `flush`."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._waiting += [Metric(name, float(value), now, step) for name, value in metrics.items()]
        if len(self._waiting) >= BATCH or time.monotonic() - self._sent > SECONDS_BETWEEN_BATCHES:
            self.flush()

    def flush(self) -> None:
        """Send what is waiting."""
        for start in range(0, len(self._waiting), BATCH):
            self._client.log_batch(self.run_id, metrics=self._waiting[start : start + BATCH])
        self._waiting, self._sent = [], time.monotonic()

    def picture(self, step: int, name: str, pixels: np.ndarray) -> None:
        """Keep a picture uint8 (H, W) or (H, W, 3) of a step as an artifact `pictures/NAME/step-STEP.png`."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"step-{step:08d}.png"
            Image.fromarray(pixels).save(path)
            self.artifact(path, f"pictures/{name}")

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Add a file, or a folder's content, to the run's artifacts."""
        if path.is_dir():
            self._client.log_artifacts(self.run_id, str(path), folder)
        else:
            self._client.log_artifact(self.run_id, str(path), folder)

    def tag(self, **tags: str) -> None:
        """Set tags of the run."""
        for name, value in tags.items():
            self._client.set_tag(self.run_id, name, value)

    def finish(self, status: str = "FINISHED") -> None:
        """End the run: FINISHED, FAILED or KILLED."""
        self.flush()
        self._client.set_terminated(self.run_id, status)


def start_run(
    name: str,
    *,
    experiment: str,
    uri: str | None = None,
    parameters: dict[str, Any] | None = None,
    parent: str | None = None,
    tags: dict[str, str] | None = None,
) -> str:
    """Make an MLflow run, or find the unfinished or earlier one with the same `trial_id` tag below the same parent.

    Returns
    -------
    str
        The run's id.
    """
    client = tracking_client(uri)
    experiment_id = experiment_named(client, experiment)
    tags = {"mlflow.runName": name, **(tags or {})}
    if parent:
        tags["mlflow.parentRunId"] = parent
        earlier = _trial(client, experiment_id, parent, tags.get("trial_id"))
        if earlier is not None:
            client.update_run(earlier.info.run_id, status="RUNNING")
            return str(earlier.info.run_id)
    run = client.create_run(experiment_id, tags=tags, run_name=name)
    for key, value in flattened(parameters or {}).items():
        client.log_param(run.info.run_id, key, value)
    return str(run.info.run_id)


@contextmanager
def ending_run(run_id: str, uri: str) -> Iterator[None]:
    """End the MLflow run as FINISHED, FAILED or (interrupted from the keyboard) KILLED."""
    try:
        yield
    except BaseException as error:
        Tracker(run_id, uri).finish("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    Tracker(run_id, uri).finish()


def continue_run(run_id: str, *, uri: str | None = None) -> str:
    """Mark an existing run as running again and return its id."""
    tracking_client(uri).update_run(run_id, status="RUNNING")
    return run_id


def children(parent: str, *, experiment: str, uri: str | None = None) -> list[MlflowRun]:
    """The child runs of a run, oldest first."""
    client = tracking_client(uri)
    experiment_id = experiment_named(client, experiment)
    query = f"tags.`mlflow.parentRunId` = '{parent}'"
    return list(client.search_runs([experiment_id], query, order_by=["attributes.start_time ASC"]))


def flattened(nested: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """{"a": {"b": 1}} as {"a.b": "1"}: the way a recipe is written into parameters."""
    flat: dict[str, str] = {}
    for key, value in nested.items():
        if isinstance(value, dict) and value:
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)[:500]
    return flat


def _trial(client: MlflowClient, experiment_id: str, parent: str, trial_id: str | None) -> MlflowRun | None:
    if trial_id is None:
        return None
    query = f"tags.`mlflow.parentRunId` = '{parent}' and tags.trial_id = '{trial_id}'"
    found = client.search_runs([experiment_id], query, max_results=1)
    return found[0] if found else None
