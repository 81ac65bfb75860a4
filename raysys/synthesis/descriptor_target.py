"""Descriptors that a microstructure is to have, and how far soft images are from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from raysys import stats
from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.stats import differentiable

__all__ = ["NAMES", "DescriptorTarget", "Term"]

POLYTOPES = ("P3H", "P3V", "P4", "P6")
NAMES = ("S2", "L", *POLYTOPES, "map")
LONGEST = 48  # pixels of the lags that count, where nobody says it


@dataclass(frozen=True, eq=False)
class Term:
    """One descriptor of one phase.

    Attributes
    ----------
    name
        Out of `NAMES`.
    phase
        Its place in the target's values.
    weight
        Of its error.
    values
        float32, lag 0 first: (R,), or the map (2 R - 1, 2 R - 1); NaN where it has no value.
    """

    name: str
    phase: int
    weight: float
    values: Tensor

    def error(self, x: Tensor) -> Tensor:
        """Mean squared difference of a soft periodic image (*shape) over the square of phi (1 - phi)."""
        found = self.of(x)
        known = ~(self.values.isnan() | found.isnan())
        phi = float(self.values.flatten()[0]) if self.name != "map" else float(self.values.max())
        return (found - self.values)[known].square().mean() / (phi * (1 - phi)) ** 2

    def of(self, x: Tensor) -> Tensor:
        """The descriptor of a soft periodic image."""
        batch, r_max = x[None], self.values.shape[0] - 1
        if self.name == "S2":
            return differentiable.two_point_lines(batch, r_max, boundary="periodic")[0]
        if self.name == "L":
            return differentiable.lineal_path(batch, r_max, boundary="periodic")[0]
        if self.name != "map":
            return differentiable.polytope(batch, self.name, r_max, boundary="periodic")[0]
        whole = differentiable.two_point_map(batch)[0]
        half = r_max // 2
        for axis, side in enumerate(whole.shape):
            whole = whole.narrow(axis, side // 2 - half, 2 * half + 1)
        return whole


@dataclass(frozen=True, eq=False)
class DescriptorTarget:
    """What a microstructure is to have in common with images.

    Attributes
    ----------
    values
        Of the phases, whole numbers.
    fractions
        Of the phases, which a reconstruction has exactly.
    terms
        Descriptors, of every phase but the first of two.
    """

    values: tuple[int, ...]
    fractions: tuple[float, ...]
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, image: np.ndarray, descriptors: Mapping[str, float], *, r_max: int | None = None) -> DescriptorTarget:
        """Measure an image (H, W) or (D, H, W) of whole numbers, open at its edges.

        Parameters
        ----------
        descriptors
            {name: weight}.
        r_max
            Longest lag; by default a third of the shortest side, and 48 at most.

        Raises
        ------
        RaysysError
            If a name or a weight is not allowed, or there is one phase only.
        """
        wrong = [name for name in descriptors if name not in NAMES]
        if wrong or not descriptors:
            raise RaysysError(f"descriptors are {', '.join(wrong) or 'none'}; allowed: {', '.join(NAMES)}")
        if bad := [f"{name}:{weight:g}" for name, weight in descriptors.items() if not 0 < weight < math.inf]:
            raise RaysysError(f"descriptors have weights {', '.join(bad)}; allowed: numbers above 0")
        image = np.asarray(image)
        values = tuple(int(value) for value in np.unique(image))
        if image.dtype.kind not in "bui" or not 1 < len(values) <= 8:
            raise RaysysError(
                f"an image of {image.dtype} with {len(values)} values; allowed: whole numbers of 2 to 8 phases "
                "(segment it first: raysys data segment)"
            )
        longest = min(LONGEST, min(image.shape) // 3) if r_max is None else r_max
        phases = range(1, 2) if len(values) == 2 else range(len(values))
        terms = [
            Term(name, phase, weight, _measured(image == values[phase], name, longest))
            for phase in phases
            for name, weight in descriptors.items()
        ]
        return cls(values, tuple(float((image == value).mean()) for value in values), tuple(terms))

    @property
    def grain(self) -> float:
        """Pixels of lag at which the first curve has come half the way to its end, half a pixel at least."""
        values = next((term.values for term in self.terms if term.name != "map"), None)
        if values is None:
            middle = self.terms[0].values
            for _ in range(middle.ndim - 1):
                middle = middle[len(middle) // 2]
            values = middle[len(middle) // 2 :]
        known = values[~values.isnan()]
        below = torch.nonzero(known - known[-1] <= (known[0] - known[-1]) / 2)
        return max(0.5, float(below[0, 0]) / 2) if len(below) else 0.5

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse a shape that lags do not fit into, or that maps of sections say nothing of."""
        longest = max(term.values.shape[0] - 1 for term in self.terms)
        if len(shape) not in (2, 3) or min(shape) < 2 * longest + 2:
            raise RaysysError(
                f"shape {by(shape)} with lags up to {longest}; allowed: two or three sides of at least "
                f"{2 * longest + 2} pixels, since a microstructure repeats itself, or shorter lags (--r-max)"
            )
        if any(term.name == "map" and term.values.ndim != len(shape) for term in self.terms):
            raise RaysysError("the map of a section says nothing of a volume; allowed: S2, L, P3H, P3V, P4, P6")

    def loss(self, phases: Tensor) -> Tensor:
        """Weighted errors of soft phases (P, *shape), each pixel's adding up to 1."""
        return torch.stack([term.weight * term.error(phases[term.phase]) for term in self.terms]).sum()

    def hardened(self, phases: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
        """Labels (*shape) uint8 of soft phases (P, *shape), each phase with its fraction to the pixel.

        Parameters
        ----------
        known
            Places (*shape) in `values` of pixels that are known, -1 elsewhere; with so many of a phase that the others
            cannot make up for, fractions are as near as they can be.
        """
        flat = phases.reshape(len(phases), -1)
        labels = np.full(flat.shape[1], -1) if known is None else known.ravel().copy()
        ends = np.rint(np.cumsum(self.fractions) * len(labels)).astype(int)
        wanted = np.diff(ends, prepend=0) - np.bincount(labels[labels >= 0], minlength=len(flat))
        for phase in range(len(flat) - 1):
            free = np.flatnonzero(labels < 0)
            lead = flat[phase, free] - flat[phase + 1 :, free].max(0)
            count = min(max(int(wanted[phase]), 0), len(free))
            labels[free[np.argsort(-lead, kind="stable")[:count]]] = phase
        labels[labels < 0] = len(flat) - 1
        found: np.ndarray = np.array(self.values)[labels].reshape(phases.shape[1:]).astype(np.uint8)
        return found


def _measured(phase: np.ndarray, name: str, r_max: int) -> Tensor:
    images: Any = phase[None].astype(np.uint8)
    if name == "map":
        half = max(1, r_max // 2)
        return torch.from_numpy(stats.autocorrelation(images, boundary="open", r_max=half)[0].astype(np.float32))
    if name in POLYTOPES:
        curve = stats.polytope(images, name, r_max=r_max)
    else:
        curve = (stats.two_point if name == "S2" else stats.lineal_path)(images, r_max=r_max)
    return torch.from_numpy(np.array(curve.mean, np.float32))
