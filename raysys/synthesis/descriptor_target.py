"""Descriptors that a microstructure is to have, and how far soft images are from them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.features.vgg import Kernels
from raysys.losses.texture import LAYERS_OF
from raysys.sections import PLANES, check_fractions
from raysys.shapes import by
from raysys.synthesis.descriptor_terms import GRAM, LINES, NAMES, GramTerm, Term, measured

__all__ = ["NAMES", "DescriptorTarget", "Term"]

ALLOWED = (*NAMES, GRAM)
LONGEST = 48  # pixels of the lags that count, where nobody says it
MOST = 8  # phases
OFFERED = "a file of VGG-19's weights, torchvision (a download of 548 MB), or random"


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
    terms: tuple[Term | GramTerm, ...]

    @classmethod
    def of(
        cls,
        image: np.ndarray,
        descriptors: Mapping[str, float],
        *,
        r_max: int | None = None,
        kernels: Kernels | None = None,
    ) -> DescriptorTarget:
        """Measure an image (H, W) or (D, H, W) of whole numbers, open at its edges.

        Parameters
        ----------
        descriptors
            {name: weight}: S2, L, P3H, P3V, P4, P6, map, and of flat images gram.
        r_max
            Longest lag; by default a third of the shortest side, and 48 at most.
        kernels
            Of the network that gram looks with; random ones by default.

        Raises
        ------
        RaysysError
            If a name or a weight is not allowed, or there is one phase only.
        """
        image = np.asarray(image)
        values = _values([image])
        longest = _checked(descriptors, [image], r_max)
        if GRAM in descriptors and image.ndim != 2:
            raise RaysysError("gram looks at flat images; allowed of a volume: " + ", ".join(NAMES))
        terms: list[Term | GramTerm] = []
        for phase in _phases(values):
            inside = image == values[phase]
            for name, weight in descriptors.items():
                if name == GRAM:
                    terms.append(GramTerm.of_image(inside, phase, weight, _looking(kernels), None))
                else:
                    terms.append(Term(name, phase, weight, measured(inside, name, longest)))
        return cls(values, tuple(float((image == value).mean()) for value in values), tuple(terms))

    @classmethod
    def of_sections(
        cls,
        sections: Sequence[np.ndarray],
        descriptors: Mapping[str, float],
        *,
        r_max: int | None = None,
        kernels: Kernels | None = None,
    ) -> DescriptorTarget:
        """Measure flat sections, which slices of a volume in every direction are to be like.

        Parameters
        ----------
        sections
            One (H, W) of what is the same in every direction, or three: across axis 0, 1 and 2, with rows and columns
            along the other two axes in their order.
        descriptors, r_max, kernels
            As for `of`; a weight is shared by the three axes, or planes.

        Raises
        ------
        RaysysError
            As of `of`, and if there are two sections, or phase fractions differ by more than 0.05.
        """
        images = [np.asarray(one) for one in sections]
        if len(images) not in (1, 3) or any(one.ndim != 2 for one in images):
            told = ", ".join(by(one.shape) for one in images)
            raise RaysysError(f"sections of {told or 'nothing'}; allowed: one flat image, or three")
        values = _values(images)
        longest = _checked(descriptors, images, r_max)
        each = [[float((one == value).mean()) for value in values] for one in images]
        check_fractions(each)
        shares = np.average(each, axis=0, weights=[one.size for one in images])
        terms = [
            _of_axis(images, values[phase], phase, name, weight / 3, axis, longest, kernels)
            for phase in _phases(values)
            for name, weight in descriptors.items()
            for axis in range(3)
        ]
        return cls(values, tuple(shares.tolist()), tuple(terms))

    @property
    def grain(self) -> float:
        """Pixels of lag at which the first curve has come half the way to its end, half a pixel at least."""
        values = next((term.values for term in self.terms if term.name not in ("map", GRAM)), None)
        if values is None:
            middle = next((term.values for term in self.terms if term.name == "map"), torch.zeros(1))
            for _ in range(middle.ndim - 1):
                middle = middle[len(middle) // 2]
            values = middle[len(middle) // 2 :]
        known = values[~values.isnan()]
        below = torch.nonzero(known - known[-1] <= (known[0] - known[-1]) / 2)
        return max(0.5, float(below[0, 0]) / 2) if len(below) else 0.5

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse a shape that lags do not fit into, or that maps of sections say nothing of."""
        longest = max((term.values.shape[0] - 1 for term in self.terms if term.name != GRAM), default=8)
        if len(shape) not in (2, 3) or min(shape) < 2 * longest + 2:
            raise RaysysError(
                f"shape {by(shape)} with lags up to {longest}; allowed: two or three sides of at least "
                f"{2 * longest + 2} pixels, since a microstructure repeats itself, or shorter lags (--r-max)"
            )
        if len(shape) != 3 and any(term.axis is not None for term in self.terms):
            raise RaysysError(f"shape {by(shape)} of a target from sections; allowed: three sides")
        whole = [term for term in self.terms if term.axis is None]
        if len(shape) == 3 and any(term.name == GRAM for term in whole):
            raise RaysysError("gram of a section says nothing of a whole volume; allowed: DescriptorTarget.of_sections")
        if any(term.name == "map" and term.values.ndim != len(shape) for term in whole):
            raise RaysysError("the map of a section says nothing of a volume; allowed: S2, L, P3H, P3V, P4, P6")

    def slope(self, phases: Tensor, chance: torch.Generator | None = None) -> tuple[float, Tensor]:
        """Weighted errors of soft phases (P, *shape), each pixel's adding up to 1, and their gradient.

        In the memory of one term.
        """
        leaf = phases.detach().requires_grad_()
        whole = 0.0
        for term in self.terms:
            error = term.weight * term.error(leaf[term.phase], chance)
            error.backward()  # type: ignore[no-untyped-call]
            whole += float(error.detach())
        assert leaf.grad is not None
        return whole, leaf.grad

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


