"""Statistically equivalent microstructures and textures from a few images, on one machine or a Ray cluster.

Rooms: `data`, `stats`, `models`, `train`, `anneal`, `serve`, `report`, `cli`; see docs/architecture.md.
"""

from raysys.cache import keep_compiled_code
from raysys.errors import RaysysError
from raysys.public import watch_for_moved_modules

__all__ = ["RaysysError", "__version__"]

__version__ = "0.1.0"
watch_for_moved_modules()
keep_compiled_code()
