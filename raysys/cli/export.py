"""`raysys export`: volumes in the files of programs that look at them, mesh them or print them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raysys.cli.parts.images import reading
from raysys.cli.parts.measured import shape_of
from raysys.cli.parts.options import (
    ChannelOption,
    DatasetOption,
    GreyThresholdOption,
    PhaseOption,
    PixelSizeOption,
    SeriesOption,
    TimeOption,
)
from raysys.cli.parts.terminal import by, facts, notice, show, wrote
from raysys.cli.stats import StatsCommand
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.spacing import Spacing

FORMATS = (".vti", ".stl")


class ExportCommand(StatsCommand):
    """The command, whose --raw-shape takes as many numbers as there are axes."""


def export(
    volume: Annotated[
        str,
        typer.Argument(metavar="VOLUME", help="One volume, or several of which --index names one; as raysys stats."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help=".vti: the values, voxel by voxel, for ParaView, PyVista or Slicer; .stl: the closed surface of the "
            "phase, triangles for meshing and printing.",
        ),
    ],
    phase: PhaseOption = None,
    threshold: GreyThresholdOption = None,
    smooth: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="VOXELS",
            help="Of .stl: standard deviation of a Gaussian before the surface is sought. 0 goes round voxels as they "
            "are (the area of a ball is 9 % too large); 1 is right within 2 %, and loses what is two voxels thin.",
        ),
    ] = 0.0,
    index: Annotated[int | None, typer.Option(min=0, help="Which of several volumes in the file, from 0.")] = None,
    pixel_size: PixelSizeOption = None,
    dataset: DatasetOption = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    time: TimeOption = None,
    raw_shape: Annotated[
        str | None, typer.Option(help="Voxels of raw files along each axis, slowest first.", metavar="D H W")
    ] = None,
    raw_dtype: Annotated[str | None, typer.Option(help="Numbers of raw files: uint8, >u2, ...", metavar="TYPE")] = None,
) -> None:
    """Write a volume for other programs: .vti holds its voxels, .stl the surface of its phase.

    Without --phase or --grey-threshold a .vti has the values of the file, grey ones too; with one of them 1 is the
    phase. A .stl is closed where the volume ends, so that it has an inside. The last axis is x, the corner of the first
    voxel the origin. Lengths are in the unit of the pixels' size; neither format has a place for it, so that it stands
    in the header of .stl, and in the field data of .vti.
    """
    if output.suffix.lower() not in FORMATS:
        raise RaysysError(f"{output} ends with {output.suffix or 'nothing'}; allowed: {', '.join(FORMATS)}")
    how = {"dataset": dataset, "series": series, "channel": channel, "time": time, "dtype": raw_dtype}
    how |= {"shape": None if raw_shape is None else shape_of(raw_shape), "pixel_size": pixel_size}
    images, spacing = _read(volume, how, phase, threshold, of_phase=output.suffix.lower() == ".stl")
    one = _one(images, index, volume)
    if output.suffix.lower() == ".stl":
        return _surface(one, spacing, smooth, output)
    if smooth:
        raise RaysysError("--smooth is of the surface in a .stl; a .vti has the voxels as they are")
    from raysys.data.files.vtk_image import write_vti

    write_vti(output, one, spacing=spacing)
    return wrote(output, f"{by(one.shape)} voxels of {spacing or 'no size that is known: 1'}, {one.dtype}")


def _read(
    path: str, how: dict[str, Any], phase: str | None, threshold: float | None, *, of_phase: bool
) -> tuple[np.ndarray, Spacing | None]:
    """Volumes (N, D, H, W): 1 where the phase is, if one is asked for; else as they are stored."""
    from raysys.data.set_parts import read_part
    from raysys.data.sets import binary_set

    options = reading(**how)
    found = read_part(path, options["choice"], phase, notice)
    spacing, array = options["spacing"] or found.spacing, found.array
    if array.ndim not in (3, 4):
        raise RaysysError(f"{path} holds an array of {by(array.shape)}; allowed: a volume (D, H, W), or several")
    if of_phase or phase is not None or threshold is not None:
        named = {"phase": phase, "name": path, "dims": 3, "threshold": threshold, "spacing": spacing}
        array = binary_set(array, say=notice, **named).images
    return array.reshape(-1, *array.shape[-3:]), spacing


def _one(images: np.ndarray, index: int | None, path: str) -> np.ndarray:
    if index is None and len(images) > 1:
        raise RaysysError(f"{path} holds {len(images)} volumes; allowed: one, named by --index 0 to {len(images) - 1}")
    if (index or 0) >= len(images):
        raise RaysysError(f"--index {index}, and {path} holds {len(images)} volumes; allowed: 0 to {len(images) - 1}")
    found: np.ndarray = images[index or 0]
    return found


def _surface(volume: np.ndarray, spacing: Spacing | None, smooth: float, output: Path) -> None:
    """Write the mesh, and say how it is beside the voxels."""
    from raysys.data.files.surface_mesh import surface_mesh, write_stl

    mesh = surface_mesh(volume, spacing=spacing, smooth=smooth)
    write_stl(output, mesh)
    voxel = 1.0
    for size in spacing.of_axes(3).sizes if spacing is not None else ():
        voxel *= size
    rows: dict[str, object] = {
        "triangles": f"{len(mesh.triangles):,}",
        "watertight": "yes" if mesh.watertight else "no",
        f"area ({mesh.unit}^2)": f"{mesh.area:.6g}",
        f"volume ({mesh.unit}^3)": f"{mesh.volume:.6g}, voxels of the phase {float(volume.sum()) * voxel:.6g}",
    }
    show(facts("Surface of the phase, what the volume cuts included", rows))
    wrote(output, f"lengths in {mesh.unit}s" if mesh.unit == "voxel" else f"lengths in {mesh.unit}")
