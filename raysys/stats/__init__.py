"""What a microstructure is in numbers: descriptors, exact and bit-packed, and the distances between sets of images.

Arrays in, curves out; every curve knows its phase, boundary and protocol.
"""

from raysys.stats.correlation.lineal_path import lineal_path, lineal_path_along
from raysys.stats.correlation.maps import autocorrelation, cross_correlation
from raysys.stats.correlation.polytope import polytope
from raysys.stats.correlation.radial import two_point_radial
from raysys.stats.correlation.scaled import scaled_autocovariance
from raysys.stats.correlation.two_point import two_point, two_point_along
from raysys.stats.curve import Boundary, Curve
from raysys.stats.scalar import Scalar
from raysys.stats.sets.characterisation import Characterisation, characterise
from raysys.stats.sets.comparison import Baseline, compare, real_against_real
from raysys.stats.sets.descriptors import DESCRIPTORS, KNOWN

__all__ = [
    "DESCRIPTORS",
    "KNOWN",
    "Baseline",
    "Boundary",
    "Characterisation",
    "Curve",
    "Scalar",
    "autocorrelation",
    "characterise",
    "compare",
    "cross_correlation",
    "lineal_path",
    "lineal_path_along",
    "polytope",
    "real_against_real",
    "scaled_autocovariance",
    "two_point",
    "two_point_along",
    "two_point_radial",
]
