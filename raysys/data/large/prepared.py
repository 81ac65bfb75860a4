"""`prepare` of a large image: it is kept in a cache, and its tiles are cut from there."""

import hashlib
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from raysys.cache import cache_folder
from raysys.data.files.image_file import ImageFile
from raysys.data.files.reading import fingerprint
from raysys.data.files.zarr_store import is_store
from raysys.data.large.image import LARGE_PIXELS
from raysys.data.large.phases import Segmented, segment_large
from raysys.data.large.survey import Show
from raysys.data.phases import told_decision
from raysys.data.preparation.prepared_image import ImageFacts, PreparedImage, cut
from raysys.data.preparation.tiling import Tiles
from raysys.data.settings import DataSettings
from raysys.data.shapes import spelled
from raysys.errors import RaysysError
from raysys.files import folder_made_once
from raysys.spacing import told_spacing

# What decides on the phases; what is said of tiles does not.
DECIDING = (
    *(
        "dataset",
        "series",
        "channel",
        "time",
        "shape",
        "dtype",
        "phase",
        "denoise_sigma_color",
        "denoise_sigma_spatial",
        "segment",
        "threshold",
        "threshold_of",
    ),
    *("pixel_size", "classes", "downscale", "resize_threshold", "minimum_object"),
)
EDITION = 3  # of the steps; a change of their results gets a new one, and old files are not taken


def is_large(settings: DataSettings) -> bool:
    """Whether an image is prepared in windows: one flat image in a file, above 512 MiB as float32.

    Only the file's header is read. Whatever is wrong with it, the reader says.

    Raises
    ------
    RaysysError
        If it is so large and in colour, which windows do not work with.
    """
    file = Path(settings.images)
    if settings.dims == 3 or not file.exists() or (file.is_dir() and not is_store(file)):
        return False
    try:
        with ImageFile(file, settings.choice, settings.stored_kind) as image:
            long, large = image.shape, image.windowed and math.prod(image.shape) > LARGE_PIXELS
    except (RaysysError, OSError):
        return False
    if large and len(long) == 2 and settings.colour:
        raise RaysysError(
            f"{settings.images} has {spelled(long)} pixels in colour; allowed: up to {LARGE_PIXELS:,}, since larger "
            "images are worked through in windows, which are for grey values and labels; cut it, or save it smaller"
        )
    return large and len(long) == 2


def prepare_large(settings: DataSettings, *, show: Show | None = None) -> Tiles:
    """`prepare` for one large flat image.

    The phases are found once and kept in `cache_folder()`, one byte a pixel, under a name made of the file's content
    and the settings; `provenance["segmented"]` says where. Training tiles above 512 MiB are cut when they are asked
    for; of held-out tiles above 256 MiB evenly spaced ones are taken.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the file or does not fit it.
    """
    return cut(prepared_in_windows(settings, show=show), settings)


def prepared_in_windows(settings: DataSettings, *, show: Show | None = None) -> PreparedImage:
    """The phases of a large image, mapped from the cache, where they are made if they are not there."""
    digest = fingerprint(settings.images)
    made = segmented(settings, digest, show=show)
    return PreparedImage(np.load(made.path, mmap_mode="r"), facts_of(made, digest), path=made.path)


def facts_of(made: Segmented, digest: str) -> ImageFacts:
    """What is known of a segmented image whose file had that SHA-256."""
    return ImageFacts(
        sha256=digest,
        shape_stored=made.shape_stored,
        dtype_stored=made.dtype_stored,
        phase_fraction=made.phase_fraction,
        phase_fraction_before=made.phase_fraction_before,
        phase_fractions=made.phase_fractions,
        in_windows=True,
        decision=made.decision,
        notices=made.notices,
        spacing=made.spacing,
    )


def segmented(settings: DataSettings, digest: str, *, show: Show | None = None) -> Segmented:
    """The phases of an image whose content has that SHA-256, from the cache or made for it."""
    folder = cached_folder(settings, digest)
    if not folder.exists():

        def fill(aside: Path) -> None:
            made = segment_large(settings, aside / "phases.npy", scratch=aside.parent, show=show)
            (aside / "facts.json").write_text(json.dumps(asdict(made) | {"path": "phases.npy"}))

        # What another process has made meanwhile may be in use, and is the same.
        folder_made_once(folder, fill, stands=lambda _: True)
    return found_in(folder)


def cached_folder(settings: DataSettings, digest: str) -> Path:
    """Where the cache keeps, or would keep, the phases of an image with that SHA-256."""
    key = hashlib.sha256(json.dumps([EDITION, digest, deciding(settings)], sort_keys=True).encode()).hexdigest()[:24]
    return cache_folder() / "segmented" / key


def deciding(settings: DataSettings) -> dict[str, Any]:
    """{field: value} of all that decides on the phases, ready for JSON."""
    said = settings.model_dump(mode="json")
    fields = {name: said[name] for name in DECIDING}
    # As a list: labels follow the order of the names.
    return fields | ({"phases": list(said["phases"].items())} if settings.phases is not None else {})


def found_in(folder: Path) -> Segmented:
    """The segmented image that a folder of the cache holds."""
    facts = json.loads((folder / "facts.json").read_text())
    facts |= {
        "path": folder / "phases.npy",
        "shape": tuple(facts["shape"]),
        "shape_stored": tuple(facts["shape_stored"]),
        "notices": tuple(facts["notices"]),
        "spacing": told_spacing(facts["spacing"]),
        "decision": told_decision(facts["decision"]),
    }
    return Segmented(**facts)
