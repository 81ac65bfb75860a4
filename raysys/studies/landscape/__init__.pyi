from .findings import Finding, Survey, findings, surveys
from .path_losses import Landscape, PathLosses, path, path_losses
from .twins import Twins, descended_twins, homometric_twins, reflected_twins

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
