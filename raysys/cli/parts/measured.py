"""A set of images with what has been measured of it: read and measured, or saved by an earlier study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
        shown, first = self.shown, {path: self.files.index(path) for path in self.originals}
        if shown is None:
            return {}
        phases = {path: shown[k] if shown[k].ndim == 2 else shown[k][len(shown[k]) // 2] for path, k in first.items()}
        return {path: (original, phases[path]) for path, original in self.originals.items()}

    @property
    def shown(self) -> np.ndarray | None:
        """The images as pages show them: uint8, 1 = phase of interest."""
        import numpy as np

        if self.images is None or (self.phase == 1 and self.images.dtype == np.uint8 and self.images.max() <= 1):
            return self.images
        return (self.images == self.phase).astype(np.uint8)


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
    from raysys.stats import Characterisation

    name = named(paths)
    saved = [path for path in paths if is_saved(path)]
    if saved:
        if len(paths) > 1:
            raise RaysysError(f"{saved[0]} is a saved characterisation, a set of its own; name it alone")
        if options.get("mask") is not None:
            raise RaysysError(f"--mask: {saved[0]} was saved without its images; name the images")
        loaded = Characterisation.load(saved[0])
        return [Study(name, None, loaded.phase, loaded)]
    sets = read_sets(paths, **reading)
    several = len(sets) > 1
    return [_measured(f"{name}, {by(one.images.shape[1:])}" if several else name, one, names, options) for one in sets]


def _measured(name: str, found: Set, names: Sequence[str], options: dict[str, Any]) -> Study:
    from raysys.stats import characterise

    images, phase, spacing = found.images, found.phase, found.spacing
    groups = slices_in(images == phase, name)
    _say_spacing(spacing, name, names, images.ndim - 1)
    with Bar(f"measuring {name}", "of") as bar:

        def heard(done: int, total: int) -> None:
            # `characterise` counts images where it spreads them over processes, and else descriptors.
            bar.update(done, total, of="descriptors" if total == len(names) else "images")

        measured = characterise(images, names, phase=phase, groups=groups, progress=heard, **options)
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
    images, spacing = found[0].images, found[0].spacing
    _say_spacing(spacing, name, names, images.ndim - 1)
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
    ways: dict[str, list[str]] = {}
    for path, one in study.decisions.items():
        ways.setdefault(f"phase {one.phase}, {one.how}", []).append(Path(path).name)
    if len(ways) == 1:
        return list(ways)
    return [f"{way} ({', '.join(files)})" for way, files in ways.items()]


def slices_in(inside: np.ndarray, name: str) -> np.ndarray | None:
    """Which images are counted as one, where flat ones are slices of a volume, which is then said; else None."""
    from raysys.stats.sets.stacks import stack_of

    found = stack_of(inside) if inside.ndim == 3 else None
    if found is None:
        return None
    notice(f"the {len(inside)} images of {name} {found.words} in bands and intervals; --dims 3 measures the volume")
    return found.groups


def _say_spacing(spacing: Spacing | None, name: str, names: Sequence[str], dims: int) -> None:
    """Warn where descriptors take pixels for cubes that are none, or that nobody knows to be some."""
    if spacing is None:
        return
    if len(spacing.sizes) < dims:
        notice(
            f"{name} says how far apart the pixels of a slice are ({spacing}), but not how far apart slices are; give "
            "both with --pixel-size, slices first"
        )
    mixing = [descriptor for descriptor in names if "_axis" not in descriptor]
    if not spacing.isotropic and mixing:
        notice(
            f"warning: the pixels of {name} are {spacing}, and {', '.join(mixing)} take them for equally long along "
            "every axis; descriptors named _axis0, _axis1, ... keep directions apart, and --resample makes pixels "
            "equally long"
        )


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
