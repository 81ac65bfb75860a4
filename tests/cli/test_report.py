"""`raysys report`: sets against a reference."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from raysys.data import gaussian_random_field, write_images


def test_compares_sets_with_the_named_reference(raysys: Callable[..., Result], tiles: Path, tmp_path: Path):
    other = gaussian_random_field((32, 32), correlation_length=1.0, phase_fraction=0.4, seed=9, n=4)
    write_images(tmp_path / "other.npy", other)
    sets = [f"other={tmp_path / 'other.npy'}", f"real={tiles}", f"twin={tiles}"]
    result = raysys("report", *sets, "--reference", "real", "-o", "r.html", "--descriptors", "S2,L", "--r-max", 8)
    assert result.exit_code == 0, result.output
    row = next(line for line in result.stdout.splitlines() if line.startswith("│ S2"))
    different, same = (float(cell) for cell in np.array(row.split("│"))[[2, 3]])
    assert same == 0 < different
    assert "wrote r.html" in result.stdout
    assert "Distances of distributions of other from real" in result.stdout
    assert "Distances of distributions of twin from real" in result.stdout
    page = Path("r.html").read_text()
    assert "twin" in page
    assert page.count('data-number="phase_fraction"') == 2


def test_numbers_and_pores_may_be_all_that_is_compared(raysys: Callable[..., Result], tiles: Path):
    sets = [f"real={tiles}", f"twin={tiles}"]
    result = raysys("report", *sets, "-o", "r.html", "--descriptors", "minkowski,pores")
    assert "MSE against" not in result.stdout
    rows = [line.split("│")[1].strip() for line in result.stdout.splitlines() if line.startswith("│ ")]
    assert {"perimeter", "euler_characteristic", "pores/area", "pores/orientation"} <= set(rows)
    page = Path("r.html").read_text()
    assert 'data-number="perimeter"' in page
    assert 'data-number="pores/area"' in page


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        (["real={tiles}"], "only the set real was given"),
        (["real={tiles}", "{tiles}"], "write it as SET=IMAGES"),
        (["real={tiles}", "gan=missing.tif"], "missing.tif does not exist"),
        (["real={tiles}", "gan={tiles}", "--reference", "true"], "--reference true: no such set; given: real, gan"),
    ],
)
def test_wrong_sets_are_refused(refused: Callable[..., str], tiles: Path, sets: list[str], expected: str):
    assert expected in refused("report", *(text.format(tiles=tiles) for text in sets), "-o", "r.html")
