"""Yeong-Torquato annealing: binary images whose two-point function equals a given one, reproducible from a seed.

`anneal` makes one reconstruction here; `reconstruct` makes many on Ray. Energies are kept as integer pair counts.
"""

from raysys.anneal.anneal import anneal
from raysys.anneal.chain import Chain
from raysys.anneal.farm import FarmError, Patience, reconstruct
from raysys.anneal.kernels import recount
from raysys.anneal.progress import Progress
from raysys.anneal.reconstruction import History, Reconstruction
from raysys.anneal.schedule import Schedule
from raysys.anneal.target import Target

__all__ = [
    "Chain",
    "FarmError",
    "History",
    "Patience",
    "Progress",
    "Reconstruction",
    "Schedule",
    "Target",
    "anneal",
    "reconstruct",
    "recount",
]
