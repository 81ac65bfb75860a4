"""The textures of a folder by their names, read as pieces will be cut from them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from raysys.data.files.folder import natural
from raysys.data.files.formats import FORMATS, PICTURES
from raysys.data.files.reading import Stored, fingerprint, read_stored
from raysys.data.files.source import Choice
from raysys.data.preparation.grey import is_binary, to_grey
from raysys.data.preparation.resampling import block_mean
from raysys.data.preparation.segmentation import phase_of_value
from raysys.data.textures import rocks, six
from raysys.data.textures.settings import ROCKS, SIX, TexturesSettings
from raysys.errors import RaysysError
from raysys.form import RED_GREEN_BLUE
from raysys.spacing import Spacing, spacing_of


@dataclass(frozen=True)
class Read:
    """One image of a texture.

    Attributes
    ----------
    array
        (*spatial) uint8 in {0, 1} or float32 in [0, 1], or (*spatial, 3) float32 in [0, 1].
    spacing
        Of its pixels after downscaling, where it is known.
    sha256
        Of its file.
    """

    array: np.ndarray
    spacing: Spacing | None
    sha256: str


def texture_files(settings: TexturesSettings) -> dict[str, list[Path]]:
    """Files of each texture by its name, in natural order; nothing is read.

    Raises
    ------
    RaysysError
        If the folder is none, or holds no images.
    """
    folder = Path(settings.images)
    if not folder.is_dir():
        found = "is no folder" if folder.exists() else "does not exist"
        raise RaysysError(
            f"data.images {folder} {found}; allowed: a folder with one file or one folder for each texture, {SIX} "
            f"or {ROCKS}"
        )
    files: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir(), key=natural):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and settings.dims == 2:
            inside = [one for one in sorted(entry.iterdir(), key=natural) if one.suffix.lower() in PICTURES]
        else:  # the slices of a volume are one file
            inside = [entry] if entry.is_dir() or entry.name.lower().endswith(FORMATS) else []
        if inside:
            files.setdefault(_name(entry), []).extend(inside)
    if not files:
        raise RaysysError(f"data.images {folder} holds no image; looked for {', '.join(one[1:] for one in FORMATS)}")
    return files


def texture_names(settings: TexturesSettings) -> tuple[str, ...]:
    """Names of the textures that pieces are told apart by; none where pieces of photographs are."""
    if settings.pairs == "window":
        return ()
    shipped = {SIX: six.NAMES, ROCKS: rocks.NAMES}
    return shipped[settings.images] if settings.images in shipped else tuple(texture_files(settings))


def read_textures(settings: TexturesSettings) -> dict[str, list[Read]]:
    """Images of each texture by its name.

    Raises
    ------
    RaysysError
        For whatever is wrong with a file, or does not fit the settings; it names the file.
    """
    if settings.images == SIX:
        if settings.dims == 3 or settings.kind == "binary":
            raise RaysysError(f"data.images {SIX} are pictures in colour; leave out data.dims and data.phase")
        return {name: [_drawn(array, settings)] for name, array in six.six_textures().items()}
    if settings.images == ROCKS:
        if settings.dims == 2 or settings.kind != "binary":
            raise RaysysError(f"data.images {ROCKS} are volumes whose pores are 1; set data.dims=3 and data.phase=1")
        _check_phases(rocks.NAMES, settings)
        return {
            name: [Read(_shrunk(phase_of_value(array, _phase(name, settings)), settings), None, "")]
            for name, array in rocks.three_rocks().items()
        }
    files = texture_files(settings)
    _check_phases(files, settings)
    return {name: [_read(path, name, settings) for path in paths] for name, paths in files.items()}


def _name(entry: Path) -> str:
    stem = entry.name if entry.is_dir() else re.sub(r"(\.nii\.gz|\.[^.]+)$", "", entry.name)
    return stem.strip()


def _drawn(array: np.ndarray, settings: TexturesSettings) -> Read:
    values = array if settings.coloured else array.mean(2, dtype=np.float32)
    return Read(_shrunk(values, settings), None, "")


def _read(path: Path, name: str, settings: TexturesSettings) -> Read:
    stored = _stored(path, settings)
    axes = stored.array.ndim - settings.coloured
    if axes != settings.dims:
        raise RaysysError(
            f"{path} holds an array of {axes} axes, and data.dims is {settings.dims}; allowed: pictures with dims 2, "
            "volumes with dims 3"
        )
    try:
        values = _shrunk(_values(stored.array, name, settings), settings)
    except RaysysError as error:
        raise RaysysError(f"{path}: {error}") from None
    spacing = spacing_of(settings.pixel_size) if settings.pixel_size else stored.spacing
    known = None if spacing is None else spacing.of_axes(settings.dims).times(settings.downscale)
    if known is not None and settings.dims == 3 and not known.isotropic:
        raise RaysysError(
            f"{path} has voxels of {known}, and volumes are learned from voxels of equal sides; resample it first "
            "(raysys data segment), or say with data.pixel_size what they are"
        )
    return Read(values, known, fingerprint(path))


def _stored(path: Path, settings: TexturesSettings) -> Stored:
    choice = settings.choice if path.suffix.lower() not in PICTURES else Choice()
    if not settings.coloured:
        return read_stored(path, choice, kind="grey")
    try:
        return read_stored(path, choice, kind="colour")
    except RaysysError:
        # Grey pictures among coloured ones have three equal channels; what is wrong with a file is told once more.
        grey = read_stored(path, choice, kind="grey")
        return grey._replace(array=np.stack([to_grey(grey.array)] * RED_GREEN_BLUE, -1))


def _values(stored: np.ndarray, name: str, settings: TexturesSettings) -> np.ndarray:
    if settings.phase is not None:
        return phase_of_value(stored, _phase(name, settings))
    if settings.coloured:
        return stored.astype(np.float32)
    if settings.dims == 3 and is_binary(stored):
        low, high = stored.min(), stored.max()
        raise RaysysError(
            f"it holds two values, {low:g} and {high:g}, of which nobody has said which is the phase of interest, such "
            f"as the pores; set data.phase={low:g} or data.phase={high:g}"
        )
    return to_grey(stored)


def _check_phases(names: Iterable[str], settings: TexturesSettings) -> None:
    if isinstance(settings.phase, dict) and (unsaid := sorted(set(names) - set(settings.phase))):
        raise RaysysError(f"data.phase says nothing of {', '.join(unsaid[:6])}; give a value for each name, or one")


def _phase(name: str, settings: TexturesSettings) -> float:
    """Stored value of the phase of interest of a texture."""
    assert settings.phase is not None
    return settings.phase[name] if isinstance(settings.phase, dict) else settings.phase


def _shrunk(values: np.ndarray, settings: TexturesSettings) -> np.ndarray:
    if settings.downscale == 1:
        return values
    if not settings.coloured:
        small = block_mean(values, settings.downscale)
        return (small >= 0.5).astype(np.uint8) if settings.kind == "binary" else small.astype(np.float32)
    each = [block_mean(values[..., channel], settings.downscale) for channel in range(RED_GREEN_BLUE)]
    return np.stack(each, -1).astype(np.float32)
