"""The size of pixels in TIFF files: of OME, ImageJ, electron microscopes, and the resolution tags."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from typing import Any

import tifffile

from raysys.spacing import Spacing, spacing_or_none, stored_spacing

INCH, CENTIMETRE = 2, 3
# Resolutions that programs write for the printer, in pixels an inch: they say nothing of the object.
PRINTED = (1, 72, 96, 100, 120, 144, 150, 180, 200, 220, 240, 300, 350, 400, 600)


def tiff_spacing(tiff: tifffile.TiffFile, series: tifffile.TiffPageSeries | None, page: Any) -> Spacing | None:
    """What the file says of the distance between pixels, and between slices where it has any."""
    try:
        if tiff.is_ome and series is not None:
            return _of_ome(tiff, series)
        if tiff.is_imagej and series is not None:
            return _of_imagej(tiff, series)
        return _of_raysys(tiff) or _of_microscope(tiff) or _of_tags(page)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, ElementTree.ParseError):
        return None  # whatever stands there, it is no size


def _of_ome(tiff: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> Spacing | None:
    found = [one for one in ElementTree.fromstring(tiff.ome_metadata or "").iter() if one.tag.endswith("}Pixels")]
    pixels = found[tiff.series.index(series)].attrib
    units = {pixels.get(f"PhysicalSize{axis}Unit", "µm") for axis in "YX"}
    sizes = [float(pixels[f"PhysicalSize{axis}"]) if f"PhysicalSize{axis}" in pixels else None for axis in "ZYX"]
    same = pixels.get("PhysicalSizeZUnit", "µm") in units
    if len(units) > 1:
        return None
    return spacing_or_none(sizes if same and "Z" in series.axes else sizes[1:], units.pop())


def _of_imagej(tiff: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> Spacing | None:
    said: dict[str, Any] = tiff.imagej_metadata or {}
    across, down = (_size(series.keyframe, tag) for tag in (282, 283))
    sizes = [said.get("spacing"), down, across] if "Z" in series.axes else [down, across]
    return spacing_or_none(sizes, str(said.get("unit", "")).replace("\\u00B5", "µ"))


def _of_raysys(tiff: tifffile.TiffFile) -> Spacing | None:
    """Of files that raysys has written: in their own unit, and of volumes along all axes."""
    said = tiff.shaped_metadata if tiff.is_shaped else None
    return stored_spacing(said[0]) if said else None


def _of_microscope(tiff: tifffile.TiffFile) -> Spacing | None:
    """Of files of FEI and Zeiss electron microscopes, which have tags of their own."""
    scan = (tiff.fei_metadata or {}).get("Scan", {})
    if scan:
        return spacing_or_none([float(scan["PixelHeight"]), float(scan["PixelWidth"])], "m")
    said = tiff.sem_metadata or {}
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        if key in said:
            _, size, unit = said[key]
            return spacing_or_none([float(size)] * 2, unit)
    return None


def _of_tags(page: Any) -> Spacing | None:
    unit = int(page.tags.valueof(296, default=INCH))
    across, down = _size(page, 282), _size(page, 283)
    if unit not in (INCH, CENTIMETRE) or across is None or down is None:
        return None
    dots = 1 / across * (1.0 if unit == INCH else 2.54)  # pixels an inch
    if any(math.isclose(dots, printed, rel_tol=0.01) for printed in PRINTED):
        return None
    return spacing_or_none([down, across], "inch" if unit == INCH else "cm")


def _size(page: Any, tag: int) -> float | None:
    above, below = page.tags.valueof(tag, default=(0, 1))
    return below / above if above else None
