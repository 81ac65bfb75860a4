"""Yeong-Torquato annealing: images whose descriptors equal given ones, reproducible from a seed.

`anneal` makes one reconstruction here; `reconstruct` makes many on Ray. Energies are kept as integer counts.
"""

from raysys.anneal.anneal import anneal
from raysys.anneal.chain import Chain
from raysys.anneal.engines.counts import recount
from raysys.anneal.progress import Progress
from raysys.anneal.reconstruct import reconstruct
from raysys.anneal.reconstruction import History, Reconstruction
from raysys.anneal.schedule import Schedule
from raysys.anneal.snapshots import snapshots
from raysys.anneal.start import Known
from raysys.anneal.target import Target
from raysys.anneal.terms import Term
from raysys.farm.failure import FarmError
from raysys.farm.patience import Patience

__all__ = [
    "Chain",
    "FarmError",
    "History",
    "Known",
    "Patience",
    "Progress",
    "Reconstruction",
    "Schedule",
    "Target",
    "Term",
    "anneal",
    "reconstruct",
    "recount",
    "snapshots",
]
