"""What a reconstruction shall have in common with the original: phase fractions and descriptors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.anneal.measured import curve_terms, read_curves, surface_term, two_point_map_term
from raysys.anneal.sections import agreed_fractions, checked_sections, section_terms
from raysys.anneal.terms import NAMES, Term, scales
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.stats import Boundary, Characterisation

__all__ = ["Target"]

# Wanted counts are rounded to this fraction of a count (an error of S2 of 1.5e-8 at 128 x 128), which makes every sum
# in an energy exact; targets that are whole counts stay what they are.
GRID = 2.0**-10
LONGEST_SIDE = 32_767
# A curve and a phase fraction that differ by more than that are of two different materials, or of two phases.
PHI_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Target:
    """Phase fractions and descriptors of a reconstruction.

    Its energy is E = sum over the terms of weight * sum over r of (f(r) of the image - f(r) wanted)^2.

    Parameters
    ----------
    fractions
        (P,) of the phases 0..P-1, adding up to 1; two of them for a binary image, phase 1 being the one of interest.
    terms
        What is wanted beside the fractions.
    boundary
        Boundary condition under which it was measured; the reconstruction itself is always periodic.
    values
        (P,) value of each phase in the image that is returned.
    images
        The mean of how many images this is.

    Raises
    ------
    RaysysError
        If a fraction is 0 or 1, there is no term, or a term is of a phase that the reconstruction does not have.
    """

    fractions: tuple[float, ...]
    terms: tuple[Term, ...]
    boundary: Boundary = "open"
    values: tuple[int, ...] = (0, 1)
    images: int = 1

    def __post_init__(self) -> None:
        if len(self.fractions) < 2 or not all(0 < phi < 1 for phi in self.fractions):
            raise RaysysError(
                f"annealing target: the phase fractions are {', '.join(f'{phi:g}' for phi in self.fractions)}, so "
                "nothing can be exchanged; allowed: images that hold both phases, or more"
            )
        if not self.terms:
            raise RaysysError(f"annealing target: no descriptor; allowed: {', '.join(NAMES)}")
        for term in self.terms:
            if not 0 <= term.phase < len(self.fractions):
                raise RaysysError(
                    f"annealing target: {term.name} is of phase {term.phase}; allowed: 0 to {len(self.fractions) - 1}"
                )

    # --- where it comes from ------------------------------------------------------------------------------------------
    @classmethod
    def of_two_point(cls, phase_fraction: float, S2: Sequence[float] | np.ndarray, **options: Any) -> Target:
        """A binary image of that phase fraction whose S2, mean of the axes, is `S2` at r = 1, 2, ..., R."""
        values = np.asarray(S2, np.float64)
        return cls.binary(phase_fraction, [Term("S2", np.arange(1, len(values) + 1), values)], **options)

    @classmethod
    def binary(cls, phase_fraction: float, terms: Sequence[Term], **options: Any) -> Target:
        """A binary image of that phase fraction with these descriptors of phase 1."""
        return cls((1 - phase_fraction, phase_fraction), tuple(terms), **options)

    @classmethod
    def from_images(
        cls,
        images: np.ndarray,
        descriptors: Sequence[str] | Mapping[str, float] = ("S2",),
        *,
        phase: int | None = 1,
        r_max: int | None = None,
        boundary: Boundary = "open",
        **options: Any,
    ) -> Target:
        """The mean descriptors of images (N, H, W) or (N, D, H, W).

        Parameters
        ----------
        images
            Whole numbers, one value per phase.
        descriptors
            Names out of "S2", "S2_axis0", ..., "L", "L_axis0", ..., "P3H", "P3V", "P4", "P6", "map", "surface"; or
            {name: weight}.
        phase
            Value of the phase of interest, which is 1 in the reconstruction; None: every value is a phase of its own
            and the reconstruction has them all.
        r_max
            Longest lag; half the shortest side less one by default.
        boundary, options
            As for `raysys.stats.characterise` (rounding, apex, odd_edges).

        Raises
        ------
        RaysysError
            For unknown descriptors, or images of one phase only.
        """
        images = np.asarray(images)
        weights = _weights(descriptors)
        found = [0, 1] if phase is not None else [int(value) for value in np.unique(images)]
        labels = (images == phase).astype(np.uint8) if phase is not None else np.searchsorted(found, images)
        fractions = tuple(float((labels == index).mean()) for index in range(len(found)))
        # Of two phases one says it all; of more, each has its own functions.
        phases = (1,) if len(found) == 2 else range(len(found))
        terms: list[Term] = []
        for index in phases:
            terms += _measured(labels, weights, index, r_max, boundary, options)
        return cls(fractions, tuple(terms), boundary, tuple(found), len(images))

    @classmethod
    def from_sections(
        cls,
        sections: Sequence[np.ndarray],
        descriptors: Sequence[str] | Mapping[str, float] = ("S2",),
        *,
        phase: int | None = 1,
        r_max: int | None = None,
        boundary: Boundary = "open",
        **options: Any,
    ) -> Target:
        """A volume of which the slices in every direction have the descriptors of flat sections.

        Parameters
        ----------
        sections
            One section (H, W) of what is the same in every direction, or three: across axis 0 (rows along axis 1,
            columns along axis 2: the xy plane of a volume stored as z, y, x), across axis 1 (rows along axis 0, columns
            along axis 2: xz) and across axis 2 (rows along axis 0, columns along axis 1: yz). Each of them may be a
            stack (N, H, W) of parallel ones; whole numbers, one value per phase.
        descriptors
            Names out of "S2", "L", "P3H", "P3V", "P4", "P6", "map"; or {name: weight}. Lines are asked of each of the
            three axes, the others of each of the three planes.
        phase, r_max, boundary, options
            As for `from_images`.

        Raises
        ------
        RaysysError
            For other descriptors, sections of one phase only, or of phase fractions that differ.

        Examples
        --------
        >>> section = np.kron(np.eye(8, dtype=np.uint8), np.ones((4, 4), np.uint8))
        >>> [term.name for term in Target.from_sections([section]).terms]
        ['S2_axis0', 'S2_axis1', 'S2_axis2']
        """
        stacks, weights = checked_sections(sections), _weights(descriptors)
        found = [0, 1] if phase is not None else sorted({int(one) for stack in stacks for one in np.unique(stack)})
        labels = [
            (stack == phase).astype(np.uint8) if phase is not None else np.searchsorted(found, stack)
            for stack in stacks
        ]
        fractions = agreed_fractions(labels, len(found))
        terms = [
            term
            for index in ((1,) if len(found) == 2 else range(len(found)))
            for term in section_terms(labels, weights, phase=index, r_max=r_max, boundary=boundary, options=options)
        ]
        return cls(fractions, tuple(terms), boundary, tuple(found), sum(map(len, stacks)))

    @classmethod
    def from_characterisation(
        cls,
        characterisation: Characterisation,
        descriptors: Sequence[str] | Mapping[str, float] = ("S2",),
        *,
        r_max: int | None = None,
    ) -> Target:
        """The mean curves of a characterisation, for a binary reconstruction.

        Raises
        ------
        RaysysError
            If it lacks a descriptor, or one that cannot be annealed is asked for.
        """
        weights = _weights(descriptors)
        missing = [name for name in weights if name not in characterisation.curves]
        if missing:
            held = ", ".join(characterisation.curves)
            raise RaysysError(f"annealing target: the characterisation holds {held}; it needs {', '.join(missing)}")
        terms = curve_terms(characterisation, weights, 1, r_max)
        options: dict[str, Any] = {"boundary": characterisation.boundary, "images": characterisation.n}
        return cls.binary(characterisation.phase_fraction, terms, **options)

    @classmethod
    def from_csv(
        cls,
        path: str | Path,
        descriptors: Sequence[str] | Mapping[str, float] | None = None,
        *,
        phase_fraction: float | None = None,
        **options: Any,
    ) -> Target:
        """Curves of a CSV file with the columns descriptor, r and mean, as `raysys stats --csv` writes it.

        Without `descriptors` all are taken that can be annealed.

        Raises
        ------
        RaysysError
            If the file lacks a column, a descriptor or a number, has no r = 0 and no phase fraction is given, or both
            are given and disagree.
        """
        weights = descriptors if descriptors is None else _weights(descriptors)
        curves, phi = read_curves(path, weights)
        phi = _agreed(phi, phase_fraction, str(path))
        return cls.binary(phi, curves, **options)

    def weighted(self, weights: Mapping[str, float]) -> Target:
        """The same with other weights of the named descriptors."""
        terms = tuple(replace(term, weight=weights.get(term.name, term.weight)) for term in self.terms)
        return replace(self, terms=terms)

    def cut(self, r_max: int) -> Target:
        """The same with no lag beyond r_max."""
        return replace(self, terms=tuple(_cut(term, r_max) for term in self.terms))

    # --- what it asks of a shape --------------------------------------------------------------------------------------
    @property
    def phase_fraction(self) -> float:
        """Share of phase 1."""
        return self.fractions[1]

    @property
    def binary_image(self) -> bool:
        """Whether the reconstruction has two phases."""
        return len(self.fractions) == 2

    @property
    def r_max(self) -> int:
        """The longest lag, pixels."""
        return max(term.longest for term in self.terms)

    @property
    def S2(self) -> np.ndarray:  # noqa: N802
        """(R,) of a target that is the mean S2 of phase 1 alone, or its first term."""
        return next(term.values for term in self.terms if term.name == "S2" and term.phase == 1)

    def pixels(self, shape: Sequence[int]) -> np.ndarray:
        """Pixels of each phase in a reconstruction of `shape`, (P,) int64: fraction times pixels, rounded."""
        whole = math.prod(shape)
        counts = np.round(np.array(self.fractions) * whole).astype(np.int64)
        counts[0] = whole - counts[1:].sum()
        return counts

    def counts(self, shape: Sequence[int]) -> np.ndarray:
        """Wanted counts of an image of `shape`, (slots,) float64, whole multiples of 2^-10."""
        values = np.concatenate([term.values for term in self.terms])
        return np.asarray(np.round(values * (scales(self.terms, tuple(shape)) / GRID)) * GRID)

    def weights(self, shape: Sequence[int]) -> np.ndarray:
        """(slots,) float64: E = sum of weights * (counts - wanted counts)^2."""
        weights = np.concatenate([np.full(len(term.values), term.weight) for term in self.terms])
        return np.asarray(weights / scales(self.terms, tuple(shape)) ** 2)

    def check(self, shape: Sequence[int]) -> tuple[int, ...]:
        """`shape` as a tuple, if a reconstruction of that shape can be what is wanted; else RaysysError."""
        sides = tuple(int(side) for side in shape)
        if len(sides) not in (2, 3) or min(sides) < 1 or max(sides) > LONGEST_SIDE:
            raise RaysysError(
                f"annealing: the shape is {sides}; allowed: (H, W) or (D, H, W) up to {LONGEST_SIDE} a side"
            )
        for term in self.terms:
            term.check(sides)
        if self.pixels(sides).min() < 1:
            raise RaysysError(
                f"annealing: phase fractions of {', '.join(f'{phi:g}' for phi in self.fractions)} leave a "
                f"phase without a pixel at shape {sides} (one phase only); allowed: a larger shape"
            )
        return sides

    def same_as(self, other: Target) -> bool:
        """Whether fractions and terms are equal."""
        mine, theirs = self.state(), other.state()
        return mine[0] == theirs[0] and all(np.array_equal(one, theirs[1][name]) for name, one in mine[1].items())

    # --- how it is kept -----------------------------------------------------------------------------------------------
    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A description ready for JSON, and arrays."""
        terms = [{"name": t.name, "phase": t.phase, "weight": t.weight, "protocol": t.protocol} for t in self.terms]
        description = {"fractions": list(self.fractions), "values": list(self.values), "terms": terms}
        description |= {"boundary": self.boundary, "images": self.images}
        arrays = {f"target/{k}/r": term.r for k, term in enumerate(self.terms)}
        return description, arrays | {f"target/{k}/values": term.values for k, term in enumerate(self.terms)}

    @classmethod
    def from_state(cls, description: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Target:
        """The target whose `state` this was."""
        terms = tuple(
            Term(r=arrays[f"target/{k}/r"], values=arrays[f"target/{k}/values"], **held)
            for k, held in enumerate(description["terms"])
        )
        fractions, values = tuple(description["fractions"]), tuple(description["values"])
        return cls(fractions, terms, description["boundary"], values, description["images"])


def _measured(
    labels: np.ndarray,
    weights: Mapping[str, float],
    phase: int,
    r_max: int | None,
    boundary: Boundary,
    options: Mapping[str, Any],
) -> list[Term]:
    from raysys.stats import characterise

    curves = [name for name in weights if name not in ("map", "surface")]
    found = characterise(labels, curves or ("S2",), phase=phase, r_max=r_max, boundary=boundary, **options)
    terms = curve_terms(found, {name: weights[name] for name in curves}, phase, r_max)
    if "map" in weights:
        terms.append(two_point_map_term(labels, phase, r_max, boundary, weights["map"]))
    if "surface" in weights:
        terms.append(surface_term(labels, phase, r_max, boundary, weights["surface"]))
    return terms


def _cut(term: Term, r_max: int) -> Term:
    near = np.abs(term.r).reshape(len(term.r), -1).max(axis=1) <= r_max
    if not near.any():
        raise RaysysError(f"annealing target: {term.name} has no lag up to {r_max}; allowed: a longer r_max")
    return replace(term, r=term.r[near], values=term.values[near])


def _agreed(measured: float | None, asked: float | None, where: str) -> float:
    """The phase fraction that a curve begins with and the one that is asked for, which must be the same."""
    if measured is None and asked is None:
        raise RaysysError(f"{where}: no value at r = 0, so the phase fraction is unknown; give it")
    if measured is not None and asked is not None and abs(measured - asked) > PHI_TOLERANCE:
        raise RaysysError(
            f"{where}: S2(0) is {measured:g} but the phase fraction asked for is {asked:g}; S2(0) is the phase "
            "fraction, so they must agree"
        )
    return float(asked if asked is not None else measured)  # type: ignore[arg-type]


def _weights(descriptors: Sequence[str] | Mapping[str, float]) -> dict[str, float]:
    names = dict(descriptors) if isinstance(descriptors, Mapping) else dict.fromkeys(descriptors, 1.0)
    unknown = [name for name in names if name not in NAMES]
    if unknown or not names:
        raise RaysysError(
            f"annealing target: descriptors are {', '.join(unknown) or 'none'}; allowed: "
            f"{', '.join(NAMES)} (others have no incremental count)"
        )
    return names
