"""Many resumable jobs on Ray: `run` carries out an order, whatever its jobs are.

`Order` and `Job` are what another kind of work defines; `driver` and `dispatch` are the driver's side, which is loaded
when `run` is first asked for, `worker` that of the actors; `folder` keeps jobs on disk. No method is known here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from raysys.farm.failure import FarmError
from raysys.farm.folder import Folder, Holdings, holdings
from raysys.farm.order import Job, Nouns, Order, Standing, State
from raysys.farm.patience import Patience
from raysys.farm.progress import Progress
from raysys.farm.resources import Resources

if TYPE_CHECKING:
    from raysys.farm.driver import run as run

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

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "run":
            return import_module("raysys.farm.driver").run
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
