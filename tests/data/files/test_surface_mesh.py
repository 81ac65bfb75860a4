"""Surfaces of phases: closed, the right way round, of the right size, in a file that others read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from raysys.data.files.surface_mesh import TRIANGLE, Mesh, surface_mesh, write_stl
from raysys.errors import RaysysError
from raysys.spacing import Spacing

RADIUS = 20.0
SPHERE = 4 * np.pi * RADIUS**2


@pytest.fixture(scope="module")
def ball() -> np.ndarray:
    """(D, H, W) uint8, its middle in the middle of 48 voxels a side."""
    apart = np.indices((48,) * 3) - 23.5
    return ((apart**2).sum(axis=0) < RADIUS**2).astype(np.uint8)


@pytest.mark.parametrize(("smooth", "area"), [(0.0, 1.093), (1.0, 0.998)])
def test_a_ball_has_the_volume_of_its_voxels_and_the_area_that_the_help_says(
    ball: np.ndarray, smooth: float, area: float
):
    mesh = surface_mesh(ball, smooth=smooth)
    assert mesh.watertight
    assert mesh.volume == pytest.approx(ball.sum(), rel=0.01)
    assert mesh.area == pytest.approx(area * SPHERE, rel=0.005)


def test_lengths_follow_the_voxels_of_each_axis(ball: np.ndarray):
    plain, mesh = surface_mesh(ball), surface_mesh(ball, spacing=Spacing((3.0, 2.0, 0.5), "um"))
    assert mesh.unit == "um"
    assert mesh.volume == pytest.approx(3 * plain.volume, rel=1e-5)
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), (20.0, 80.0, 120.0))  # x is the last axis


@pytest.mark.parametrize("smooth", [0.0, 0.7])
@pytest.mark.parametrize("seed", range(3))
def test_any_pattern_is_closed_also_where_the_volume_cuts_it(seed: int, smooth: float):
    pattern = (np.random.default_rng(seed).random((11, 12, 13)) < 0.5).astype(np.uint8)
    assert surface_mesh(pattern, smooth=smooth).watertight


def test_a_full_volume_is_its_box_less_the_bevels(ball: np.ndarray):
    mesh = surface_mesh(np.ones((6, 7, 8), np.uint8))
    np.testing.assert_allclose([mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)], [(0, 0, 0), (8, 7, 6)])
    assert 0.95 * 6 * 7 * 8 < mesh.volume < 6 * 7 * 8


def test_a_mesh_with_a_hole_is_not_watertight(ball: np.ndarray):
    mesh = surface_mesh(ball)
    assert not Mesh(mesh.vertices, mesh.triangles[1:]).watertight


def test_the_file_has_the_triangles_and_outward_normals(ball: np.ndarray, tmp_path: Path):
    mesh = surface_mesh(ball, spacing=Spacing((0.5,) * 3, "um"))
    write_stl(tmp_path / "ball.stl", mesh)
    content = (tmp_path / "ball.stl").read_bytes()
    rows = np.frombuffer(content, TRIANGLE, offset=84)
    assert b"unit um" in content[:80]
    assert not content.startswith(b"solid")
    assert int.from_bytes(content[80:84], "little") == len(rows) == len(mesh.triangles)
    np.testing.assert_array_equal(rows["corners"], mesh.corners)
    outward = rows["corners"].mean(axis=1) - 12.0  # from the middle of the ball
    assert ((outward * rows["normal"]).sum(axis=1) > 0).all()


def test_another_reader_finds_the_same_body(ball: np.ndarray, tmp_path: Path):
    pyvista = pytest.importorskip("pyvista")
    mesh = surface_mesh(ball)
    write_stl(tmp_path / "ball.stl", mesh)
    read = pyvista.read(tmp_path / "ball.stl")
    assert read.n_open_edges == 0
    assert read.volume == pytest.approx(mesh.volume, rel=1e-5)
    assert read.area == pytest.approx(mesh.area, rel=1e-5)


@pytest.mark.parametrize(
    ("volume", "smooth", "words"),
    [
        (np.zeros((4, 4, 4), np.uint8), 0.0, "no surface"),
        (np.pad(np.ones((1, 1, 1), np.uint8), 3), 2.0, "smoothing leaves"),
        (np.zeros((4, 4), np.uint8), 0.0, "4 x 4"),
        (np.full((4, 4, 4), 7, np.uint8), 0.0, "0 and 1"),
        (np.ones((4, 4, 4), np.uint8), -1.0, "smooth -1"),
    ],
)
def test_what_has_no_surface_is_refused(volume: np.ndarray, smooth: float, words: str):
    with pytest.raises(RaysysError, match=words):
        surface_mesh(volume, smooth=smooth)
