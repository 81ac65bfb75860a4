from .correlation import differentiable
from .correlation.chord_length import chord_length_distribution, mean_chord_length
from .correlation.cluster import two_point_cluster
from .correlation.grey import grey_correlation
from .correlation.lineal_path import lineal_path, lineal_path_along
from .correlation.maps import autocorrelation, cross_correlation
from .correlation.polytope import polytope
from .correlation.radial import two_point_radial
from .correlation.scaled import scaled_autocovariance
from .correlation.surface_functions import surface_surface, surface_void
from .correlation.two_point import two_point, two_point_along
from .curve import Boundary, Curve
from .geometry.configurations import local_configurations
from .geometry.local_thickness import local_thickness, local_thickness_distribution
from .geometry.minkowski import Minkowski, minkowski
from .geometry.pore_size import mean_pore_size, pore_size, pore_size_cumulative
from .geometry.pores import Pores, pores, regions
from .geometry.surface import specific_surface
from .scalar import Scalar
from .sets.characterisation import Characterisation, characterise
from .sets.comparison import Baseline, compare, real_against_real
from .sets.density import Density, Rose, density, rose
from .sets.descriptors import DESCRIPTORS, KNOWN
from .sets.distances import Estimate, bootstrap, gaussian_hellinger, kl_divergence, kolmogorov_smirnov, wasserstein_1
from .sets.distributions import Distance, distances, real_against_real_distances
from .sets.energy_test import EnergyTest, energy_test
from .sets.features import descriptor_features, frechet_distance
from .sets.memorising import Memorising, memorising
from .sets.nearest import Nearest, nearest_windows
from .sets.representative import RepresentativeSize, representative_size
from .sets.vectors import Vectors, vectors_of
from .transport.diffusion import Diffusivity, effective_diffusivity
from .transport.percolation import percolating
from .transport.permeability import Permeability, permeability, to_darcy

__all__ = [
    "DESCRIPTORS",
    "KNOWN",
    "Baseline",
    "Boundary",
    "Characterisation",
    "Curve",
    "Density",
    "Diffusivity",
    "Distance",
    "EnergyTest",
    "Estimate",
    "Memorising",
    "Minkowski",
    "Nearest",
    "Permeability",
    "Pores",
    "RepresentativeSize",
    "Rose",
    "Scalar",
    "Vectors",
    "autocorrelation",
    "bootstrap",
    "characterise",
    "chord_length_distribution",
    "compare",
    "cross_correlation",
    "density",
    "descriptor_features",
    "differentiable",
    "distances",
    "effective_diffusivity",
    "energy_test",
    "frechet_distance",
    "gaussian_hellinger",
    "grey_correlation",
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
    "regions",
    "representative_size",
    "rose",
    "scaled_autocovariance",
    "specific_surface",
    "surface_surface",
    "surface_void",
    "to_darcy",
    "two_point",
    "two_point_along",
    "two_point_cluster",
    "two_point_radial",
    "vectors_of",
    "wasserstein_1",
]
