"""Where what can be made again is kept: segmented images, downloaded weights, compiled code.

In containers on clusters neither the package nor the home folder can be written to; a temporary folder then does.
"""

import os
import stat
import sys
from pathlib import Path

COMPILED = "NUMBA_CACHE_DIR"  # numba's variable


def cache_folder() -> Path:
    """Folder that may be deleted: RAYSYS_CACHE, or else raysys in XDG_CACHE_HOME or ~/.cache, or a temporary one."""
    named = os.environ.get("RAYSYS_CACHE")
    if named:
        return Path(named)
    usual = home_cache()
    return usual / "raysys" if usual is not None and is_writable(usual) else temporary_cache()


def keep_compiled_code() -> None:
    """Name numba a temporary folder where it could keep compiled code neither beside the package nor at home.

    Without a place it refuses to compile, which is when modules are imported.
    """
    named = os.environ.get(COMPILED)
    places = [Path(named) if named else None, Path(__file__).parent, home_cache()]
    if any(place is not None and is_writable(place) for place in places):
        return
    os.environ[COMPILED] = str(temporary_cache() / "numba")  # Ray's workers inherit it
    if numba := sys.modules.get("numba"):
        numba.config.CACHE_DIR = os.environ[COMPILED]


def home_cache() -> Path | None:
    """XDG_CACHE_HOME or ~/.cache; None for the nameless user of a container, who has no home."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    return folder if folder.is_absolute() else None


def is_writable(folder: Path) -> bool:
    """Whether files can be put into a folder, which may have to be made first."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def temporary_cache() -> Path:
    """This user's folder among the temporary ones, which nobody else may write to: compiled code lies in it."""
    import tempfile

    folder = Path(tempfile.gettempdir()) / f"raysys-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="raysys-"))
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return folder if ours else Path(tempfile.mkdtemp(prefix="raysys-"))
