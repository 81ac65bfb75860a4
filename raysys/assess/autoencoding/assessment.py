"""What was measured of N autoencodings and of their originals; saved, joined and summarised."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.stats.paired.checks import THRESHOLD
from raysys.stats.paired.spatial import WINDOW

FORMAT = "raysys assessment 1"

Better = Literal["low", "original"]


@dataclass(frozen=True)
class Measure:
    """One number that is taken of every autoencoding.

    Attributes
    ----------
    name
        Its key in `MEASURES` and in an `Assessment`.
    title
        As a table's row is called.
    unit
        "px", "degrees", ...; "" for a pure number.
    quantifies
        The words it stands for, of the published qualitative assessment.
    better
        "low", or "original": as near to the original's value as possible.
    classes
        MICRO2D's classes that it is meant for; () for all.
    """

    name: str
    title: str
    unit: str
    quantifies: str
    better: Better
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """Medians over images: of the autoencodings, of the originals, and of the ratio of both; NaN where there is none.

    The ratio is each autoencoding's to its own original, so that it says something where images differ.
    """

    autoencoding: float
    original: float
    ratio: float


@dataclass(frozen=True)
class Assessment:
    """N autoencodings in numbers, beside their originals.

    Attributes
    ----------
    values
        {measure: (N,) float64} of the autoencodings; NaN where an image has none, such as an axis ratio without a
        grain.
    original
        The same of the originals; NaN where the measure compares both, and has no value of one alone.
    threshold
        Above it a pixel of an autoencoding is of the phase.
    window
        Lags along each axis of the central window of S2.
    """

    values: dict[str, np.ndarray]
    original: dict[str, np.ndarray]
    threshold: float = THRESHOLD
    window: int = WINDOW

    @property
    def n(self) -> int:
        """Number of images."""
        return len(next(iter(self.values.values()))) if self.values else 0

    def summary(self) -> dict[str, Row]:
        """{measure: Row} of medians over the images that have a value."""
        return {name: self.row(name) for name in self.values}

    def row(self, name: str) -> Row:
        """Medians of one measure over the images that have a value."""
        values, original = self.values[name], self.original[name]
        ratio = np.divide(values, original, out=np.full(len(values), np.nan), where=original != 0)
        return Row(median(values), median(original), median(ratio))

    def joined(self, others: Sequence[Assessment]) -> Assessment:
        """One assessment of all images of this one and of others, in their order.

        Raises
        ------
        RaysysError
            If they were not measured alike.
        """
        for other in others:
            if (other.threshold, other.window) != (self.threshold, self.window) or set(other.values) != set(
                self.values
            ):
                raise RaysysError(
                    "assessments to be joined differ in measures, threshold or window; measure them alike"
                )
        parts = [self, *others]
        return replace(
            self,
            values={name: np.concatenate([part.values[name] for part in parts]) for name in self.values},
            original={name: np.concatenate([part.original[name] for part in parts]) for name in self.original},
        )

    def subset(self, indices: Sequence[int] | np.ndarray) -> Assessment:
        """The same measures of some of the images."""
        chosen = np.asarray(indices)
        return replace(
            self,
            values={name: values[chosen] for name, values in self.values.items()},
            original={name: values[chosen] for name, values in self.original.items()},
        )

    def save(self, path: str | Path) -> None:
        """Write everything into one .npz file, which appears when it is complete."""
        description = {
            "format": FORMAT,
            "measures": list(self.values),
            "threshold": self.threshold,
            "window": self.window,
        }
        arrays: dict[str, Any] = {f"values/{name}": values for name, values in self.values.items()}
        arrays |= {f"original/{name}": values for name, values in self.original.items()}
        with written_aside(path) as aside, aside.open("wb") as file:
            np.savez_compressed(file, description=np.array(json.dumps(description)), **arrays)

    @classmethod
    def load(cls, path: str | Path) -> Assessment:
        """Read what `save` wrote; runs no code of the file.

        Raises
        ------
        RaysysError
            If there is no such file, or it is no assessment.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                description = json.loads(str(stored["description"]))
                if description["format"] != FORMAT:
                    raise ValueError(f"format {description['format']!r}")
                names = description["measures"]
                values, original = (
                    {name: stored[f"{which}/{name}"] for name in names} for which in ("values", "original")
                )
                return cls(values, original, description["threshold"], description["window"])
        except FileNotFoundError as error:
            raise RaysysError(f"{path}: no such file; an assessment saved by raysys is needed") from error
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise RaysysError(f"{path}: not an assessment saved by raysys, or a damaged one ({error})") from error


def median(values: np.ndarray) -> float:
    """Median of the values that are not NaN; NaN if none is left."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")