def _values(images: Sequence[np.ndarray]) -> tuple[int, ...]:
    """The values of the phases, of all images."""
    found = sorted({int(value) for image in images for value in np.unique(image)[: MOST + 1]})
    wrong = next((one.dtype for one in images if one.dtype.kind not in "bui"), None)
    if wrong is not None or not 1 < len(found) <= MOST or found[0] < 0 or found[-1] > 255:
        count = len(np.unique(images[0])) if len(images) == 1 else len(found)
        raise RaysysError(
            f"an image of {wrong or images[0].dtype} with {count} values; allowed: whole numbers of 2 to {MOST} phases "
            "from 0 to 255 (segment it first: raysys data segment)"
        )
    return tuple(found)


def _checked(descriptors: Mapping[str, float], images: Sequence[np.ndarray], r_max: int | None) -> int:
    """The longest lag, if the descriptors can be asked for."""
    wrong = [name for name in descriptors if name not in ALLOWED]
    if wrong or not descriptors:
        raise RaysysError(f"descriptors are {', '.join(wrong) or 'none'}; allowed: {', '.join(ALLOWED)}")
    if bad := [f"{name}:{weight:g}" for name, weight in descriptors.items() if not 0 < weight < math.inf]:
        raise RaysysError(f"descriptors have weights {', '.join(bad)}; allowed: numbers above 0")
    shortest = min(side for image in images for side in image.shape)
    return min(LONGEST, shortest // 3) if r_max is None else r_max


def _phases(values: Sequence[int]) -> range:
    """Whose descriptors count: of two phases one says both."""
    return range(1, 2) if len(values) == 2 else range(len(values))


def _of_axis(
    images: Sequence[np.ndarray],
    value: int,
    phase: int,
    name: str,
    weight: float,
    axis: int,
    r_max: int,
    kernels: Kernels | None,
) -> Term | GramTerm:
    """What sections say of lines along an axis of a volume, or of its slices across it."""
    across = images[axis % len(images)] == value
    if name == GRAM:
        return GramTerm.of_image(across, phase, weight, _looking(kernels), axis)
    if name not in LINES or len(images) == 1:
        return Term(name, phase, weight, measured(across, name, r_max), axis)
    held = [
        measured(image == value, name, r_max, plane.index(axis))
        for image, plane in zip(images, PLANES, strict=True)
        if axis in plane
    ]
    return Term(name, phase, weight, torch.stack(held).mean(0), axis)


def _looking(kernels: Kernels | None) -> Kernels:
    """What a network looks with; random kernels see textures, too (Ustyuzhaninov et al. 2016)."""
    from raysys.features.usual import usual_kernels

    return usual_kernels(["random"], LAYERS_OF[GRAM][-1], allowed=OFFERED) if kernels is None else kernels
