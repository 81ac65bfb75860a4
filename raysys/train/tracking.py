"""What MLflow is told: one run per training, a parent run per sweep with its trials as children.

A thin layer on `MlflowClient` with explicit run ids, so that any process of a cluster can add to a run, a resumed trial
finds its run again by its tag, and the driver alone decides how a run has ended.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from raysys.errors import RaysysError
from raysys.models.registry import experiment_named, tracking_client
from raysys.train.run_facts import DESCRIPTION, dataset, link, runs_page, source_tags

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun
    from mlflow.tracking import MlflowClient

# One SQLite transaction or HTTP request carries at most so many numbers, and parameters; MLflow's limits are 1000, 100.
BATCH, PARAMETERS = 500, 100
SECONDS_BETWEEN_BATCHES = 2.0
SECONDS_UNTIL_NOTICE = 10.0


class Tracker:
    """Adds to one MLflow run; numbers are collected and sent in batches, beside what else this process does.

    So training goes on while another program has locked MLflow's database.

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
        self._waiting: deque[Any] = deque()
        self._sender: Thread | None = None
        self._error: Exception | None = None
        self._sent = self._began = time.monotonic()

    @property
    def held_up(self) -> bool:
        """Whether MLflow has not taken for a while what it was sent."""
        sending = self._sender is not None and self._sender.is_alive()
        return sending and time.monotonic() - self._began > SECONDS_UNTIL_NOTICE

    @property
    def page(self) -> str:
        """How to look at the run and those beside it."""
        return runs_page(self._client.tracking_uri, self._client.get_run(self.run_id).info.experiment_id)

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Record numbers of a step; they arrive within a few seconds, or at `flush`."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._waiting.extend(Metric(name, float(value), now, step) for name, value in metrics.items())
        self._raise_of_sender()
        due = len(self._waiting) >= BATCH or time.monotonic() - self._sent > SECONDS_BETWEEN_BATCHES
        if due and not (self._sender and self._sender.is_alive()):
            self._sender, self._began = Thread(target=self._send_or_note, daemon=True), time.monotonic()
            self._sender.start()

    def flush(self) -> None:
        """Send what is waiting, and wait until it has arrived."""
        if self._sender:
            self._sender.join()
        self._raise_of_sender()
        self._send()

    def _send(self) -> None:
        while count := min(BATCH, len(self._waiting)):
            batch = [self._waiting[k] for k in range(count)]  # they leave the row when they have arrived
            self._client.log_batch(self.run_id, metrics=batch)
            for _ in batch:
                self._waiting.popleft()
        self._sent = time.monotonic()

    def _send_or_note(self) -> None:
        try:
            self._send()
        except Exception as error:  # told where the training hears it
            self._error = error

    def _raise_of_sender(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

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

    def pictures_of(self, run_id: str) -> None:
        """Keep another run's newest picture of each kind here too, such as those of a sweep's best trial."""
        with TemporaryDirectory() as folder:
            for kind in self._client.list_artifacts(run_id, "pictures"):
                newest = max(file.path for file in self._client.list_artifacts(run_id, kind.path))
                self.artifact(Path(self._client.download_artifacts(run_id, newest, folder)), kind.path)

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
    description: str = "",
    data: Mapping[str, Any] | None = None,
) -> str:
    """Make an MLflow run, or find the unfinished or earlier one with the same `trial_id` tag below the same parent.

    Parameters
    ----------
    name
        Of the run.
    experiment, uri
        Where it is kept.
    parameters
        Nested; their names are joined by dots.
    parent
        Id of the run that it is shown below.
    tags
        Of the run.
    description
        In words, as Markdown; MLflow shows it above the numbers.
    data
        Provenance of the images that are trained on.

    Returns
    -------
    str
        The run's id.
    """
    client = tracking_client(uri)
    from mlflow.entities import Param

    experiment_id = experiment_named(client, experiment)
    tags = {"mlflow.runName": name, **source_tags(), **(tags or {})}
    if description:
        tags[DESCRIPTION] = description
    if parent:
        tags["mlflow.parentRunId"] = parent
        earlier = _trial(client, experiment_id, parent, tags.get("trial_id"))
        if earlier is not None:
            client.update_run(earlier.info.run_id, status="RUNNING")
            return str(earlier.info.run_id)
    run = client.create_run(experiment_id, tags=tags, run_name=name)
    written = [Param(key, value) for key, value in flattened(parameters or {}).items()]
    for start in range(0, len(written), PARAMETERS):
        client.log_batch(run.info.run_id, params=written[start : start + PARAMETERS])
    if data is not None:
        client.log_inputs(run.info.run_id, [dataset(data)])
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
    """Mark an existing run as running again and return its id.

    Raises
    ------
    RaysysError
        If the run was deleted, or is not where it was.
    """
    from mlflow.exceptions import MlflowException

    client = tracking_client(uri)
    try:
        stage = client.get_run(run_id).info.lifecycle_stage
    except MlflowException as error:
        raise RaysysError(
            f"--resume: MLflow has no run {run_id} at {client.tracking_uri} any more ({str(error).splitlines()[0]}); "
            "start a new run without --resume"
        ) from error
    if stage == "deleted":
        raise RaysysError(
            f"--resume: the run {run_id} lies in MLflow's trash; restore it (MLFLOW_TRACKING_URI={client.tracking_uri} "
            f"mlflow runs restore --run-id {run_id}), or start a new one without --resume"
        )
    client.update_run(run_id, status="RUNNING")
    return run_id


def link_runs(run_id: str, earlier: Mapping[str, str], *, uri: str | None = None) -> None:
    """Say of a run from which runs it begins, {what: id}, and of those that it goes on from them."""
    client = tracking_client(uri)
    for what, other in earlier.items():
        for one, words, linked in ((run_id, f"Begun from the {what}", other), (other, "Trained further", run_id)):
            experiment_id = experiment_of(linked, uri)
            said = client.get_run(one).data.tags.get(DESCRIPTION, "")
            client.set_tag(one, DESCRIPTION, f"{said}\n\n{words}: {link(linked, experiment_id, linked)}.".strip())
        client.set_tag(run_id, f"raysys.from_{what}", other)
        client.set_tag(other, "raysys.trained_further", run_id)


def experiment_of(run_id: str, uri: str | None = None) -> str:
    """The id of the experiment that a run is in."""
    return str(tracking_client(uri).get_run(run_id).info.experiment_id)


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
