"""What is to be annealed, as it was typed: images or a file become a target, a picture and a mask known pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.anneal.weights import longest_lag
from raysys.cli.parts.images import read_marked, reading
from raysys.cli.parts.measured import is_saved
from raysys.cli.parts.sections import Sections, are_flat, needed_shape, read_section, read_three
from raysys.cli.parts.terminal import notice
from raysys.errors import RaysysError
from raysys.shapes import by, whole_numbers

if TYPE_CHECKING:
    import numpy as np

    from raysys.anneal import Known, Target
    from raysys.data.sets import Set
    from raysys.spacing import Spacing
    from raysys.stats import Characterisation

TABLES = (".csv", ".txt")


@dataclass(frozen=True)
class TargetImages:
    """Where the target comes from, as it was typed.

    `images` are paths; `file` is a characterisation or a table, and `fraction` the phase fraction of a table;
    `weights` are the descriptors; `phase`, `phases`, `boundary`, `r_max` and `dims` are of the images, and so is
    `which`: dataset, series, channel and time of files that hold several, and the size of their pixels; grey images are
    segmented at `threshold`, and `resample` makes pixels equally long along all axes. `sections` are three paths, of a
    volume that is not the same in every direction.
    """

    images: Sequence[str]
    file: Path | None
    fraction: float | None
    weights: dict[str, float] | None
    phase: str | None
    phases: str
    boundary: str
    r_max: int | None
    dims: int
    which: dict[str, Any] = field(default_factory=dict)
    threshold: float | None = None
    resample: bool = False
    sections: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class Hole:
    """What is filled: `image` is the path of the picture, `mask` that of the pixels that are free.

    The target is measured around the hole if `alone`, or else on other images.
    """

    image: str
    mask: Path
    alone: bool


@dataclass(frozen=True)
class Commission:
    """What is to be reconstructed.

    Attributes
    ----------
    target, shape, known
        As `raysys.anneal.reconstruct` takes them.
    given
        (N, ...) with the target's values of the phases, or None: images to compare with.
    measured
        A saved characterisation to compare with, or None.
    phase
        Value of the phase that is characterised.
    spacing
        How far apart the pixels of the target's images are, and so those of the reconstructions; None if not known.
    pictures
        By file that was segmented, a grey image and its phases.
    decided
        How phases were told from the rest, in sentences.
    sections
        One or three (N, H, W), with the target's values of the phases, of which slices of the volume are to be like.
    """

    target: Target
    shape: tuple[int, ...]
    known: Known | None
    given: np.ndarray | None
    measured: Characterisation | None
    phase: int
    spacing: Spacing | None = None
    pictures: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    decided: Sequence[str] = ()
    sections: Sequence[np.ndarray] = ()


def commission(source: TargetImages, shape: tuple[int, ...] | None, hole: Hole | None) -> Commission:
    """Read everything and make the target.

    Raises
    ------
    RaysysError
        If a file cannot be read, or what was asked for does not fit together.
    """
    if (sections := _sections(source)) is not None:
        return _of_sections(source, sections, shape, hole)
    found = _read_images(source.images, source) if source.images else None
    given = None if found is None else found.images
    if given is None and source.file is None and hole is None:
        raise RaysysError("no image to take a target from; name images, or a --target-file")
    # The hole first: its picture says the shape, and around it the target may be measured.
    known = _known(hole, given, source) if hole is not None else None
    sides = _shape(shape, known, given)
    measured = _saved(source.file)
    target = _target(source, given, measured, known if hole is not None and hole.alone else None, sides)
    spacing = _known_size(found, measured, source)
    _check_directions(target, spacing)
    if hole is not None and hole.alone:
        given = None  # what stands in the hole is not to be compared with
    return Commission(
        target,
        target.check(sides),
        known,
        given,
        measured,
        _phase(source, target),
        spacing,
        {} if found is None else found.pictures,
        () if found is None else found.told,
    )


def _sections(source: TargetImages) -> Sections | None:
    """What a volume is to be made of, if that is not volumes."""
    choices = reading(**source.which)
    of_sections = source.sections is not None
    if of_sections and (source.images or source.file is not None):
        raise RaysysError("--sections take the place of IMAGE and --target-file; leave these away")
    if not of_sections and not (source.dims == 3 and are_flat(source.images, choices["choice"])):
        return None

    def read(paths: Sequence[str]) -> Set:
        # Sizes of voxels are of three axes, and not of the two that a section has.
        which = source.which | ({} if source.resample else {"pixel_size": None})
        return _read_images(paths, replace(source, dims=2, which=which))

    said = None if source.resample else choices["spacing"]
    if source.sections is not None:
        return read_three(source.sections, read, said)
    return read_section(source.images, read, said)


def _of_sections(
    source: TargetImages, sections: Sections, shape: tuple[int, ...] | None, hole: Hole | None
) -> Commission:
    """A volume whose slices are like sections."""
    import numpy as np

    from raysys.anneal import Target

    if source.file is not None or source.fraction is not None:
        raise RaysysError("--target-file and --phase-fraction go without images; those of sections are measured")
    if hole is not None and hole.alone:
        raise RaysysError("--hole is of the image itself; allowed of a volume from sections: --known and --mask")
    held = np.unique(np.concatenate([one.ravel() for one in sections.images]))
    known = None if hole is None else _known(hole, held, replace(source, dims=3))
    sides = _shape(shape, known, None) if known is not None else needed_shape(shape)
    weights = source.weights or {"S2": 1.0}
    r_max = source.r_max or longest_lag(weights, (*sections.shape, *sides))
    phase = None if source.phases == "all" else 1
    target = Target.from_sections(sections.images, weights, phase=phase, r_max=r_max, boundary=source.boundary)
    _check_directions(target, sections.spacing)
    return Commission(
        target,
        target.check(sides),
        known,
        None,
        None,
        _phase(source, target),
        sections.spacing,
        sections.pictures,
        sections.told,
        sections.images,
    )


def sides_of(text: str | None) -> tuple[int, ...] | None:
    """ "128 128" or "64x64x64" as a shape.

    Raises
    ------
    RaysysError
        If it is not two or three whole numbers.
    """
    if text is None:
        return None
    sides = whole_numbers(text)
    if sides is None or len(sides) not in (2, 3) or min(sides) < 1:
        raise RaysysError(f"--shape {text}: write two numbers, or three of a volume, such as {by((128, 128))}")
    return sides


def _read_images(paths: Sequence[str], source: TargetImages) -> Set:
    """The phase of interest as 1, or all values as they are stored, of which every one is a phase."""
    if source.phases != "all":
        how = source.which | {"threshold": source.threshold, "resample": source.resample}
        return read_marked(paths, phase=source.phase, dims=source.dims, **how)
    if source.threshold is not None:
        raise RaysysError("--grey-threshold segments grey images, and --phases all takes each value for a phase")
    from raysys.data.sets import read_set

    found = read_set(
        paths, phase="all", dims=source.dims, resample=source.resample, say=notice, **reading(**source.which)
    )
    return found._replace(images=found.images.astype("int64"))


def _known_size(found: Set | None, measured: Characterisation | None, source: TargetImages) -> Spacing | None:
    """How far pixels are apart along all axes: as the images say, or the user, of a target without images too."""
    from raysys.spacing import known_along

    said = reading(**source.which)["spacing"] if found is None else found.spacing
    return known_along(measured.spacing if said is None and measured is not None else said, source.dims)


def _check_directions(target: Target, spacing: Spacing | None) -> None:
    """Refuse a target that takes pixels for equally long along all axes where they are not."""
    if spacing is None or spacing.isotropic:
        return
    mixing = [name for name in dict.fromkeys(term.name for term in target.terms) if not _keeps_directions(name)]
    if mixing:
        axes = ",".join(f"S2_axis{axis}" for axis in range(len(spacing.sizes)))
        raise RaysysError(
            f"the pixels of the target are {spacing}, and {', '.join(mixing)} takes them for equally long along every "
            f"axis, so the reconstruction would be squeezed; --resample makes them equally long first, or ask for "
            f"descriptors that keep directions apart: --target {axes}, or map"
        )


def _keeps_directions(name: str) -> bool:
    return "_axis" in name or name == "map"


def _known(hole: Hole, given: np.ndarray | None, source: TargetImages) -> Known:
    """Phases of the picture's pixels, and which of them stay."""
    import numpy as np

    from raysys.anneal import Known

    picture = given if hole.alone else _read_images([hole.image], source).images
    if picture is None or len(picture) != 1:
        count = 0 if picture is None else len(picture)
        raise RaysysError(f"a hole is filled in one image, and {count} were given; name one")
    (image,) = picture
    values = np.unique(image if given is None else given) if source.phases == "all" else np.array([0, 1])
    strange = np.setdiff1d(image, values)
    if len(strange):
        raise RaysysError(f"{hole.image} holds the phase {strange[0]}, which the images of the target do not")
    # Targets number phases by the order of their values.
    return Known(np.searchsorted(values, image).astype(np.uint8), ~mask_of(hole.mask, image.shape))


