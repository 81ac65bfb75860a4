"""What a recipe's data section gives: images to train on and held-out ones, with targets where there are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
from pydantic import Discriminator, Tag

from raysys.data.guided.settings import AUTO, GuidedSettings
from raysys.data.micro2d.settings import Micro2DSettings
from raysys.data.pairs.settings import PairsSettings
from raysys.data.sections.settings import SectionsSettings
from raysys.data.settings import SHIPPED, DataSettings
from raysys.data.textures.settings import TexturesSettings
from raysys.spacing import evenly

PREPARED = "prepared"  # folder of prepared images below a recipe's storage
SOURCES: dict[str, Any] = {
    "micrograph": DataSettings,
    "guided": GuidedSettings,
    "micro2d": Micro2DSettings,
    "pairs": PairsSettings,
    "sections": SectionsSettings,
    "textures": TexturesSettings,
}


class Images(Protocol):
    """An array (N, *tile) of the data's form, in memory or behind a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, *tile), and three for colours."""

    def __len__(self) -> int:
        """Number of images."""

    def __getitem__(self, chosen: Any, /) -> np.ndarray:
        """Images of a slice or of places (n,) int64."""


class TrainingData(Protocol):
    """What the loop needs of `Tiles`, of `LabelledImages`, and of whatever else a recipe may name.

    Targets are class numbers (N,) int64 or label images (N, *tile) uint8, named by `target_names`; weights (N,) say how
    often an image is to be drawn.
    """

    @property
    def train(self) -> Images:
        """Training images."""

    @property
    def held_out(self) -> np.ndarray:
        """Images that are validated with, none of which is trained on."""

    @property
    def train_targets(self) -> np.ndarray | Images | None:
        """Targets of the training images; label images may be cut when they are asked for."""

    @property
    def held_out_targets(self) -> np.ndarray | None:
        """Targets of the held-out images."""

    @property
    def target_names(self) -> tuple[str, ...]:
        """What the values of the targets mean."""

    @property
    def train_weights(self) -> np.ndarray | None:
        """How often each training image is to be drawn, relative to the others."""

    @property
    def phase_fraction(self) -> float:
        """Share of phase 1, or the mean grey value; of label images the share of the first phase."""

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the images come from, ready for JSON."""


def _source(section: Any) -> str:
    found = section.get("source", "micrograph") if isinstance(section, dict) else getattr(section, "source", None)
    return str(found)


AnyDataSettings = Annotated[
    Annotated[DataSettings, Tag("micrograph")]
    | Annotated[GuidedSettings, Tag("guided")]
    | Annotated[Micro2DSettings, Tag("micro2d")]
    | Annotated[PairsSettings, Tag("pairs")]
    | Annotated[SectionsSettings, Tag("sections")]
    | Annotated[TexturesSettings, Tag("textures")],
    Discriminator(_source),
]


AnySettings = DataSettings | GuidedSettings | Micro2DSettings | PairsSettings | SectionsSettings | TexturesSettings


def prepared(settings: AnySettings, storage: str | Path) -> Path | None:
    """Prepare once what many processes will train on.

    Parameters
    ----------
    settings
        A recipe's data section.
    storage
        Of the recipe: a folder that all workers see.

    Returns
    -------
    The folder that `training_data` takes; None for sources that are read from their own files as fast.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the files.
    """
    # What reads a source (h5py, Pillow, tifffile) is loaded for a recipe that names it, here and below.
    from raysys.data.prepared_files import prepared_folder

    # A map is cut with its image, and sections together, so that these are prepared by each process.
    if not isinstance(settings, DataSettings) or isinstance(settings, GuidedSettings | SectionsSettings):
        return None
    return prepared_folder(settings, Path(storage) / PREPARED)


def training_data(settings: AnySettings, folder: Path | None = None) -> TrainingData:
    """Read and split what a recipe's data section names.

    Parameters
    ----------
    settings
        The section.
    folder
        Where `prepared` has put it; read from there, the data are the same. A folder that this machine does not see, or
        that is damaged, is done without.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the files or does not fit them.
    """
    if isinstance(settings, GuidedSettings):
        from raysys.data.guided.selection import guided_tiles

        return guided_tiles(settings)
    if isinstance(settings, SectionsSettings):
        from raysys.data.sections.selection import section_tiles

        return section_tiles(settings)
    if isinstance(settings, DataSettings):
        return _tiles(settings, folder)
    if isinstance(settings, PairsSettings):
        from raysys.data.pairs.selection import pair

        return pair(settings)
    if isinstance(settings, TexturesSettings):
        from raysys.data.textures.selection import textures

        return textures(settings)
    from raysys.data.micro2d.selection import select

    return select(settings)


def _tiles(settings: DataSettings, folder: Path | None) -> TrainingData:
    from raysys.data.preparation.prepare import prepare
    from raysys.data.preparation.prepared_image import check_form
    from raysys.data.prepared_files import mapped_tiles

    mapped = None if folder is None else mapped_tiles(folder, settings)
    tiles = prepare(settings) if mapped is None else mapped
    check_form(tiles, settings)
    return tiles


def located_data(settings: AnySettings, *, say: Callable[[str], None] | None = None) -> dict[str, Any]:
    """{field: value} of what another machine, or a later day, must not find otherwise.

    Files get their whole paths, and a window that is to be representative becomes a number of pixels, so that the image
    is looked at once; `say` is told which.
    """
    found: dict[str, Any] = {}
    if not settings.images.startswith(SHIPPED):
        found["images"] = str(Path(settings.images).resolve())
    if isinstance(settings, PairsSettings) and settings.masks is not None:
        found["masks"] = str(Path(settings.masks).resolve())
    if isinstance(settings, GuidedSettings) and settings.map != AUTO:
        found[settings.guide] = str(Path(settings.map).resolve())
    if isinstance(settings, SectionsSettings):
        found |= {name: str(Path(getattr(settings, name)).resolve()) for name in ("xz", "yz")}
    if isinstance(settings, DataSettings) and settings.window == "res":
        from raysys.data.preparation.window import window_in_pixels

        found["window"] = window_in_pixels(settings, say=say)
    return found


def batch_of(data: TrainingData, places: np.ndarray, seeds: Sequence[tuple[int, int]]) -> dict[str, np.ndarray]:
    """What is seen of the training images at `places` (n,): a source that has a method `batch` draws it by itself.

    Parameters
    ----------
    data
        Whose images.
    places
        int64 (n,).
    seeds
        One for each image, of whatever is drawn for it, such as where it is cropped: (recipe's seed, its place in the
        endless row of images), so that it is the same for any number of workers.

    Returns
    -------
    dict
        "images" and, where there are any, "targets"; "others", which are images too; anything else as it is.
    """
    draw = getattr(data, "batch", None)
    if draw is not None:
        drawn: dict[str, np.ndarray] = draw(places, seeds)
        return drawn
    images = {"images": data.train[places]}
    return images if data.train_targets is None else images | {"targets": data.train_targets[places]}


def at_hand(images: Images) -> bool:
    """Whether all images may be asked for at once: they are in memory, or would be if their image were not mapped."""
    return isinstance(images, np.ndarray) or bool(getattr(images, "at_hand", False))


def some(images: Images, count: int) -> np.ndarray:
    """At most `count` of the images, evenly over all of them."""
    if len(images) <= count:
        return images[:]
    return images[evenly(count, len(images))]
