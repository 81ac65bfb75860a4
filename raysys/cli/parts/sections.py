"""Sections of which a volume is to be made, as they were typed, and the volume's slices beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raysys.errors import RaysysError
from raysys.shapes import by

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.files.source import Choice
    from raysys.data.sets import Set
    from raysys.spacing import Spacing
    from raysys.stats import Characterisation

__all__ = ["Sections", "are_flat", "beside_sections", "needed_shape", "read_section", "read_three"]

SLICES = 32  # of each direction, evenly over all volumes, that are measured


@dataclass(frozen=True)
class Sections:
    """One section of what is the same in every direction, or three.

    Attributes
    ----------
    images
        One or three, (N, H, W) as read.
    spacing
        How far voxels of the volume are apart; None where no section says it.
    pictures, told
        Of those that were segmented, see `raysys.data.sets.Set`.
    """

    images: Sequence[np.ndarray]
    spacing: Spacing | None
    pictures: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    told: Sequence[str] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shortest side of all sections, of each axis."""
        return (min(side for one in self.images for side in one.shape[1:]),) * 3


def are_flat(paths: Sequence[str], choice: Choice) -> bool:
    """Whether every file is one flat image, of which a volume can be made only as of a section."""
    from raysys.data.files.reading import is_flat

    return bool(paths) and all(is_flat(path, choice) for path in paths)


def read_section(paths: Sequence[str], read: Callable[[Sequence[str]], Set], said: Spacing | None) -> Sections:
    """Read a section, or parallel ones, of what is the same in every direction.

    Parameters
    ----------
    paths
        Of flat images of one size.
    read
        Reads them.
    said
        The size of voxels that the user has named.

    Raises
    ------
    RaysysError
        If pixels are not equally long.
    """
    found = read(paths)
    spacing = found.spacing if said is None else said.of_axes(2)
    if spacing is not None and not spacing.isotropic:
        raise RaysysError(
            f"the pixels of {paths[0]} are {spacing}, and a volume that is the same in every direction has equal ones; "
            "--resample makes them equally long first, or give sections in three directions (--sections)"
        )
    whole = None if spacing is None else type(spacing)(spacing.sizes[:1] * 3, spacing.unit)
    return Sections([found.images], whole, found.pictures, found.told)


def read_three(paths: Sequence[str], read: Callable[[Sequence[str]], Set], said: Spacing | None) -> Sections:
    """Read sections across axis 0, 1 and 2.

    Raises
    ------
    RaysysError
        If two that share an axis have pixels of different length along it.
    """
    from raysys.sections import voxels_of

    found = [read([path]) for path in paths]
    spacing = said.of_axes(3) if said is not None else voxels_of(paths, [one.spacing for one in found])
    if spacing is not None and len(spacing.sizes) != 3:
        raise RaysysError(f"--pixel-size is {spacing}; allowed of three --sections: one size, or three, slowest first")
    pictures = {path: picture for one in found for path, picture in one.pictures.items()}
    return Sections([one.images for one in found], spacing, pictures, [word for one in found for word in one.told])


def needed_shape(shape: tuple[int, ...] | None) -> tuple[int, ...]:
    """The volume's shape, which no section says.

    Raises
    ------
    RaysysError
        If there is none, or it is flat.
    """
    if shape is None or len(shape) != 3:
        found = "no --shape" if shape is None else f"--shape {by(shape)}"
        raise RaysysError(
            f"{found}, and a section does not say how deep its volume is; give three sides, such as --shape 128 128 128"
        )
    return shape


def beside_sections(
    sections: Sequence[np.ndarray],
    volumes: np.ndarray,
    measure: Callable[[np.ndarray], Characterisation],
) -> tuple[Characterisation, Characterisation, dict[str, dict[str, float]]]:
    """Sections and slices of volumes in the same numbers.

    Parameters
    ----------
    sections
        One or three (N, H, W).
    volumes
        (N, D, H, W).
    measure
        Of flat images.

    Returns
    -------
    The sections', cut to one size; the slices' of all directions; and, by direction, the error to its own section.
    """
    import numpy as np

    from raysys.stats import compare

    directions = [_slices(volumes, axis) for axis in range(3)]
    found = [measure(one) for one in sections]
    errors = {
        f"slices across axis {axis}": compare(found[axis % len(found)], measure(one))
        for axis, one in enumerate(directions)
    }
    common = [min(one.shape[axis] for one in sections) for axis in (1, 2)]
    given = np.concatenate([one[:, : common[0], : common[1]] for one in sections])
    side = min(volumes.shape[1:])
    made = np.concatenate([one[:, :side, :side] for one in directions])
    return measure(given), measure(made), errors


def _slices(volumes: np.ndarray, axis: int) -> np.ndarray:
    """Some slices across an axis, evenly over all volumes."""
    import numpy as np

    from raysys.spacing import evenly

    moved = np.moveaxis(volumes, axis + 1, 1)
    places = evenly(SLICES, moved.shape[0] * moved.shape[1])
    return np.stack([moved[place // moved.shape[1], place % moved.shape[1]] for place in places])