def mask_of(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Whether a pixel is white, of a picture of the same size."""
    from raysys.data import read_images

    stored = read_images(path)
    if stored.shape != shape:
        raise RaysysError(f"{path} has {by(stored.shape)} pixels, the image {by(shape)}; a mask is of the same size")
    # White is 1, 255 or 65,535 by the file's type; a mask that is black all over has none, hence the 1.
    return stored > max(float(stored.max()), 1.0) / 2


def _shape(shape: tuple[int, ...] | None, known: Known | None, given: np.ndarray | None) -> tuple[int, ...]:
    if known is not None:
        if shape is not None and shape != known.labels.shape:
            raise RaysysError(
                f"--shape is {by(shape)} and the image with the hole {by(known.labels.shape)}; leave --shape away"
            )
        return known.labels.shape
    if shape is not None:
        return shape
    if given is None:
        raise RaysysError("no --shape, and no image to take it from; give --shape, such as --shape 128 128")
    return given.shape[1:]


def _saved(file: Path | None) -> Characterisation | None:
    if file is None or file.suffix.lower() in TABLES:
        return None
    from raysys.stats import Characterisation

    if file.is_file() and not is_saved(str(file)):
        raise RaysysError(
            f"--target-file {file}: allowed: a characterisation (.npz) that `raysys stats --save` has written, or a "
            "table (.csv)"
        )
    return Characterisation.load(file)


def _target(
    source: TargetImages,
    given: np.ndarray | None,
    measured: Characterisation | None,
    around: Known | None,
    sides: tuple[int, ...],
) -> Target:
    from raysys.anneal import Target
    from raysys.anneal.surroundings import target_around

    weights = source.weights
    if source.file is not None:
        return _filed(source, measured)
    if source.fraction is not None:
        raise RaysysError("--phase-fraction goes with a --target-file; that of images is measured")
    weights = weights or {"S2": 1.0}
    if around is not None:
        values = _values(given, source)
        return target_around(around, weights, r_max=source.r_max or longest_lag(weights, sides), values=values)
    assert given is not None
    # Pairs beyond half a period repeat, so the reconstruction's size bounds the lags.
    smallest = tuple(min(pair) for pair in zip(given.shape[1:], sides, strict=False))
    r_max = source.r_max or longest_lag(weights, smallest)
    phase = None if source.phases == "all" else 1
    return Target.from_images(given, weights, phase=phase, r_max=r_max, boundary=source.boundary)


def _filed(source: TargetImages, measured: Characterisation | None) -> Target:
    """The target of a characterisation or a table."""
    from raysys.anneal import Target

    file, weights = source.file, source.weights
    assert file is not None
    if source.phases == "all":
        raise RaysysError("--phases all asks for images; a --target-file is of one phase")
    if measured is None:
        target = Target.from_csv(file, weights, phase_fraction=source.fraction)
        return target if source.r_max is None else target.cut(source.r_max)
    found = Target.from_characterisation(measured, weights or {"S2": 1.0}, r_max=source.r_max)
    # Printed fractions have four digits at most.
    if source.fraction is not None and abs(source.fraction - found.phase_fraction) > 1e-3:
        raise RaysysError(
            f"{file}: the phase fraction is {found.phase_fraction:g} but --phase-fraction {source.fraction:g}; leave "
            "it away"
        )
    return found


def _values(given: np.ndarray | None, source: TargetImages) -> tuple[int, ...]:
    import numpy as np

    return tuple(int(value) for value in np.unique(given)) if source.phases == "all" else (0, 1)


def _phase(source: TargetImages, target: Target) -> int:
    """Value of the phase of interest among those of a reconstruction."""
    if target.binary_image and source.phases != "all":
        return 1
    named = {"bright": max(target.values), "dark": min(target.values)}
    asked = source.phase or "bright"
    if asked in named:
        return named[asked]
    if asked not in map(str, target.values):
        raise RaysysError(
            f"--phase is {asked}; the images hold {', '.join(map(str, target.values))}, or write bright or dark"
        )
    return int(asked)
