from .annealing import anneal
from .chain import Chain
from .engines.counts import recount
from .farming import FarmError, Patience, reconstruct
from .progress import Progress
from .reconstruction import History, Reconstruction
from .schedule import Schedule
from .snapshot import snapshots
from .start import Known
from .target import Target
from .terms import Term

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
