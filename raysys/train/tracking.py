"""What MLflow is told: one run per training, a parent run per sweep with its trials as children.

A thin layer on `MlflowClient` with explicit run ids, so that any process of a cluster can add to a run, a resumed trial
finds its run again by its tag, and the driver alone decides how a run has ended.
"""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from raysys.errors import RaysysError
from raysys.models.patience import AwayError
from raysys.models.registry import experiment_named, tracking_client
from raysys.train.folders import note, noted
from raysys.train.journal import Entry, Journal
from raysys.train.run_facts import DESCRIPTION, dataset, link, runs_page, source_tags

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun
    from mlflow.tracking import MlflowClient

# One SQLite transaction or HTTP request carries at most so many numbers, and parameters; MLflow's limits are 1000, 100.
BATCH, PARAMETERS = 500, 100
SECONDS_BETWEEN_BATCHES = 2.0
SECONDS_UNTIL_NOTICE = 10.0
SECONDS_AT_A_FAILURE = 10.0  # in which a run is marked as failed: the failure is what is to be told


@dataclass(frozen=True)
class Picture:
    """What is to become an artifact."""

    step: int
    name: str
    pixels: np.ndarray


class Tracker:
    """Adds to one MLflow run; numbers are collected and sent in batches, beside what else this process does.

    So training goes on while another program has locked MLflow's database, or its server is away.

    Parameters
    ----------
    run_id
        Of an existing run (see `start_run`).
    uri
        MLflow tracking location; the embedded default if None.
    folder
        Where numbers and tags wait on disk until MLflow has them; those that an earlier process has left there are sent
        first, and what it has said is not said again. Without it they wait in memory.
    seconds
        How long a call waits for a server that is away; ten minutes by default.
    """

    def __init__(
        self, run_id: str, uri: str | None = None, *, folder: Path | None = None, seconds: float | None = None
    ) -> None:
        self.run_id = run_id
        self._client = tracking_client(uri, begun=True, seconds=seconds)
        self._journal = Journal(folder, run_id)
        self._waiting: deque[Entry | Picture] = deque(self._journal.waiting)
        self._sender: Thread | None = None
        self._persists = True  # until somebody waits for all of it
        self._error: Exception | None = None
        self._sent = self._began = time.monotonic()

    @property
    def held_up(self) -> bool:
        """Whether MLflow has not taken for a while what it was sent."""
        return self._sending and time.monotonic() - self._began > SECONDS_UNTIL_NOTICE

    @property
    def page(self) -> str:
        """How to look at the run and those beside it."""
        return runs_page(self._client.tracking_uri, self._client.get_run(self.run_id).info.experiment_id)

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Record numbers of a step; they arrive within a few seconds, or at `flush`."""
        self._raise_of_sender()
        entry = self._journal.add(step, {name: float(value) for name, value in metrics.items()})
        if entry is not None:
            self._waiting.append(entry)
        due = len(self._waiting) >= BATCH or time.monotonic() - self._sent > SECONDS_BETWEEN_BATCHES
        if due:
            self._begin_sending()

    def picture(self, step: int, name: str, pixels: np.ndarray) -> None:
        """Keep a picture uint8 (H, W) or (H, W, 3) of a step as an artifact `pictures/NAME/step-STEP.png`."""
        self._waiting.append(Picture(step, name, pixels))

    def note(self, **tags: str) -> None:
        """Set tags in their order among the numbers."""
        self._waiting.append(self._journal.add_tags(tags))

    def flush(self, seconds: float | None = None) -> None:
        """Send what is waiting, and wait until it has arrived, or for so many seconds, none if it is held up anyway."""
        if seconds is not None and self.held_up:
            return
        self._persists = seconds is not None
        self._begin_sending()
        if self._sender:
            self._sender.join(seconds)
        self._raise_of_sender()
        # The thread may have ended just before the last number came.
        if seconds is None and self._waiting:
            self._send()

    @property
    def _sending(self) -> bool:
        return self._sender is not None and self._sender.is_alive()

    def _begin_sending(self) -> None:
        if self._waiting and not self._sending:
            self._sender, self._began = Thread(target=self._send_or_note, daemon=True), time.monotonic()
            self._sender.start()

    def _send(self) -> None:
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, Picture):
                self._send_picture(first)
                self._waiting.popleft()
                continue
            # They leave the row when they have arrived.
            batch = self._next_entries()
            self._send_entries(batch)
            self._journal.arrived(batch[-1])
            for _ in batch:
                self._waiting.popleft()
        self._sent = time.monotonic()

    def _next_entries(self) -> list[Entry]:
        """What stands at the head of the row, as much as one request carries, and one entry at least."""
        entries: list[Entry] = []
        numbers = 0
        for place in range(len(self._waiting)):
            entry = self._waiting[place]
            if isinstance(entry, Picture) or (entries and numbers + len(entry.values) > BATCH):
                break
            entries.append(entry)
            numbers += len(entry.values)
        return entries

    def _send_entries(self, entries: list[Entry]) -> None:
        from mlflow.entities import Metric, RunTag

        metrics = [Metric(name, value, one.at, one.step) for one in entries for name, value in one.values.items()]
        for start in range(0, len(metrics), BATCH):
            self._client.log_batch(self.run_id, metrics=metrics[start : start + BATCH])
        tags = {name: value for one in entries for name, value in one.tags.items()}
        if tags:
            self._client.log_batch(self.run_id, tags=[RunTag(name, value) for name, value in tags.items()])

    def _send_picture(self, picture: Picture) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"step-{picture.step:08d}.png"
            Image.fromarray(picture.pixels).save(path)
            self.artifact(path, f"pictures/{picture.name}")

    def _send_or_note(self) -> None:
        while True:
            try:
                self._send()
            except AwayError as error:
                if self._persists:  # nobody has started the server again yet, and training goes on meanwhile
                    continue
                self._error = error
            except Exception as error:  # told where the training hears it
                self._error = error
            return

    def _raise_of_sender(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

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
        """Set tags of the run at once."""
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
    client = tracking_client(uri, begun=parent is not None)
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
def ending_run(run_id: str, uri: str, folder: Path | None = None) -> Iterator[None]:
    """End the MLflow run as FINISHED, FAILED or (interrupted from the keyboard) KILLED.

    Numbers that wait in `folder` are sent first. A server that is away is waited for if the work has succeeded.
    """
    try:
        yield
    except BaseException as error:
        try:
            status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
            Tracker(run_id, uri, folder=folder, seconds=SECONDS_AT_A_FAILURE).finish(status)
        except AwayError:
            warnings.warn(f"MLflow does not answer, so its run {run_id} stays RUNNING until --resume", stacklevel=2)
        raise
    Tracker(run_id, uri, folder=folder).finish()


def unfinished_run(folder: Path, uri: str) -> str | None:
    """The MLflow run that `noted_run` has noted in a folder, if its driver was interrupted or killed; it runs again."""
    known = noted(folder)
    if known.get("tracking_uri") != uri:
        return None
    client, run_id = tracking_client(uri), str(known["run_id"])
    from mlflow.exceptions import MlflowException

    with suppress(MlflowException):  # there is none any more
        info = client.get_run(run_id).info
        if info.lifecycle_stage == "active" and info.status in ("RUNNING", "KILLED"):
            return continue_run(run_id, uri=uri)
    return None


def noted_run(folder: Path, uri: str, run_id: str) -> str:
    """Note in a folder which MLflow run is of what is made there, so that the same command goes on with it."""
    note(folder, run_id=run_id, tracking_uri=uri)
    return run_id


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
