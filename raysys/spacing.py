"""Even spacing: some of many from the first to the last, and how far apart the pixels of an image are."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.errors import RaysysError

METRES = {"pm": 1e-12, "nm": 1e-9, "um": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3}
# Other spellings that files have, in lower case; a unit of angstrom, inch or the like is turned into one of the above.
SPELLINGS = {
    "µm": ("um", 1.0),
    "μm": ("um", 1.0),
    "\\u00b5m": ("um", 1.0),
    "micron": ("um", 1.0),
    "microns": ("um", 1.0),
    **dict.fromkeys(("micrometer", "micrometre", "micrometers", "micrometres"), ("um", 1.0)),
    **dict.fromkeys(("nanometer", "nanometre", "nanometers", "nanometres"), ("nm", 1.0)),
    **dict.fromkeys(("millimeter", "millimetre", "millimeters", "millimetres"), ("mm", 1.0)),
    **dict.fromkeys(("centimeter", "centimetre"), ("cm", 1.0)),
    **dict.fromkeys(("meter", "metre", "meters", "metres"), ("m", 1.0)),
    **dict.fromkeys(("å", "angstrom", "angstroms", "a"), ("nm", 0.1)),
    **dict.fromkeys(("inch", "in", "inches"), ("cm", 2.54)),
}
_SIZE = re.compile(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([^\s0-9].*?)?\s*")
_AXIS = re.compile(r"_axis([0-2])$")
DARCY = 9.869233e-13  # m^2
SAME = 1e-4  # sizes that differ less, relatively, are one: files round them


@dataclass(frozen=True)
class Spacing:
    """How far apart the pixels of an image are, which is the side of a pixel or voxel.

    Attributes
    ----------
    sizes
        Above 0, one for each axis, slowest first. Of a stack whose file says nothing of the distance between slices
        there are two, of the last axes.
    unit
        One of `METRES`; empty where a file says none, and the sizes' ratios alone are known.
    """

    sizes: tuple[float, ...]
    unit: str = ""

    def __post_init__(self) -> None:
        wrong = [size for size in self.sizes if not (math.isfinite(size) and size > 0)]
        if wrong or not self.sizes or (self.unit and self.unit not in METRES):
            raise RaysysError(f"pixels of {self.sizes} {self.unit}; allowed: sizes above 0 in {', '.join(METRES)}")

    def __str__(self) -> str:
        """In words: "0.4 um", or "5 x 2.25 x 2.25 um" where the axes differ."""
        sizes = self.sizes[:1] if self.isotropic else self.sizes
        return f"{' x '.join(f'{size:.6g}' for size in sizes)} {self.unit or '(no unit)'}"

    @property
    def isotropic(self) -> bool:
        """Whether all sizes are the same."""
        return max(self.sizes) - min(self.sizes) <= SAME * max(self.sizes)

    @property
    def metres(self) -> tuple[float, ...] | None:
        """The sizes in metres; None without a unit."""
        return tuple(size * METRES[self.unit] for size in self.sizes) if self.unit else None

    def of_axes(self, dims: int) -> Spacing:
        """The spacing of the last `dims` axes, or of all that are known; one size stands for all axes."""
        sizes = self.sizes * dims if len(self.sizes) == 1 else self.sizes
        return Spacing(sizes[-dims:], self.unit)

    def times(self, factor: float) -> Spacing:
        """The spacing after downscaling by that factor."""
        return Spacing(tuple(size * factor for size in self.sizes), self.unit)

    def like(self, other: Spacing) -> bool:
        """Whether pixels are as large as the other's, whatever the unit; files round them."""
        ours, theirs = self.metres or self.sizes, other.metres or other.sizes
        known = bool(self.unit) == bool(other.unit) and len(ours) == len(theirs)
        return known and all(
            math.isclose(one, another, rel_tol=SAME) for one, another in zip(ours, theirs, strict=True)
        )

    def along(self, descriptor: str) -> float | None:
        """Length of one pixel on the way of a descriptor's lags: S2_axis0 runs along the first axis, S2 along all.

        None where ways along axes whose pixels differ are mixed, so that a lag is no one length.
        """
        axis = _AXIS.search(descriptor)
        if axis is not None and int(axis[1]) < len(self.sizes):
            return self.sizes[int(axis[1])]
        return self.sizes[0] if self.isotropic else None

    def along_one(self, descriptor: str) -> Spacing | None:
        """That length as a spacing, the same along all axes; None where it is no one length."""
        size = self.along(descriptor)
        return None if size is None else Spacing((size,) * len(self.sizes), self.unit)

    @property
    def fields(self) -> dict[str, Any]:
        """What is written into files that have room for names: `stored_spacing` reads it."""
        return {"pixel_size": list(self.sizes), "unit": self.unit}


def common_spacing(sizes: Mapping[str, Spacing | None]) -> Spacing | None:
    """The size of the pixels of all sets, by name, of which some may not say it; None where none does.

    Raises
    ------
    RaysysError
        If two sets have pixels of different sizes: a lag of so many pixels is another length in each.
    """
    known = [(name, size) for name, size in sizes.items() if size is not None]
    for name, size in known[1:]:
        if not size.like(known[0][1]):
            raise RaysysError(
                f"{name} has pixels of {size}, and {known[0][0]} of {known[0][1]}; what is compared pixel by pixel has "
                "pixels of one size: shrink the finer images (raysys data segment --set downscale=2), or say with "
                "--pixel-size what size all pixels have"
            )
    return known[0][1] if known else None


