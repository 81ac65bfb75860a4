"""What a microstructure is in numbers: descriptors, exact and bit-packed, and the distances between sets of images.

Arrays in, curves out; every curve knows its phase, boundary and protocol.
"""

from raysys.stats.autocorrelation import autocorrelation
from raysys.stats.characterisation import DESCRIPTORS, Characterisation, characterise
from raysys.stats.comparison import Baseline, compare, real_against_real
from raysys.stats.curve import Boundary, Curve
from raysys.stats.lineal_path import lineal_path, lineal_path_along
from raysys.stats.polytope import polytope
from raysys.stats.scaled import scaled_autocovariance
from raysys.stats.two_point import two_point, two_point_along

__all__ = [
    "DESCRIPTORS",
    "Baseline",
    "Boundary",
    "Characterisation",
    "Curve",
    "autocorrelation",
    "characterise",
    "compare",
    "lineal_path",
    "lineal_path_along",
    "polytope",
    "real_against_real",
    "scaled_autocovariance",
    "two_point",
    "two_point_along",
]
