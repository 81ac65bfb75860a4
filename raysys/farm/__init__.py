"""Many resumable jobs on Ray: `run` carries out an order, whatever its jobs are.

`Order` and `Job` are what another kind of work defines; `driver` and `dispatch` are the driver's side, which is loaded
when `run` is first asked for, `worker` that of the actors; `folder` keeps jobs on disk. No method is known here.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
