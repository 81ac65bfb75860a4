"""A set of images with what has been measured of it: read and measured, or saved by an earlier study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.images import read_sets
from raysys.cli.parts.terminal import Bar, by, notice
from raysys.errors import RaysysError
from raysys.shapes import whole_numbers

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.phases import Decision
    from raysys.data.sets import Set
    from raysys.spacing import Spacing
    from raysys.stats import Characterisation, RepresentativeSize


@dataclass(frozen=True)
class Study:
    """One set.

    `images` are labels (N, ...), None where the characterisation was saved without them; `phase` is their phase of
    interest, `spacing` how far apart their pixels are, where it is known. `files` (N,) says where each comes from,
    `decisions` and `originals` of each file how its phase was told from the rest, and what it looked like before.
    """

    name: str
    images: np.ndarray | None
    phase: int
    measured: Characterisation
    spacing: Spacing | None = None
    files: tuple[str, ...] = ()
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    originals: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, str]:
        """Phase, method and threshold in words; empty where they are not known, as of what was saved."""
        found = list(self.decisions.values())
        thresholds = sorted(by.threshold for by in found if by.threshold is not None)
        ends = dict.fromkeys(f"{one:.6g}" for one in (thresholds[:1] + thresholds[-1:]))
        return {
            "phase_of_interest": ", ".join(dict.fromkeys(by.phase for by in found)),
            "method": ", ".join(dict.fromkeys(by.method for by in found)),
            "threshold": " to ".join(ends),
        }

    @property
    def pictures(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By file that was segmented, one flat image as it was stored, and its phase as pages show it."""
        from raysys.data.sets import Set

        if self.images is None:
            return {}
        return Set(self.images, self.phase, None, self.files, {}, self.originals).pictures

    @property
    def shown(self) -> np.ndarray | None:
        """The images as pages show them: uint8, 1 = phase of interest."""
        from raysys.data.sets import Set

        return None if self.images is None else Set(self.images, self.phase).marked


def studied(
    paths: Sequence[str], reading: dict[str, Any], names: Sequence[str], options: dict[str, Any]
) -> list[Study]:
    """Read and measure a set, or one for each size of its images; or load it.

    Parameters
    ----------
    paths
        Of images, or of one characterisation that was saved.
    reading
        As `read_sets` takes it.
    names, options
        Of descriptors, and as `raysys.stats.characterise` takes them.

    Raises
    ------
    RaysysError
        If anything cannot be read or measured.
    """
    from raysys.spacing import known_along, spacing_of
    from raysys.stats import Characterisation

    name = named(paths)
    saved = [path for path in paths if is_saved(path)]
    if saved:
        if len(paths) > 1:
            raise RaysysError(f"{saved[0]} is a saved characterisation, a set of its own; name it alone")
        if options.get("mask") is not None:
            raise RaysysError(f"--mask: {saved[0]} was saved without its images; name the images")
        loaded = Characterisation.load(saved[0])
        size = reading.get("pixel_size")
        # What was saved with the numbers is not said anew: the option is of the images beside them.
        said = None if size is None else known_along(spacing_of(size), len(loaded.shape))
        spacing = loaded.spacing or said
        return [Study(name, None, loaded.phase, replace(loaded, spacing=spacing), spacing)]
    sets = read_sets(paths, **reading)
    several = len(sets) > 1
    return [_measured(f"{name}, {by(one.images.shape[1:])}" if several else name, one, names, options) for one in sets]


def _measured(name: str, found: Set, names: Sequence[str], options: dict[str, Any]) -> Study:
    from raysys.stats import characterise

    images, phase = found.images, found.phase
    groups = slices_in(images == phase, name)
    spacing = _known_size(found.spacing, name, names, images.ndim - 1)
    with Bar(f"measuring {name}", "of") as bar:

        def heard(done: int, total: int) -> None:
            # `characterise` counts images where it spreads them over processes, and else descriptors.
            bar.update(done, total, of="descriptors" if total == len(names) else "images")

        measured = characterise(images, names, phase=phase, groups=groups, progress=heard, **options)
        measured = replace(measured, spacing=spacing)  # for whoever saves it
        return Study(name, images, phase, measured, spacing, found.files, found.decisions, found.originals)


