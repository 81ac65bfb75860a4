"""Several autoencoders side by side: their images, numbers, scores and verdicts, class by class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.assess.autoencoding.autoencoded import Autoencoded
from raysys.assess.autoencoding.standings import SCORE, Standing, standings, wins
from raysys.assess.autoencoding.statements import Run, judged, published_statements, statement_rows
from raysys.assess.autoencoding.tables import measure_rows, standing_rows, verdict_rows
from raysys.assess.autoencoding.verdicts import verdict
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from pandas import DataFrame

    from raysys.assess.autoencoding.retention import ClassRetention

ORIGINAL = "original"  # how originals are called wherever they stand beside models
TABLES: dict[str, Callable[[AutoencoderComparison], Iterable[dict[str, Any]]]] = {
    "measures": lambda of: measure_rows(of.models),
    "standings": lambda of: standing_rows(of.standings, of.class_standings),
    "verdicts": lambda of: verdict_rows(of.verdicts),
    "statements": lambda of: statement_rows(judged(published_statements(), [of.run])),
}


@dataclass(frozen=True)
class AutoencoderComparison:
    """What several autoencoders make of the same images, in images, numbers and words.

    Attributes
    ----------
    originals
        {class: (n, H, W) uint8 in {0, 1}}, periodic.
    models
        By name: what each made of all of them.
    retention
        By name of a model: what a classifier takes its autoencodings for; empty without a classifier.
    baseline
        The model that the others are to beat class by class, if there is one.
    protocol
        Sentences on how it came about: which part of which data, which classifier.
    notices
        Sentences on what was decided without being asked for, such as whose split is taken where models disagree.

    Raises
    ------
    RaysysError
        If images, numbers and names do not fit together.
    """

    originals: Mapping[str, np.ndarray]
    models: Mapping[str, Autoencoded]
    retention: Mapping[str, ClassRetention] = field(default_factory=dict)
    baseline: str | None = None
    protocol: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_names(self)
        for name, model in self.models.items():
            for kind, images in self.originals.items():
                _check_class(name, model, kind, np.shape(images))

    @property
    def classes(self) -> list[str]:
        """Names of the classes, in the order of the originals."""
        return list(self.originals)

    @property
    def run(self) -> Run:
        """{model: {class: numbers}}, as published statements are judged by."""
        return {name: model.assessments for name, model in self.models.items()}

    @property
    def window(self) -> int:
        """Lags along each axis of the central window of S2."""
        return next(iter(self._first.assessments.values())).window

    @property
    def threshold(self) -> float:
        """Above it a pixel of an autoencoding is of the phase, where grains are counted."""
        return next(iter(self._first.assessments.values())).threshold

    @property
    def _first(self) -> Autoencoded:
        return next(iter(self.models.values()))

    @cached_property
    def standings(self) -> dict[str, dict[str, Standing]]:
        """{model: {column: standing}} over all classes; the columns are those of `standings.COLUMNS` that apply."""
        return standings(self.originals, self.models, self.retention)

    @cached_property
    def class_standings(self) -> dict[str, dict[str, dict[str, Standing]]]:
        """{class: the same of this class alone}."""
        return {kind: standings({kind: images}, self.models, self.retention) for kind, images in self.originals.items()}

    @property
    def scores(self) -> dict[str, float]:
        """{model: `raysys.stats.paired.score` over all images}; the smaller the better."""
        return {name: rows[SCORE].value for name, rows in self.standings.items()}

    @property
    def verdicts(self) -> dict[str, dict[str, str]]:
        """{model: {class: what a person would say of it, from the numbers alone}}."""
        return {
            name: {kind: verdict(kind, model.assessments[kind]) for kind in self.originals}
            for name, model in self.models.items()
        }

    @property
    def wins(self) -> dict[str, int]:
        """{model: in how many classes its S2 error is below the baseline's}; empty without a baseline."""
        return wins(self.models, self.baseline) if self.baseline is not None else {}

    @property
    def hyperparameters(self) -> dict[str, Mapping[str, float | None]]:
        """{model: its column of the published Table 1}, of the models whose cards tell it."""
        return {name: model.hyperparameters for name, model in self.models.items() if model.hyperparameters}

    def rows(self, table: str = "measures") -> list[dict[str, Any]]:
        """List the rows of a table.

        Parameters
        ----------
        table
            "measures" (a row per model, class and measure), "standings" (per model and class: the score and the other
            numbers of a page's head), "verdicts" (per model and class, in words) or "statements" (the published ones
            beside our measures, for models of the published names).

        Raises
        ------
        RaysysError
            For another table.
        """
        if table not in TABLES:
            raise RaysysError(f"a comparison of autoencoders has no table {table!r}; allowed: {', '.join(TABLES)}")
        return list(TABLES[table](self))

    def to_frame(self, table: str = "measures") -> DataFrame:
        """Return a table of `rows` as a pandas DataFrame.

        Raises
        ------
        RaysysError
            For another table, or where pandas is not installed.
        """
        rows = self.rows(table)
        try:
            from pandas import DataFrame
        except ImportError:
            raise RaysysError("pandas is not installed; rows() gives the same table, a dictionary a row") from None
        return DataFrame(rows)

    def save(self, folder: str | Path) -> list[Path]:
        """Write the numbers of every image into FOLDER/MODEL/CLASS.npz each, as `Assessment.load` reads them."""
        written = []
        for name, model in self.models.items():
            place = Path(folder) / name
            place.mkdir(parents=True, exist_ok=True)
            for kind, assessment in model.assessments.items():
                assessment.save(place / f"{kind}.npz")
                written.append(place / f"{kind}.npz")
        return written


def _check_names(of: AutoencoderComparison) -> None:
    check_some(of.originals, of.models)
    if ORIGINAL in of.models:
        raise RaysysError(f"a model is called {ORIGINAL!r}, as the originals are; give it another name")
    check_baseline(of.baseline, of.models)
    unknown = [name for name in of.retention if name not in of.models]
    if unknown:
        raise RaysysError(
            f"there is a class retention of {unknown[0]!r}, which is none of the models; allowed: "
            f"{', '.join(of.models)}"
        )


def check_some(originals: object, models: object) -> None:
    """Raise RaysysError if there are no images, or no models."""
    if not originals or not models:
        raise RaysysError("autoencoders are compared by images of a class or more; models or images are missing")


def check_baseline(baseline: str | None, models: Mapping[str, object]) -> None:
    """Raise RaysysError if there is a baseline and it is none of the models."""
    if baseline is not None and baseline not in models:
        raise RaysysError(f"the baseline {baseline!r} is none of the models; allowed: {', '.join(models)}")


def _check_class(name: str, model: Autoencoded, kind: str, shape: tuple[int, ...]) -> None:
    if kind not in model.images or kind not in model.assessments:
        raise RaysysError(
            f"model {name!r} has no autoencodings or no numbers of class {kind!r}, of which there are originals"
        )
    made = np.shape(model.images[kind])
    if made != shape or len(shape) != 3:
        raise RaysysError(
            f"model {name!r}, class {kind!r}: autoencodings have shape {made}, originals {shape}; "
            "allowed: both (n, H, W)"
        )
    if model.assessments[kind].n != shape[0]:
        raise RaysysError(
            f"model {name!r}, class {kind!r}: numbers of {model.assessments[kind].n} images, but there are {shape[0]}"
        )
