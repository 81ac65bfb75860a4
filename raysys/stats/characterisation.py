"""A named set of descriptors of N images, that can be saved, loaded and compared."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.stats.curve import Boundary, Curve
from raysys.stats.lineal_path import lineal_path
from raysys.stats.phases import indicator
from raysys.stats.polytope import KINDS, polytope
from raysys.stats.scaled import ORDER, scaled_autocovariance
from raysys.stats.two_point import two_point

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
        """One row per descriptor and lag, for a CSV file: descriptor, r, mean, lower, upper, scaled."""
        scaled = self.scaled()
        return [
            {"descriptor": name, "r": int(r), "mean": m, "lower": low, "upper": high, "scaled": s}
            for name, curve in self.curves.items()
            for r, m, low, high, s in zip(curve.r, curve.mean, *curve.band, scaled[name].mean, strict=True)
            if not np.isnan(m)
        ]

    def save(self, path: str | Path) -> None:
        """Write everything into one .npz file, which appears when it is complete."""
        description = {
            "format": FORMAT,
            "shape": self.shape,
            "phase": self.phase,
            "boundary": self.boundary,
            "protocol": {name: curve.protocol for name, curve in self.curves.items()},
        }
        arrays = {f"r/{name}": curve.r for name, curve in self.curves.items()}
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
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise RaysysError(f"{path}: not a characterisation saved by raysys, or a damaged one ({error})") from error


def characterise(
    images: np.ndarray,
    descriptors: Sequence[str] = DESCRIPTORS,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    **options: Any,
) -> Characterisation:
    """Measure several descriptors of a set of images.

    Parameters
    ----------
    images
        Integers (N, H, W), or (N, D, H, W) for "S2" and "L".
    descriptors
        Of "S2", "P2", "P3H", "P3V", "P4", "P6", "L".
    phase, r_max, boundary
        As for `two_point`.
    options
        Further arguments of the polytope functions: rounding, apex, odd_edges.

    Raises
    ------
    RaysysError
        If a descriptor is unknown or the images are not as said.
    """
    unknown = [name for name in descriptors if name not in ("S2", "L", *KINDS)]
    if unknown or not descriptors:
        allowed = ", ".join(("S2", *KINDS, "L"))
        raise RaysysError(f"descriptors {', '.join(unknown) or 'none'}; allowed: {allowed}")
    inside = indicator(images, phase)
    fractions = inside.reshape(len(inside), -1).mean(axis=1)
    measure: dict[str, Callable[..., Curve]] = {"S2": two_point, "L": lineal_path}
    common: dict[str, Any] = {"phase": phase, "r_max": r_max, "boundary": boundary}
    curves = {
        name: measure[name](images, **common) if name in measure else polytope(images, name, **common, **options)
        for name in descriptors
    }
    return Characterisation(curves, fractions, inside.shape[1:], phase, boundary)
