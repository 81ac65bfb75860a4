"""Where what can be made again is kept: segmented images, downloaded weights."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Folder that may be deleted: RAYSYS_CACHE, or else raysys in XDG_CACHE_HOME or ~/.cache."""
    named = os.environ.get("RAYSYS_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "raysys"
