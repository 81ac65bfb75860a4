"""`prepare` of a large image: its phases are kept in a cache, and its tiles drawn from there."""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

import raysys
from raysys.data.files.decoding import decoding
from raysys.data.files.reading import fingerprint
from raysys.data.large.image import LARGE_PIXELS, LargeImage
from raysys.data.large.phases import Segmented, segment_large
from raysys.data.large.survey import Show
from raysys.data.large.tiles import split_large
from raysys.data.preparation.tiling import Tiles, split_by_region
from raysys.data.settings import DataSettings
from raysys.errors import RaysysError

# What decides on the phases; what is said of tiles does not.
DECIDING = (
    *("dataset", "shape", "dtype", "phase", "denoise_sigma_color", "denoise_sigma_spatial", "segment", "threshold"),
    *("classes", "downscale", "resize_threshold", "minimum_object"),
)
EDITION = 1  # of the steps; a change of their results gets a new one, and old files are not taken
IN_MEMORY = 512 << 20  # bytes of training tiles; more are drawn from disk
HELD_OUT = 256 << 20  # bytes of held-out tiles; of more, evenly spaced ones are taken


def is_large(settings: DataSettings) -> bool:
    """Whether an image is prepared in windows: one flat image in a file, above 512 MiB as float32.

    Only the file's header is read. Whatever is wrong with it, the reader says.
    """
    try:
        shape = _stored_shape(Path(settings.images), settings)
    except (RaysysError, OSError):
        return False
    long = [side for side in shape if side > 1]
    return len(long) == 2 and settings.dims != 3 and long[0] * long[1] > LARGE_PIXELS


def _stored_shape(file: Path, settings: DataSettings) -> tuple[int, ...]:
    suffix = file.suffix.lower()
    if not file.exists():
        return ()
    if suffix in (".raw", ".bin"):
        return tuple(settings.shape or ())
    if suffix in (".tif", ".tiff"):
        return _tiff_shape(file)
    if suffix in (".npy", ".h5", ".hdf5", ".zarr"):
        with LargeImage(file, dataset=settings.dataset) as image:
            return image.shape
    return ()


def _tiff_shape(file: Path) -> tuple[int, ...]:
    import tifffile

    with decoding(file, "a TIFF image"), tifffile.TiffFile(file) as tiff:
        page = tiff.pages[0]
        # Further pages are looked for only where the first is large: a stack may have thousands.
        return page.shape if page.imagelength * page.imagewidth <= LARGE_PIXELS else tiff.series[0].shape


def cache_folder() -> Path:
    """Where segmented images are kept: RAYSYS_CACHE, or raysys in XDG_CACHE_HOME or ~/.cache; it may be deleted."""
    named = os.environ.get("RAYSYS_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "raysys"


def prepare_large(settings: DataSettings, *, show: Show | None = None) -> Tiles:
    """`prepare` for one large flat image.

    The phases are found once and kept in `cache_folder()`, one byte a pixel, under a name made of the file's content
    and the settings; `provenance["segmented"]` says where. Training tiles above 512 MiB are `LazyTiles`; of held-out
    tiles above 256 MiB evenly spaced ones are taken.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the file or does not fit it.
    """
    digest = fingerprint(settings.images)
    found = segmented(settings, digest, show=show)
    try:
        tiles = _cut(found, settings)
    except RaysysError as error:
        raise RaysysError(f"{settings.images}: {error}") from None
    return replace(
        tiles,
        phase_fraction=found.phase_fraction,
        phase_fraction_before=found.phase_fraction_before,
        provenance=_provenance(settings, found, tiles, digest),
    )


def segmented(settings: DataSettings, digest: str, *, show: Show | None = None) -> Segmented:
    """The phases of an image whose content has that SHA-256, from the cache or made for it."""
    deciding = {name: settings.model_dump(mode="json")[name] for name in DECIDING}
    key = hashlib.sha256(json.dumps([EDITION, digest, deciding], sort_keys=True).encode()).hexdigest()[:24]
    folder = cache_folder() / "segmented" / key
    if not folder.exists():
        _make(settings, folder, show)
    facts = json.loads((folder / "facts.json").read_text())
    facts |= {
        "path": folder / "phases.npy",
        "shape": tuple(facts["shape"]),
        "shape_stored": tuple(facts["shape_stored"]),
    }
    return Segmented(**facts)


def _make(settings: DataSettings, folder: Path, show: Show | None) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as aside:
        complete = Path(aside) / folder.name
        made = segment_large(settings, complete / "phases.npy", scratch=aside, show=show)
        (complete / "facts.json").write_text(json.dumps(asdict(made) | {"path": "phases.npy"}))
        try:
            complete.rename(folder)
        except OSError:
            if not folder.exists():
                raise
            # Another process has made the same meanwhile, and its tiles may be in use: they are taken.


def _cut(found: Segmented, settings: DataSettings) -> Tiles:
    from raysys.data.preparation.tiling import window_count

    how = {"held_out": settings.held_out}
    if window_count(found.shape, settings.tile, settings.stride) * settings.tile**2 <= IN_MEMORY:
        return split_by_region(np.load(found.path, mmap_mode="r"), settings.tile, settings.stride, **how)
    tiles = split_large(LargeImage(found.path), settings.tile, settings.stride, **how)
    count = max(1, HELD_OUT // settings.tile**2)
    chosen = np.arange(len(tiles.held_out))
    if len(chosen) > count:
        chosen = np.linspace(0, len(chosen) - 1, count).round().astype(np.int64)
    return replace(
        tiles,
        held_out=tiles.held_out[chosen],
        held_out_origins=tiles.held_out_origins[chosen],
        held_out_groups=tiles.held_out_groups[chosen],
        held_out_inside=tiles.held_out_inside[chosen],
        image=np.load(found.path, mmap_mode="r"),
    )


def _provenance(settings: DataSettings, found: Segmented, tiles: Tiles, digest: str) -> dict[str, object]:
    return {
        "source": settings.images,
        "sha256": digest,
        "shape_stored": list(found.shape_stored),
        "dtype_stored": found.dtype_stored,
        "shape": list(found.shape),
        "segmented": str(found.path),
        "limit": found.limit,
        "phase_fraction": found.phase_fraction,
        "phase_fraction_before": found.phase_fraction_before,
        "tiles_train": len(tiles.train),
        "tiles_held_out": len(tiles.held_out),
        "settings": settings.model_dump(mode="json"),
        "raysys_version": raysys.__version__,
    }