def studied_phases(
    paths: Sequence[str], reading: dict[str, Any], names: Sequence[str], options: dict[str, Any]
) -> list[Study]:
    """Read label images, and measure every value that they hold as a phase; parameters as of `studied`.

    Raises
    ------
    RaysysError
        If anything cannot be read or measured, or is grey.
    """
    import numpy as np

    from raysys.stats import characterise

    name = named(paths)
    if any(is_saved(path) for path in paths):
        raise RaysysError(f"{name} is a saved characterisation, of one phase; --phase all asks for images")
    found = read_sets(paths, **reading)
    if len(found) > 1:
        sizes = ", ".join(by(one.images.shape[1:]) for one in found)
        raise RaysysError(f"--phase all measures images of one size, and these have {sizes}; --crop cuts them to one")
    images = found[0].images
    spacing = _known_size(found[0].spacing, name, names, images.ndim - 1)
    values = np.unique(images).tolist()
    groups = slices_in(images == values[0], name)
    studies = []
    with Bar(f"measuring the phases of {name}") as bar:
        for done, value in enumerate(values, start=1):
            measured = characterise(images, names, phase=int(value), groups=groups, **options)
            studies.append(Study(f"{name}, phase {int(value)}", images, int(value), measured, spacing))
            bar.update(done, len(values))
    return studies


def decided_on(study: Study) -> list[str]:
    """How the phase of interest was told from the rest, a sentence for each way and its files."""
    from raysys.data.phases import ways_of

    return ways_of(study.decisions)


def slices_in(inside: np.ndarray, name: str) -> np.ndarray | None:
    """Which images are counted as one, where flat ones are slices of a volume, which is then said; else None."""
    from raysys.stats.sets.stacks import stack_of

    found = stack_of(inside) if inside.ndim == 3 else None
    if found is None:
        return None
    notice(f"the {len(inside)} images of {name} {found.words} in bands and intervals; --dims 3 measures the volume")
    return found.groups


def _known_size(spacing: Spacing | None, name: str, names: Sequence[str], dims: int) -> Spacing | None:
    """The size of pixels, if it is known along all axes; if it is not, or descriptors mix unequal ones, it is said."""
    if spacing is None:
        return None
    if len(spacing.sizes) < dims:
        notice(
            f"{name} says how far apart the pixels of a slice are ({spacing}), but not how far apart slices are; give "
            "both with --pixel-size, slices first; until then all is in pixels"
        )
        return None
    mixing = [descriptor for descriptor in names if "_axis" not in descriptor]
    if not spacing.isotropic and mixing:
        notice(
            f"warning: the pixels of {name} are {spacing}, and {', '.join(mixing)} take them for equally long along "
            "every axis; descriptors named _axis0, _axis1, ... keep directions apart, and --resample makes pixels "
            "equally long"
        )
    return spacing


def one_size(sizes: Mapping[str, Spacing | None], names: Sequence[str], dims: int) -> Spacing | None:
    """The size of the pixels of all sets, which is said; sets of different sizes are refused.

    Parameters
    ----------
    sizes
        By the name of the set.
    names
        Of the descriptors that are measured.
    dims
        Axes of an image.
    """
    from raysys.spacing import common_spacing

    found = common_spacing(sizes)
    if found is None:
        return None
    known = _known_size(found, next(name for name, size in sizes.items() if size is not None), names, dims)
    unsaid = [name for name, size in sizes.items() if size is None]
    if unsaid:
        notice(f"{', '.join(unsaid)}: nothing says how large the pixels are; taken for {found}, as of the others")
    return known


def representative(study: Study, options: dict[str, Any]) -> RepresentativeSize:
    """Look at windows of the study's one image.

    Raises
    ------
    RaysysError
        If it has no image, or several, or one that is too small.
    """
    from raysys.stats import representative_size

    if study.images is None or len(study.images) != 1:
        held = "no image but a saved characterisation" if study.images is None else f"{len(study.images)} images"
        raise RaysysError(f"--res cuts windows out of one large image, and {study.name} is {held}")
    with Bar("representative size", "of") as bar:

        def heard(done: int, total: int) -> None:
            bar.update(done, total, of="windows")

        return representative_size(study.images[0], phase=study.phase, progress=heard, **options)


def is_saved(path: str) -> bool:
    """Whether a file is a characterisation saved by raysys, rather than images."""
    import numpy as np

    if not path.lower().endswith(".npz") or not Path(path).is_file():
        return False
    try:
        # By what is in it: an .npz may as well hold images.
        with np.load(path, allow_pickle=False) as stored:
            return {"description", "phase_fractions"} <= set(stored.files)
    except Exception:  # a damaged file is told of by whoever reads it
        return False


def named(paths: Sequence[str]) -> str:
    """A set in words: its first file's name, and how many more there are."""
    return Path(paths[0]).name if len(paths) == 1 else f"{Path(paths[0]).name} and {len(paths) - 1} more"


def shape_of(text: str) -> tuple[int, ...]:
    """ "100 100 100", "100x100x100" or "100,100,100" as a shape.

    Raises
    ------
    RaysysError
        If it is none.
    """
    sides = whole_numbers(text)
    if sides is None or not 2 <= len(sides) <= 4 or min(sides) < 1:
        raise RaysysError(
            f"--raw-shape {text}: write pixels along each axis, slowest first, such as {by((100, 100, 100))}"
        )
    return sides