def known_along(spacing: Spacing | None, dims: int) -> Spacing | None:
    """The spacing of images of so many axes; None where that of an axis is not known."""
    known = None if spacing is None else spacing.of_axes(dims)
    return known if known is not None and len(known.sizes) == dims else None


def stored_spacing(said: Mapping[str, Any]) -> Spacing | None:
    """The spacing among the fields of a file, as `Spacing.fields` writes it; None where it is none."""
    try:
        return spacing_or_none([float(size) for size in said["pixel_size"]], str(said.get("unit", "")))
    except (KeyError, TypeError, ValueError):
        return None


def tiff_options(spacing: Spacing | None) -> dict[str, Any]:
    """What `tifffile.imwrite` is told besides: the fields as JSON, and the resolution tags that other programs read."""
    if spacing is None:
        return {"metadata": {}}
    told: dict[str, Any] = {"metadata": spacing.fields}
    if spacing.metres is not None:
        across, down = (1e-2 / spacing.metres[-1], 1e-2 / spacing.metres[-min(2, len(spacing.metres))])
        told |= {"resolution": (across, down), "resolutionunit": "CENTIMETER"}
    return told


def physical(value: float, unit: str, spacing: Spacing | None) -> tuple[float, str] | None:
    """A number in a unit of pixels ("pixel", "pixel^2", "1/pixel", ...) in the unit of the pixels' size.

    Returns
    -------
    None where the size is not known, or has no unit, or differs between axes, so that no one number is meant; and of a
    pure number.
    """
    power = _power_of(unit)
    if spacing is None or not spacing.unit or not spacing.isotropic or power == 0:
        return None
    raised = spacing.unit if abs(power) == 1 else f"{spacing.unit}^{abs(power)}"
    return value * spacing.sizes[0] ** power, raised if power > 0 else f"1/{raised}"


def permeability_in_words(value: float, spacing: Spacing | None) -> str | None:
    """A permeability in pixel^2 as "1.2e-12 m^2 (1.22 D)"; None where the pixels' size is not one with a unit."""
    if spacing is None or spacing.metres is None or not spacing.isotropic:
        return None
    metres = value * spacing.metres[0] ** 2
    return f"{metres:.4g} m^2 ({metres / DARCY:.4g} D)"


def _power_of(unit: str) -> int:
    """The power of pixels that a unit is; 0 of a pure number."""
    found = re.fullmatch(r"(1/)?pixel(?:\^(\d+))?", unit)
    return 0 if found is None else (-1 if found[1] else 1) * int(found[2] or 1)


def spacing_of(text: str) -> Spacing:
    """Read "0.4um", or "5um,2.25um,2.25um" with one size for each axis, slowest first (slices, rows, columns).

    Raises
    ------
    RaysysError
        If it is none, or the units differ.
    """
    found = [_SIZE.fullmatch(part) for part in text.split(",")]
    units = [one[2] for one in found if one and one[2]]
    sizes = [float(one[1]) for one in found if one and _is_number(one[1])]
    unit, factor = unit_of(units[-1]) if units else ("", 1.0)
    if len(sizes) != len(found) or len(sizes) > 3 or not unit or len({unit_of(one) for one in units}) > 1:
        raise RaysysError(
            f"pixel size {text!r}: write a number with its unit ({', '.join(METRES)}), such as 0.4um, or one for each "
            "axis, slowest first, such as 5um,2.25um,2.25um"
        )
    return Spacing(tuple(size * factor for size in sizes), unit)


def told_spacing(said: Mapping[str, Any] | None) -> Spacing | None:
    """A spacing that was written as JSON (its fields), and lists for tuples; None stays None."""
    return None if said is None else Spacing(tuple(said["sizes"]), said["unit"])


def unit_of(name: str) -> tuple[str, float]:
    """A unit as files spell it, as one of `METRES` and the factor to it; ("", 1.0) for what is none, such as pixels."""
    bare = name.strip().strip("\x00")
    if bare in METRES:
        return bare, 1.0
    return SPELLINGS.get(bare.lower(), (bare.lower() if bare.lower() in METRES else "", 1.0))


def spacing_or_none(sizes: Sequence[float | None], unit: str = "") -> Spacing | None:
    """What a file says of its axes, slowest first: the sizes of the last ones that are known; None where none is.

    A size that is no positive number says nothing, and so do equal sizes of 1 without a unit.
    """
    known: list[float] = []
    for size in reversed(sizes):
        if size is None or not math.isfinite(size) or size <= 0:
            break
        known.insert(0, float(size))
    name, factor = unit_of(unit)
    if not known or (not name and set(known) == {1.0}):
        return None
    return Spacing(tuple(size * factor for size in known), name)


def _is_number(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


def evenly(count: int, of: int) -> np.ndarray:
    """Places of `count` things, evenly over a row of `of`; all of them where there are no more.

    Parameters
    ----------
    count
        How many are wanted, at least 0.
    of
        How many there are.

    Returns
    -------
    (min(count, of),) int64, ascending and all different; the first is 0 and, from two on, the last is `of` - 1
    """
    return np.linspace(0, of - 1, min(count, of)).round().astype(np.int64)
