from .findings import Finding, PathsOfSeeds, findings, paths_of_seeds
from .path_losses import Landscape, PathLosses, path, path_losses
from .twins import Twins, descended_twins, homometric_twins, reflected_twins

__all__ = [
    "Finding",
    "Landscape",
    "PathLosses",
    "PathsOfSeeds",
    "Twins",
    "descended_twins",
    "findings",
    "homometric_twins",
    "path",
    "path_losses",
    "paths_of_seeds",
    "reflected_twins",
]
