"""The descriptors that `characterise` knows: what each is called, means, and is measured by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from raysys.errors import RaysysError
from raysys.stats.correlation.chord_length import Edges as ChordEdges
from raysys.stats.correlation.chord_length import chord_length_of
from raysys.stats.correlation.cluster import two_point_cluster_of
from raysys.stats.correlation.lineal_path import lineal_path_of
from raysys.stats.correlation.polytope import KINDS, Apex, OddEdges, Rounding, polytope_of
from raysys.stats.correlation.radial import two_point_radial_of
from raysys.stats.correlation.surface_functions import surface_surface_of, surface_void_of
from raysys.stats.correlation.two_point import two_point_of
from raysys.stats.curve import Curve
from raysys.stats.geometry.cells import Edges as MinkowskiEdges
from raysys.stats.geometry.local_thickness import local_thickness_of
from raysys.stats.geometry.minkowski import Surface, minkowski_of
from raysys.stats.geometry.pore_size import pore_size_of
from raysys.stats.geometry.pores import Edges as PoreEdges
from raysys.stats.geometry.pores import Pores, pores_of
from raysys.stats.geometry.surface import specific_surface_of
from raysys.stats.labelling import Connectivity
from raysys.stats.phases import Phase
from raysys.stats.scalar import Scalar
from raysys.stats.transport.diffusion import effective_diffusivity_of
from raysys.stats.transport.percolation import percolating_of
from raysys.stats.transport.permeability import permeability_of

Measured = Curve | list[Scalar] | Pores
DESCRIPTORS = ("S2", "P3H", "P3V", "P4", "P6", "L")


@dataclass(frozen=True)
class Options:
    """How descriptors are measured; each takes what concerns it and names it in its protocol.

    Attributes
    ----------
    r_max
        Of every curve: largest lag, or longest chord, or largest size; half the shortest axis less one by default.
    rounding, apex, odd_edges
        Of polytope functions.
    connectivity
        Of whatever looks at connected parts: C2, minkowski, pores, percolation.
    surface
        Of minkowski and specific_surface: "crofton" or "faces".
    minkowski_edges
        Of minkowski: "window", since images are windows into something larger and a closed border would count as
        interface; "closed" if the phase ends at the border.
    chord_edges
        Of chord_length: whether chords that the border cuts are left out ("drop") or counted as they are ("keep").
    pore_edges
        Of pores: whether those that the border cuts are measured as they are ("keep") or left out ("drop").
    smallest
        Of pores: pixels of the smallest one that is kept.
    refine
        Of permeability: parts that pixels are cut into along each axis, to extrapolate to infinitely fine ones.
    """

    r_max: int | None = None
    rounding: Rounding = "nearest"
    apex: Apex = "published"
    odd_edges: OddEdges = "skip"
    connectivity: Connectivity = "faces"
    surface: Surface = "crofton"
    minkowski_edges: MinkowskiEdges = "window"
    chord_edges: ChordEdges = "drop"
    pore_edges: PoreEdges = "keep"
    smallest: int = 1
    refine: int = 1


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
    gives
        What it measures: a curve named as it is, numbers per image, or the pores.
    costly
        Whether it takes minutes, so that it is measured only where it is asked for by its name.
    """

    name: str
    meaning: str
    measure: Callable[[Phase, Options], Measured]
    dims: tuple[int, ...] = (2, 3)
    gives: Literal["curve", "scalars", "pores"] = "curve"
    costly: bool = False


def _two_point(phase: Phase, options: Options, axis: int | None = None) -> Curve:
    return two_point_of(phase, options.r_max, axis)


def _two_point_radial(phase: Phase, options: Options) -> Curve:
    return two_point_radial_of(phase, options.r_max)


def _lineal_path(phase: Phase, options: Options, axis: int | None = None) -> Curve:
    return lineal_path_of(phase, options.r_max, axis)


def _two_point_cluster(phase: Phase, options: Options) -> Curve:
    return two_point_cluster_of(phase, options.r_max, options.connectivity)


