"""`raysys stats`, and reading sets of images."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from raysys.data import gaussian_random_field, write_images
from raysys.stats import Characterisation, characterise

Run = Callable[..., Result]
Refused = Callable[..., str]


def test_shows_every_descriptor_and_the_phase_fraction(raysys: Run, tiles: Path):
    shown = raysys("stats", tiles, "--r-max", 8).stdout
    assert "8 images of 32 x 32 pixels" in shown
    assert "phase fraction 0.4004" in shown
    for name in ("S2", "P3H", "P3V", "P4", "P6", "L"):
        assert f"│ {name} " in shown


def test_saves_what_characterise_returns(raysys: Run, tiles: Path, fields: np.ndarray):
    raysys("stats", tiles, "--descriptors", "S2,L", "--save", "s.npz", "--csv", "s.csv", "--boundary", "periodic")
    expected = characterise(fields, ("S2", "L"), boundary="periodic")
    saved = Characterisation.load("s.npz")
    for name, curve in expected.curves.items():
        np.testing.assert_array_equal(saved.curves[name].values, curve.values)
    with open("s.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["mean"]) for row in rows if row["descriptor"] == "S2"] == list(expected.curves["S2"].mean)


def test_compares_two_sets_and_says_how_far_real_is_from_real(raysys: Run, tiles: Path, tmp_path: Path):
    other = gaussian_random_field((32, 32), correlation_length=1.0, phase_fraction=0.4, seed=9, n=4)
    write_images(tmp_path / "other.npy", other)
    shown = raysys("stats", tiles, "--compare", "other.npy", "--r-max", 8, "--descriptors", "S2").stdout
    assert "MSE against the first set" in shown
    assert "against itself" in shown


def test_the_dark_phase_is_the_complement(raysys: Run, tiles: Path):
    assert "phase fraction 0.5996" in raysys("stats", tiles, "--phase", "dark", "--descriptors", "S2").stdout
    assert "phase fraction 0.5996" in raysys("stats", tiles, "--phase", "0", "--descriptors", "S2").stdout


def test_grey_images_are_segmented_with_a_notice(raysys: Run, grey: Path):
    result = raysys("stats", grey, "--phase", "dark", "--descriptors", "S2")
    assert "phase fraction 0.37" in result.stdout
    assert "grey, so it was segmented at Otsu's threshold: dark phase, fraction 0.37" in result.stderr


def test_a_stack_is_flat_images_or_one_volume(raysys: Run, tmp_path: Path):
    volume = gaussian_random_field((12, 12, 12), correlation_length=2.0, phase_fraction=0.5, seed=0)[0]
    write_images(tmp_path / "volume.tif", volume)
    assert "12 images of 12 x 12 pixels" in raysys("stats", "volume.tif", "--descriptors", "S2").stdout
    assert "1 image of 12 x 12 x 12 pixels" in raysys("stats", "volume.tif", "--dims", 3).stdout


def test_writes_a_page(raysys: Run, tiles: Path):
    result = raysys("stats", tiles, "--r-max", 8, "--report", "page.html")
    assert "wrote page.html" in result.stdout
    assert "<html" in Path("page.html").read_text().lower()


def test_writes_a_page_of_a_comparison(raysys: Run, tiles: Path):
    raysys("stats", tiles, "--compare", tiles, "--r-max", 8, "--report", "page.html")
    assert "<html" in Path("page.html").read_text().lower()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--phase", "grey"], "--phase is 'grey'; allowed: bright, dark"),
        (["--phase", "7"], "no pixel has the phase value 7"),
        (["--descriptors", "S3"], "--descriptors S3: S3 is not known"),
        (["--dims", "3", "--descriptors", "P4"], "P4 is not known; allowed with --dims 3: S2, L"),
        (["--compare", "missing.tif"], "missing.tif does not exist"),
        (["--r-max", "4000"], "4000"),
    ],
)
def test_wrong_options_are_refused(refused: Refused, tiles: Path, options: list[str], expected: str):
    assert expected in refused("stats", tiles, "--save", "s.npz", *options)


def test_bad_images_are_refused(refused: Refused, tmp_path: Path, tiles: Path):
    (tmp_path / "text.tif").write_text("not an image")
    Image.new("L", (64, 64), 7).save(tmp_path / "flat.png")
    write_images(tmp_path / "small.npy", np.eye(8, dtype=np.uint8)[None])
    assert "text.tif cannot be read" in refused("stats", "text.tif")
    assert "flat.png: the image has one grey level only" in refused("stats", "flat.png")
    assert "must be of one size" in refused("stats", tiles, "small.npy")
