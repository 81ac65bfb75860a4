"""The surface of a phase as a closed mesh of triangles, and its file (.stl)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.shapes import by
from raysys.spacing import Spacing

__all__ = ["Mesh", "surface_mesh", "write_stl"]

HEADER = 80  # bytes of text before the triangles of an STL file
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
BORDER = 1  # voxels of phase 0 around the volume


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles that go round a body counter-clockwise, as seen from outside.

    Attributes
    ----------
    vertices
        (V, 3) float32, x y z in `unit`.
    triangles
        (T, 3) int, places among the vertices.
    unit
        One of `raysys.spacing.METRES`, or "voxel".
    """

    vertices: np.ndarray
    triangles: np.ndarray
    unit: str = "voxel"

    @property
    def corners(self) -> np.ndarray:
        """(T, 3, 3) float32: the corners of each triangle."""
        return np.asarray(self.vertices[self.triangles])

    @property
    def area(self) -> float:
        """In unit^2."""
        return float(np.linalg.norm(_twice_areas(self.corners), axis=1).sum() / 2)

    @property
    def volume(self) -> float:
        """In unit^3, of the body inside: by the divergence theorem, which holds for a closed mesh."""
        a, b, c = np.moveaxis(self.corners.astype(np.float64), 1, 0)
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)

    @property
    def watertight(self) -> bool:
        """Whether every side of a triangle is passed as often one way as the other."""
        start, end = self.triangles.reshape(-1).astype(np.int64), np.roll(self.triangles, -1, axis=1).reshape(-1)
        count = len(self.vertices)
        there, back = np.sort(start * count + end), np.sort(end * count + start)
        return bool(np.array_equal(there, back))


def surface_mesh(volume: np.ndarray, *, spacing: Spacing | None = None, smooth: float = 0.0) -> Mesh:
    """Go round phase 1 by marching cubes, on a border of phase 0, so that what the volume cuts is closed.

    Parameters
    ----------
    volume
        (D, H, W) uint8 in {0, 1}.
    spacing
        How far voxels are apart along each axis, by default 1; the corner of the first voxel is the origin.
    smooth
        Standard deviation in voxels of a Gaussian before the surface is sought. 0 goes round the voxels as they are,
        whose steps make the area of a ball 9 % too large; 1 makes it right within 2 %, and loses what is thinner than
        about two voxels.

    Raises
    ------
    RaysysError
        If it is no volume of 0 and 1, or has no surface: no voxel of phase 1, or none that `smooth` leaves.

    References
    ----------
    Lewiner et al., J. Graphics Tools 8 (2003) 1, as scikit-image has it.
    """
    from skimage.measure import marching_cubes  # loaded when asked for: it takes longer than most files

    if volume.ndim != 3 or volume.max(initial=0) > 1:
        raise RaysysError(f"an array of {by(volume.shape)} has no surface; allowed: (D, H, W) of 0 and 1")
    if smooth < 0:
        raise RaysysError(f"smooth {smooth:g} voxels; allowed: 0 or more")
    field = volume.astype(np.float32)
    if smooth:
        # What the volume cuts goes on beyond it, so that the cut stays where it is; it is closed after that.
        field = gaussian_filter(field, smooth, mode="nearest")
    field = np.pad(field, BORDER)
    if field.max() <= 0.5:
        raise RaysysError(f"there is no surface: the phase has no voxel{' that smoothing leaves' if smooth else ''}")
    points, triangles, _, _ = marching_cubes(field, 0.5)
    sizes = np.array(spacing.of_axes(3).sizes if spacing is not None else (1.0,) * 3)
    unit = spacing.unit if spacing is not None and spacing.unit else "voxel"
    placed = (points + 0.5 - BORDER) * sizes
    # Axes backwards are a mirror image, in which triangles go round the other way.
    mesh = Mesh(placed[:, ::-1].astype(np.float32), triangles.astype(np.int64), unit)
    return mesh if mesh.volume > 0 else Mesh(mesh.vertices, mesh.triangles[:, ::-1], unit)


def write_stl(path: str | Path, mesh: Mesh) -> None:
    """Write the triangles as binary STL; the unit stands in its header, since STL has no place of its own."""
    corners = mesh.corners
    twice = _twice_areas(corners)
    rows = np.zeros(len(corners), TRIANGLE)
    rows["corners"] = corners
    rows["normal"] = twice / np.maximum(np.linalg.norm(twice, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    # A header that begins with "solid" would be taken for a text file.
    head = f"binary STL of raysys, unit {mesh.unit}".encode("ascii")
    with written_aside(path) as aside, aside.open("wb") as file:
        file.write(head.ljust(HEADER))
        file.write(np.uint32(len(rows)).astype("<u4").tobytes())
        file.write(rows.tobytes())


def _twice_areas(corners: np.ndarray) -> np.ndarray:
    """(T, 3): outward normals of triangles, as long as twice their areas."""
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