def _chord_length(phase: Phase, options: Options) -> Curve:
    return chord_length_of(phase, options.r_max, edges=options.chord_edges)


def _pore_size(phase: Phase, options: Options) -> Curve:
    return pore_size_of(phase, options.r_max)


def _local_thickness(phase: Phase, options: Options) -> Curve:
    return local_thickness_of(phase, options.r_max)


def _surface_surface(phase: Phase, options: Options) -> Curve:
    return surface_surface_of(phase, options.r_max)


def _surface_void(phase: Phase, options: Options) -> Curve:
    return surface_void_of(phase, options.r_max)


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
    return pores_of(phase, options.connectivity, options.pore_edges, options.smallest)


def _minkowski(phase: Phase, options: Options) -> list[Scalar]:
    edges, connectivity, surface = options.minkowski_edges, options.connectivity, options.surface
    return minkowski_of(phase, edges=edges, connectivity=connectivity, surface=surface).densities()


def _specific_surface(phase: Phase, options: Options) -> list[Scalar]:
    return [specific_surface_of(phase, options.surface)]


def _percolation(phase: Phase, options: Options) -> list[Scalar]:
    return [percolating_of(phase, None, options.connectivity)]


def _permeability(phase: Phase, options: Options) -> list[Scalar]:
    return permeability_of(phase, refine=options.refine).scalars()


def _tortuosity(phase: Phase, options: Options) -> list[Scalar]:
    return effective_diffusivity_of(phase).scalars()


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
        Descriptor("F_ss", "two points on the interface, in every direction", _surface_surface),
        Descriptor("F_sv", "a point on the interface and one outside the phase, in every direction", _surface_void),
        Descriptor("chord_length", "length of a chord", _chord_length),
        Descriptor("pore_size", "distance from a point of the phase to the other phase", _pore_size),
        Descriptor("local_thickness", "diameter of the largest ball inside that covers a point", _local_thickness),
        Descriptor(
            "minkowski",
            "interface, mean breadth (3D) and Euler characteristic, per pixel",
            _minkowski,
            gives="scalars",
        ),
        Descriptor(
            "specific_surface",
            "interface per volume, or its length per area",
            _specific_surface,
            gives="scalars",
        ),
        Descriptor("pores", "every connected part with its size, shape and direction", _pores, gives="pores"),
        Descriptor(
            "percolation",
            "fraction of the phase that leads through the image",
            _percolation,
            gives="scalars",
        ),
        Descriptor(
            "permeability",
            "how easily a fluid in the phase flows through the image",
            _permeability,
            gives="scalars",
            costly=True,
        ),
        Descriptor(
            "tortuosity",
            "how much the phase hinders diffusion by its bends and constrictions",
            _tortuosity,
            gives="scalars",
            costly=True,
        ),
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


def chosen_descriptors(asked: str | Sequence[str] | None, dims: int) -> tuple[str, ...]:
    """Names of descriptors, as a user asks for them.

    Parameters
    ----------
    asked
        Names, "default" (also where nothing is asked) or "all" (but the costly ones); several in one string are
        separated by commas.
    dims
        Axes of the images.

    Raises
    ------
    RaysysError
        For a name that is none, or none of such images, or if there is none.
    """
    allowed = tuple(name for name, one in KNOWN.items() if dims in one.dims)
    swift = tuple(name for name in allowed if not KNOWN[name].costly)
    sets = {"all": swift, "default": tuple(name for name in DESCRIPTORS if name in allowed)}
    text = asked if isinstance(asked, str) else ",".join(asked) if asked is not None else "default"
    words = [word.strip() for word in (text or "default").split(",") if word.strip()]
    names = tuple(dict.fromkeys(name for word in words for name in sets.get(word, (word,))))
    unknown = [name for name in names if name not in allowed]
    if unknown or not names:
        found = f"{', '.join(unknown)} is not known" if unknown else "no name"
        raise RaysysError(
            f"--descriptors {text}: {found}; allowed with --dims {dims}: {', '.join(allowed)}; default; all"
        )
    return names
