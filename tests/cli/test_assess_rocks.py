"""`raysys assess rocks`: tables, words and files of volumes beside their rock, and what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from raysys.data import gaussian_random_field, write_images
from raysys.spacing import Spacing

Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture
def volumes(tmp_path: Path) -> tuple[Path, Path]:
    """A rock of 24 x 12 x 12 voxels of 3 um, and two volumes of a coarser one."""
    paths = tmp_path / "rock.tif", tmp_path / "made.tif"
    for path, shape, length, n in zip(paths, ((24, 12, 12), (12, 12, 12)), (2.0, 4.0), (1, 2), strict=True):
        images = gaussian_random_field(shape, correlation_length=length, phase_fraction=0.5, seed=1, n=n)
        write_images(path, images, spacing=Spacing((3.0,) * 3, "um"))
    return paths


def test_a_rock_and_volumes_are_judged_with_permeabilities(raysys: Run, volumes: tuple[Path, Path], tmp_path: Path):
    rock, made = volumes
    how = ("--edge", 6, "--samples", 4, "--axis", 0, "--resamples", 20, "--baseline", "made", "--depth")
    said = raysys("assess", "rocks", rock, f"ours={made}", made, *how, "-o", "scores").stdout
    assert "permeability along axis 0" in said
    assert "voxels of 3 um" in said
    told = json.loads((tmp_path / "scores" / "scores.json").read_text())
    assert told["made"]["ours"] == told["made"]["made"]  # one file under two names
    assert told["against_baseline"]["ours"] == pytest.approx(1)
    assert told["measured"]["permeability"]["protocol"]["axes"] == "0"
    rows = list(csv.DictReader((tmp_path / "scores" / "samples.csv").open()))
    assert [row["set"] for row in rows] == [name for name in ("real", "ours", "made") for _ in range(4)]
    assert all(float(row["permeability"]) >= 0 for row in rows)
    assert (tmp_path / "scores" / "depth-ours.csv").read_text().startswith("depth,porosity,error")


def test_what_cannot_be_judged_is_refused_in_a_sentence(refused: Refused, volumes: tuple[Path, Path]):
    rock, made = volumes
    assert "allowed: 13 a side and more" in refused("assess", "rocks", rock, made, "--edge", 13)
    assert "baseline gan" in refused("assess", "rocks", rock, made, "--baseline", "gan")
    assert "NAME=FILE" in refused("assess", "rocks", rock, made, made)
