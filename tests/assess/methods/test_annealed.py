"""What is read of a folder of `raysys anneal`, and which folders are refused."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.rock import anneal_folder

from raysys import RaysysError
from raysys.anneal.order import CHAINS
from raysys.assess.methods.annealed import annealed, is_annealed
from raysys.data import gaussian_random_field, read_images, write_images
from raysys.farm import holdings
from raysys.farm.archive import write_archive


def test_images_energies_and_seconds_are_those_of_the_chains(rock_farms: dict[str, Path]):
    made = annealed(rock_farms["s2"])
    np.testing.assert_array_equal(made.images, read_images(rock_farms["s2"] / "images.tif") // 255)
    with (rock_farms["s2"] / "energies.csv").open(newline="") as file:
        seconds = sorted(float(row["seconds"]) for row in csv.DictReader(file))
    assert made.method.per_image == seconds[3]
    assert made.method.two_point_alone
    assert "6 chains" in made.method.told
    assert "stages 40" in made.method.told
    assert annealed(rock_farms["more"]).method.asked == ("S2", "L")
    assert not annealed(rock_farms["more"]).method.two_point_alone


def test_volumes_are_read_from_their_own_files(tmp_path: Path):
    volumes = gaussian_random_field((8, 8, 8), correlation_length=2.0, phase_fraction=0.4, seed=4, n=3)
    made = annealed(anneal_folder(tmp_path / "farm", volumes, {"S2": 1.0}))
    assert made.images.shape == (6, 8, 8, 8)
    assert set(np.unique(made.images)) == {0, 1}


@pytest.fixture
def broken(rock_farms: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A farm's folder with something wrong: unended, failed, under way, of too few chains, or of none."""

    def make(what: str) -> Path:
        folder = tmp_path / "broken"
        shutil.copytree(rock_farms["s2"], folder)
        lines = (folder / "energies.csv").read_text().splitlines()
        if what == "interrupted":
            (folder / "energies.csv").unlink()
        elif what == "failed":
            (folder / "energies.csv").write_text("\n".join([*lines[:-2], "4,,,,,,,killed", "5,,,,,,,killed", ""]))
        elif what == "under way":
            under_way = {"signature": holdings(folder / "chains", CHAINS).signature, "state": {}}
            write_archive(folder / "chains" / "chain-000007.npz", "raysys chain of a farm 1", under_way, {})
        elif what == "more asked for":  # by a later run that was interrupted before any of its chains was kept
            signature = holdings(folder / "chains", CHAINS).signature
            write_archive(
                folder / "chains" / "farm.npz", "raysys annealing farm 1", {"signature": signature, "jobs": 9}, {}
            )
        elif what == "fewer images":
            write_images(folder / "images.tif", read_images(folder / "images.tif")[:5] // 255)
        elif what == "no images":
            (folder / "images.tif").unlink()
        else:
            shutil.rmtree(folder / "chains")
        return folder

    return make


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("interrupted", "is not complete: its farm was interrupted (6 chains have ended, and 0 are under way)"),
        ("failed", "is not complete: 2 of 6 chains are missing (4, 5); the same raysys anneal command goes on"),
        ("under way", "is not complete: 1 of 8 chains are missing (7)"),
        ("more asked for", "is not complete: 3 of 9 chains are missing (6, 7, 8)"),
        ("fewer images", "holds 5 images of 6 chains; the same raysys anneal command writes them anew"),
        ("no images", "holds no images; the same raysys anneal command writes them anew"),
        ("no farm", "is no folder of raysys anneal: it has no chains/farm.npz"),
    ],
)
def test_a_farm_that_is_not_complete_is_refused(broken: Callable[[str], Path], what: str, expected: str):
    folder = broken(what)
    assert is_annealed(folder) == (what != "no farm")
    with pytest.raises(RaysysError) as error:
        annealed(folder)
    assert expected in str(error.value)
