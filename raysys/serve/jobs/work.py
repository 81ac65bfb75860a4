"""What a kind of job is: a request that is checked when it comes, and carried out wherever the job is worked at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from raysys import farm
from raysys.errors import RaysysError
from raysys.farm.altered import Needing
from raysys.form import Kind
from raysys.models import Model, load
from raysys.serve.decoding.apart import Decoder
from raysys.serve.jobs.settings import JobSettings
from raysys.serve.limits import Limits
from raysys.serve.refused import RefusedError

Result = TypeVar("Result")
RESULTS = "files"  # of a job's folder: what is answered
UPLOADS = "uploads"
SECONDS_FOR_A_CPU = 600.0  # a job can wait for others on the cluster, which who typed a command would not
WORK = "work"  # of a job's folder: what it goes on from


class Heard(Protocol):
    """Is told how far a job has come; raises where nothing more is wanted of it."""

    def __call__(
        self,
        fraction: float,
        seconds_left: float | None,
        message: str,
        picture: Callable[[], np.ndarray | None] | None = None,
    ) -> None:
        """`picture` makes what there is to be seen, (H, W), (D, H, W) or (H, W, 3), of any values."""


@dataclass(frozen=True)
class Surroundings:
    """What jobs find where they are worked at: the served models, and what an endpoint allows."""

    models: Mapping[str, str]
    tracking_uri: str | None
    limits: Limits
    settings: JobSettings
    decoder: Decoder

    def decode(self, upload: bytes, *, dims: int = 2, kind: Kind = "grey") -> np.ndarray:
        """Images of an upload, see `raysys.serve.uploads.decode_upload`; decoded in a process of its own."""
        return self.decoder.decode(upload, dims, kind)

    def model(self, uri: str) -> Model:
        """A model, read anew: a job may outlive the one that is served."""
        return load(uri, tracking_uri=self.tracking_uri)

    def uri(self, name: str) -> str:
        """Where the model of a served name is."""
        if name not in self.models:
            known = ", ".join(sorted(self.models))
            raise RefusedError(f"no model {name!r} is served here; known: {known}", 404, "unknown_model")
        return self.models[name]


class Work(ABC):
    """A request that can be carried out.

    What it leaves depends on the request and the uploads only, byte for byte, however often it was interrupted.
    """

    @abstractmethod
    def run(self, folder: Path, heard: Heard) -> str:
        """Carry it out, or go on with what `folder` holds; files are left in its RESULTS. Returns a sentence."""


class FarmWork(Work, Generic[Result]):
    """A request that is an order for the farm.

    Parameters
    ----------
    order, results
        What is made, and how many of it.
    cpus
        That a worker can have at most.
    """

    def __init__(self, order: farm.Order[Result], results: int, cpus: float) -> None:
        self.order, self.results, self.cpus = order, results, cpus

    @abstractmethod
    def write(self, results: Sequence[Result], folder: Path) -> str:
        """Leave the files, and say in a sentence what they are."""

    def run(self, folder: Path, heard: Heard) -> str:
        """See `Work.run`."""

        def hear(told: farm.Progress) -> None:
            nouns = self.order.nouns
            message = f"{told.finished} of {told.jobs} {nouns.jobs}, {nouns.step} {told.step} of {told.steps}"
            heard(told.fraction, told.seconds_left, message, lambda: told.image)

        order: farm.Order[Any] = self.order
        if self.cpus < order.resources.cpus:
            # The same order but for its place: results and folders are those of the other.
            order = Needing(order, farm.Resources(self.cpus))
        patience = farm.Patience(start=SECONDS_FOR_A_CPU)
        made = farm.run(order, self.results, checkpoint_folder=folder / WORK, progress=hear, patience=patience)
        return self.write(made, folder / RESULTS)


def check_work(order: farm.Order[Any], results: int, pixels: int, settings: JobSettings) -> None:
    """Refuse what would take this endpoint's memory, or its workers for days.

    Raises
    ------
    RefusedError
        If there are too many results, or one is too large or too much work.
    """
    nouns = order.nouns
    if not 1 <= results <= settings.max_results:
        raise RefusedError(f"{results} {nouns.jobs} were asked for; allowed here: 1 to {settings.max_results}")
    if pixels > settings.max_made:
        raise RefusedError(
            f"{pixels} pixels were asked for; allowed here: up to {settings.max_made} of one {nouns.job}"
        )
    if (work := results * order.work) > settings.max_work:
        raise RefusedError(
            f"that is {work:.3g} {nouns.unit}; allowed here: up to {settings.max_work:.3g}; ask for fewer "
            f"{nouns.jobs} or pixels"
        )


def upload_of(folder: Path, name: str) -> Path | None:
    """The upload of that name; its suffix says what its first bytes are."""
    return next(iter(sorted((folder / UPLOADS).glob(f"{name}.*"))), None)


def needed_upload(folder: Path, name: str) -> Path:
    """The same; RaysysError where the folder has lost it."""
    found = upload_of(folder, name)
    if found is None:
        raise RaysysError(f"the upload {name!r} of this job is gone; send the job again")
    return found
