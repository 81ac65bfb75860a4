"""`raysys export`: what it writes of a volume, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from raysys.data import gaussian_random_field, write_images
from raysys.spacing import Spacing

Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture
def rocks(tmp_path: Path) -> Path:
    """Two volumes of a quarter of phase 1, voxels of 3 um."""
    path = tmp_path / "rocks.tif"
    volumes = gaussian_random_field((16, 18, 20), correlation_length=3.0, phase_fraction=0.25, seed=1, n=2)
    write_images(path, volumes, spacing=Spacing((3.0,) * 3, "um"))
    return path


def test_both_files_are_of_the_volume_that_was_named(raysys: Run, rocks: Path, tmp_path: Path):
    assert raysys("export", rocks, "--index", 1, "-o", "rock.vti").stdout == (
        "wrote rock.vti (16 x 18 x 20 voxels of 3 um, uint8)\n"
    )
    said = raysys("export", rocks, "--index", 1, "-o", "rock.stl").stdout
    assert all(words in said for words in ("watertight", "area (um^2)", "lengths in um"))
    assert (tmp_path / "rock.stl").read_bytes()[:80].decode().strip() == "binary STL of raysys, unit um"


def test_the_phase_of_a_vti_is_1_where_it_is_named(raysys: Run, tmp_path: Path):
    pyvista = pytest.importorskip("pyvista")
    grey = np.arange(64, dtype=np.uint16).reshape(4, 4, 4)
    np.save("grey.npy", grey)
    raysys("export", "grey.npy", "-o", "grey.vti")
    raysys("export", "grey.npy", "-o", "dark.vti", "--phase", "dark", "--grey-threshold", 9)
    found = [pyvista.read(tmp_path / name).point_data["image"].reshape(grey.shape) for name in ("grey.vti", "dark.vti")]
    np.testing.assert_array_equal(found[0], grey)
    np.testing.assert_array_equal(found[1], grey <= 9)


def test_what_cannot_be_written_is_refused_in_a_sentence(refused: Refused, rocks: Path):
    assert "named by --index 0 to 1" in refused("export", rocks, "-o", "rock.vti")
    assert "--index 2" in refused("export", rocks, "--index", 2, "-o", "rock.vti")
    assert "allowed: .vti, .stl" in refused("export", rocks, "--index", 0, "-o", "rock.vtk")
    assert "--smooth is of the surface" in refused("export", rocks, "--index", 0, "--smooth", 1, "-o", "rock.vti")
    assert "allowed: a volume" in refused("export", "skimage:camera", "-o", "rock.stl")
