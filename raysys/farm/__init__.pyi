from .driver import run
from .failure import FarmError
from .folder import Folder, Holdings, holdings
from .order import Job, Nouns, Order, Standing, State
from .patience import Patience
from .progress import Progress
from .resources import Resources

__all__ = [
    "FarmError",
    "Folder",
    "Holdings",
    "Job",
    "Nouns",
    "Order",
    "Patience",
    "Progress",
    "Resources",
    "Standing",
    "State",
    "holdings",
    "run",
]
