"""The descriptors that `characterise` knows: what each is called, means, and is measured by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from raysys.errors import RaysysError
from raysys.stats.correlation.chord_length import chord_length_of
from raysys.stats.correlation.cluster import two_point_cluster_of
from raysys.stats.correlation.lineal_path import lineal_path_of
from raysys.stats.correlation.polytope import KINDS, Apex, OddEdges, Rounding, polytope_of
from raysys.stats.correlation.radial import two_point_radial_of
from raysys.stats.correlation.two_point import two_point_of
from raysys.stats.curve import Curve
from raysys.stats.geometry.local_thickness import local_thickness_of
from raysys.stats.geometry.minkowski import minkowski_of
from raysys.stats.geometry.pore_size import pore_size_of
from raysys.stats.geometry.pores import Pores, pores_of
from raysys.stats.geometry.surface import specific_surface_of
from raysys.stats.labelling import Connectivity
from raysys.stats.phases import Phase
from raysys.stats.scalar import Scalar

Measured = Curve | list[Scalar] | Pores
DESCRIPTORS = ("S2", "P3H", "P3V", "P4", "P6", "L")


@dataclass(frozen=True)
class Options:
    """How descriptors are measured; each takes what concerns it and names it in its protocol."""

    r_max: int | None = None
    rounding: Rounding = "nearest"
    apex: Apex = "published"
    odd_edges: OddEdges = "skip"
    connectivity: Connectivity = "faces"


@dataclass(frozen=True)
class Descriptor:
    """One descriptor.

    Attributes
    ----------
    name
        As users ask for it.
    meaning
        What it asks of an image, in a few words.
    measure
        From a phase and the options to a Curve, a list of Scalars or Pores.
    dims
        Axes of the images of which it is defined.
    """

    name: str
    meaning: str
    measure: Callable[[Phase, Options], Measured]
    dims: tuple[int, ...] = (2, 3)


def _two_point(phase: Phase, options: Options, axis: int | None = None) -> Curve:
    return two_point_of(phase, options.r_max, axis)


def _two_point_radial(phase: Phase, options: Options) -> Curve:
    return two_point_radial_of(phase, options.r_max)


def _lineal_path(phase: Phase, options: Options, axis: int | None = None) -> Curve:
    return lineal_path_of(phase, options.r_max, axis)


def _two_point_cluster(phase: Phase, options: Options) -> Curve:
    return two_point_cluster_of(phase, options.r_max, options.connectivity)


def _chord_length(phase: Phase, options: Options) -> Curve:
    return chord_length_of(phase, options.r_max)


def _pore_size(phase: Phase, options: Options) -> Curve:
    return pore_size_of(phase, options.r_max)


def _local_thickness(phase: Phase, options: Options) -> Curve:
    return local_thickness_of(phase, options.r_max)


def _polytope(phase: Phase, options: Options, kind: str) -> Curve:
    return polytope_of(
        phase,
        kind,
        options.r_max,
        rounding=options.rounding,
        apex=options.apex,
        odd_edges=options.odd_edges,
    )


def _pores(phase: Phase, options: Options) -> Pores:
    return pores_of(phase, options.connectivity)


def _minkowski(phase: Phase, options: Options) -> list[Scalar]:
    # Images are windows into something larger: a closed border would be counted as interface.
    measured = minkowski_of(phase, edges="window", connectivity=options.connectivity, surface="crofton")
    return measured.densities()


def _specific_surface(phase: Phase, options: Options) -> list[Scalar]:
    return [specific_surface_of(phase, "crofton")]


POLYTOPES = {
    "P2": "two points",
    "P3H": "triangle, horizontal base",
    "P3V": "triangle, vertical base",
    "P4": "square",
    "P6": "hexagon",
}
AXES = ((0, (2, 3)), (1, (2, 3)), (2, (3,)))  # axis, and the dimensions of images that have it

KNOWN: dict[str, Descriptor] = {
    one.name: one
    for one in (
        Descriptor("S2", "two points", _two_point),
        *(Descriptor(kind, POLYTOPES[kind], partial(_polytope, kind=kind)) for kind in KINDS),
        Descriptor("L", "a whole line", _lineal_path),
        *(Descriptor(f"S2_axis{k}", f"two points along axis {k}", partial(_two_point, axis=k), d) for k, d in AXES),
        Descriptor("S2_radial", "two points, in every direction", _two_point_radial),
        *(Descriptor(f"L_axis{k}", f"a whole line along axis {k}", partial(_lineal_path, axis=k), d) for k, d in AXES),
        Descriptor("C2", "two points in the same cluster", _two_point_cluster),
        Descriptor("chord_length", "length of a chord", _chord_length),
        Descriptor("pore_size", "distance from a point of the phase to the other phase", _pore_size),
        Descriptor("local_thickness", "diameter of the largest ball inside that covers a point", _local_thickness),
        Descriptor("minkowski", "interface, mean breadth (3D) and Euler characteristic, per pixel", _minkowski),
        Descriptor("specific_surface", "interface per volume, or its length per area", _specific_surface),
        Descriptor("pores", "every connected part with its size, shape and direction", _pores),
    )
}


def known(names: Iterable[str], dims: int) -> list[Descriptor]:
    """The descriptors of these names, for images of so many axes.

    Raises
    ------
    RaysysError
        For a name that is not known, or not defined of such images, or if there is none.
    """
    names = list(names)
    allowed = [name for name, one in KNOWN.items() if dims in one.dims]
    unknown = [name for name in names if name not in allowed]
    if unknown or not names:
        raise RaysysError(
            f"descriptors: {', '.join(unknown) or 'none'}; allowed for images of {dims} axes: {', '.join(allowed)}"
        )
    return [KNOWN[name] for name in dict.fromkeys(names)]
