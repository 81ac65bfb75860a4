"""The loss-landscape experiment of the CESS supplement, section 1.4: losses on the way between arrangements of circles.

Numerical only; `raysys landscape` runs it and writes the page.
"""

from raysys.studies.landscape.findings import Finding, Survey, findings, surveys
from raysys.studies.landscape.path_losses import Landscape, PathLosses, path, path_losses
from raysys.studies.landscape.twins import Twins, descended_twins, homometric_twins, reflected_twins

__all__ = [
    "Finding",
    "Landscape",
    "PathLosses",
    "Survey",
    "Twins",
    "descended_twins",
    "findings",
    "homometric_twins",
    "path",
    "path_losses",
    "reflected_twins",
    "surveys",
]
