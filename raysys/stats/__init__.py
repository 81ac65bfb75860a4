"""What a microstructure is in numbers: descriptors, exact and bit-packed, and the distances between sets of images.

Arrays in, curves out; every curve knows its phase, boundary and protocol. `raysys.stats.differentiable` has the
correlations in torch, which is loaded when that is first asked for.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from raysys.stats.correlation.chord_length import chord_length_distribution, mean_chord_length
from raysys.stats.correlation.cluster import two_point_cluster
from raysys.stats.correlation.lineal_path import lineal_path, lineal_path_along
from raysys.stats.correlation.maps import autocorrelation, cross_correlation
from raysys.stats.correlation.polytope import polytope
from raysys.stats.correlation.radial import two_point_radial
from raysys.stats.correlation.scaled import scaled_autocovariance
from raysys.stats.correlation.two_point import two_point, two_point_along
from raysys.stats.curve import Boundary, Curve
from raysys.stats.geometry.configurations import local_configurations
from raysys.stats.geometry.local_thickness import local_thickness, local_thickness_distribution
from raysys.stats.geometry.minkowski import Minkowski, minkowski
from raysys.stats.geometry.pore_size import mean_pore_size, pore_size, pore_size_cumulative
from raysys.stats.geometry.pores import Pores, pores
from raysys.stats.geometry.surface import specific_surface
from raysys.stats.scalar import Scalar
from raysys.stats.sets.characterisation import Characterisation, characterise
from raysys.stats.sets.comparison import Baseline, compare, real_against_real
from raysys.stats.sets.density import Density, Rose, density, rose
from raysys.stats.sets.descriptors import DESCRIPTORS, KNOWN
from raysys.stats.sets.distances import (
    Estimate,
    bootstrap,
    gaussian_hellinger,
    kl_divergence,
    kolmogorov_smirnov,
    wasserstein_1,
)
from raysys.stats.sets.distributions import Distance, distances, real_against_real_distances
from raysys.stats.sets.features import descriptor_features, frechet_distance
from raysys.stats.sets.memorising import Memorising, memorising
from raysys.stats.sets.nearest import Nearest, nearest_windows
from raysys.stats.sets.representative import RepresentativeSize, representative_size
from raysys.stats.transport.percolation import percolating
from raysys.stats.transport.permeability import Permeability, permeability, to_darcy

if TYPE_CHECKING:
    from raysys.stats.correlation import differentiable as differentiable

__all__ = [
    "DESCRIPTORS",
    "KNOWN",
    "Baseline",
    "Boundary",
    "Characterisation",
    "Curve",
    "Density",
    "Distance",
    "Estimate",
    "Memorising",
    "Minkowski",
    "Nearest",
    "Permeability",
    "Pores",
    "RepresentativeSize",
    "Rose",
    "Scalar",
    "autocorrelation",
    "bootstrap",
    "characterise",
    "chord_length_distribution",
    "compare",
    "cross_correlation",
    "density",
    "descriptor_features",
    "distances",
    "frechet_distance",
    "gaussian_hellinger",
    "kl_divergence",
    "kolmogorov_smirnov",
    "lineal_path",
    "lineal_path_along",
    "local_configurations",
    "local_thickness",
    "local_thickness_distribution",
    "mean_chord_length",
    "mean_pore_size",
    "memorising",
    "minkowski",
    "nearest_windows",
    "percolating",
    "permeability",
    "polytope",
    "pore_size",
    "pore_size_cumulative",
    "pores",
    "real_against_real",
    "real_against_real_distances",
    "representative_size",
    "rose",
    "scaled_autocovariance",
    "specific_surface",
    "to_darcy",
    "two_point",
    "two_point_along",
    "two_point_cluster",
    "two_point_radial",
    "wasserstein_1",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> ModuleType:
        if name == "differentiable":
            return import_module("raysys.stats.correlation.differentiable")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
