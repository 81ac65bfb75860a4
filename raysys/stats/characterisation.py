"""A named set of descriptors of N images, that can be saved, loaded and compared."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.stats.curve import Boundary, Curve
from raysys.stats.lineal_path import lineal_path_of
from raysys.stats.phases import Phase
from raysys.stats.polytope import KINDS, Apex, OddEdges, Rounding, polytope_of
from raysys.stats.scaled import ORDER, scaled_autocovariance
from raysys.stats.two_point import two_point_of

FORMAT = "raysys characterisation 1"
DESCRIPTORS = ("S2", "P3H", "P3V", "P4", "P6", "L")


@dataclass(frozen=True)
class Characterisation:
    """Descriptors of a set of images.

    Attributes
    ----------
    curves
        {descriptor: Curve}.
    phase_fractions
        (N,) float64.
    shape
        Of one image, pixels.
    phase
        Value of the phase in the images.
    boundary
        "open" or "periodic".
    """

    curves: dict[str, Curve]
    phase_fractions: np.ndarray
    shape: tuple[int, ...]
    phase: int
    boundary: Boundary

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.phase_fractions)

    @property
    def phase_fraction(self) -> float:
        """Mean phase fraction."""
        return float(self.phase_fractions.mean())

    def scaled(self) -> dict[str, Curve]:
        """Scaled autocovariance Fn of every function that has one, the others as they are; by descriptor name."""
        return {name: scaled_autocovariance(c) if name in ORDER else c for name, c in self.curves.items()}

    def mean_curves(self) -> dict[str, np.ndarray]:
        """Mean curve (R,) of every descriptor."""
        return {name: curve.mean for name, curve in self.curves.items()}

    def subset(self, indices: Sequence[int] | np.ndarray) -> Characterisation:
        """The same descriptors of some of the images."""
        chosen = np.asarray(indices)
        curves = {name: curve.subset(chosen) for name, curve in self.curves.items()}
        return Characterisation(curves, self.phase_fractions[chosen], self.shape, self.phase, self.boundary)

    def rows(self) -> list[dict[str, Any]]:
        """One row per descriptor and lag, as for a CSV file: numbers beside the protocol they were taken under."""
        scaled = self.scaled()
        return [row for name, curve in self.curves.items() for row in _rows(curve, scaled[name].mean)]

    def save(self, path: str | Path) -> None:
        """Write everything into one .npz file, which appears when it is complete."""
        description = {
            "format": FORMAT,
            "shape": self.shape,
            "phase": self.phase,
            "boundary": self.boundary,
            "protocol": {name: curve.protocol for name, curve in self.curves.items()},
        }
        arrays: dict[str, Any] = {f"r/{name}": curve.r for name, curve in self.curves.items()}
        arrays |= {f"values/{name}": curve.values for name, curve in self.curves.items()}
        with written_aside(path) as aside, aside.open("wb") as file:
            np.savez_compressed(
                file, description=np.array(json.dumps(description)), phase_fractions=self.phase_fractions, **arrays
            )

    @classmethod
    def load(cls, path: str | Path) -> Characterisation:
        """Read what `save` wrote; runs no code of the file.

        Raises
        ------
        RaysysError
            If there is no such file, or it is no characterisation.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                description = json.loads(str(stored["description"]))
                if description["format"] != FORMAT:
                    raise ValueError(f"format {description['format']!r}")
                phase, boundary = description["phase"], description["boundary"]
                curves = {
                    name: Curve(name, stored[f"r/{name}"], stored[f"values/{name}"], phase, boundary, protocol)
                    for name, protocol in description["protocol"].items()
                }
                return cls(curves, stored["phase_fractions"], tuple(description["shape"]), phase, boundary)
        except FileNotFoundError as error:
            raise RaysysError(f"{path}: no such file; a characterisation saved by raysys is needed") from error
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise RaysysError(f"{path}: not a characterisation saved by raysys, or a damaged one ({error})") from error


def _rows(curve: Curve, scaled: np.ndarray) -> list[dict[str, Any]]:
    mean, (lower, upper), flagged = curve.mean, curve.band, curve.flagged
    protocol = " ".join(f"{key}={value}" for key, value in curve.protocol.items())
    return [
        {
            "descriptor": curve.name,
            "r": float(curve.r[i]),
            "mean": float(mean[i]),
            "lower": float(lower[i]),
            "upper": float(upper[i]),
            "scaled": float(scaled[i]),
            "flagged": bool(flagged[i]),
            "n": curve.n,
            "phase": curve.phase,
            "boundary": curve.boundary,
            "protocol": protocol,
        }
        for i in np.flatnonzero(~np.isnan(mean))
    ]


def characterise(
    images: np.ndarray,
    descriptors: Sequence[str] = DESCRIPTORS,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    rounding: Rounding = "nearest",
    apex: Apex = "published",
    odd_edges: OddEdges = "skip",
) -> Characterisation:
    """Measure several descriptors of a set of images.

    Parameters
    ----------
    images
        Integers (N, H, W), or (N, D, H, W) for "S2" and "L".
    descriptors
        Of "S2", "P2", "P3H", "P3V", "P4", "P6", "L"; the default means "S2" and "L" for volumes, of which the
        polytope functions are not defined.
    phase, r_max, boundary
        As for `two_point`.
    rounding, apex, odd_edges
        As for `polytope`.

    Raises
    ------
    RaysysError
        If a descriptor is unknown or the images are not as said.
    """
    known = ("S2", *KINDS, "L")
    unknown = [name for name in descriptors if name not in known]
    if unknown or not descriptors:
        raise RaysysError(f"descriptors: {', '.join(unknown) or 'none'}; allowed: {', '.join(known)}")
    found = Phase.of(images, phase, boundary)
    if len(found.shape) == 3 and tuple(descriptors) == DESCRIPTORS:
        descriptors = ("S2", "L")
    measure: dict[str, Callable[..., Curve]] = {"S2": two_point_of, "L": lineal_path_of}
    options: dict[str, Any] = {"rounding": rounding, "apex": apex, "odd_edges": odd_edges}
    curves = {
        name: measure[name](found, r_max) if name in measure else polytope_of(found, name, r_max, **options)
        for name in descriptors
    }
    return Characterisation(curves, found.fractions, found.shape, phase, boundary)
