"""The size of pixels from a micrograph to a model's samples, by the commands that a user types."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from support.training import SYSTEMS
from typer.testing import Result

from raysys.data import gaussian_random_field
from raysys.data.files.reading import read_stored
from raysys.data.sources import training_data
from raysys.models import save_model
from raysys.models.registry import register
from raysys.spacing import Spacing
from raysys.train import Recipe
from raysys.train.loop import run_training
from raysys.train.publish import model_from_checkpoint
from raysys.train.session import LocalSession, best_checkpoint

Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture
def micrograph(tmp_path: Path) -> Path:
    """Blobs of 192 pixels a side, 0.4 um each, as a microscope's program would write them."""
    image = gaussian_random_field((192, 192), correlation_length=4.0, phase_fraction=0.4, seed=3)[0] * np.uint8(255)
    path = tmp_path / "blobs.tif"
    tifffile.imwrite(path, image, imagej=True, resolution=(2.5, 2.5), metadata={"unit": "um"})
    return path


@pytest.fixture
def trained(micrograph: Path, tmp_path: Path) -> Path:
    """A model of two steps on that micrograph, its pixels halved in number along each axis; saved."""
    data = {"images": str(micrograph), "downscale": 2, "tile": 16, "stride": 16, "denoise_sigma_spatial": 0}
    training = {"steps": 2, "batch": 2, "validate_every": 2, "validation_images": 8}
    recipe = Recipe.model_validate({"name": "blobs", "data": data, "system": SYSTEMS["wgan-gp"], "training": training})
    run_training(recipe, LocalSession(tmp_path / "run"))
    data = training_data(recipe.data)
    return save_model(
        tmp_path / "model", model_from_checkpoint(recipe, best_checkpoint(tmp_path / "run"), data, name="blobs")[1]
    )


def test_the_size_of_pixels_goes_from_a_micrograph_to_the_numbers_of_samples(raysys: Run, trained: Path):
    assert "0.8 um" in raysys("models", "show", trained).stdout
    for name in ("s.tif", "s.npz"):
        assert raysys("sample", trained, "-n", 3, "--size", 32, "-o", name).exit_code == 0
        assert read_stored(name).spacing == Spacing((0.8, 0.8), "um")
        assert f"{name}: pixels of 0.8 um" in raysys("stats", name, "--phase", "bright").stdout
    with tifffile.TiffFile("s.tif") as tiff:  # as other programs read it
        across, unit = tiff.pages.first.tags[282].value, tiff.pages.first.tags[296].value
    assert across[0] / across[1] == pytest.approx(1e-2 / 0.8e-6)
    assert unit == 3


def test_the_list_of_registered_models_says_how_large_their_pixels_are(raysys: Run, trained: Path, tmp_path: Path):
    uri = f"sqlite:///{tmp_path / 'models.db'}"
    register(trained, "blobs", tracking_uri=uri)
    assert "0.8 um" in raysys("models", "list", "--tracking-uri", uri).stdout


ANNEAL = ("--chains", 2, "--shape", 24, 24, "--r-max", 8, "--stages", 3, "--moves", 50, "--no-track")


def test_reconstructions_have_the_pixels_of_their_target(raysys: Run, micrograph: Path):
    assert raysys("anneal", micrograph, "--out", "read", *ANNEAL).exit_code == 0
    assert read_stored("read/images.tif").spacing == Spacing((0.4, 0.4), "um")
    assert raysys("anneal", micrograph, "--pixel-size", "3nm", "--out", "said", *ANNEAL).exit_code == 0
    assert "pixels of 3 nm" in raysys("stats", "said/images.tif").stdout
    np.save("volume.npy", gaussian_random_field((16, 16, 16), correlation_length=2.0, phase_fraction=0.4, seed=3)[0])
    deep = ("--dims", 3, "--shape", 12, 12, 12, "--r-max", 4, "--stages", 2, "--moves", 20, "--no-track")
    asked = ("--chains", 1, "--pixel-size", "5um,2um,2um", "--target", "S2_axis0,S2_axis1,S2_axis2")
    assert raysys("anneal", "volume.npy", *asked, *deep, "--out", "deep").exit_code == 0
    assert read_stored("deep/volumes/000000.tif").spacing == Spacing((5.0, 2.0, 2.0), "um")


def test_a_target_that_mixes_unequal_pixels_is_refused_or_resampled(raysys: Run, refused: Refused, tiles: Path):
    asked = ("anneal", tiles, "--pixel-size", "2um,1um", "--out", "out")
    sentence = refused(*asked, *ANNEAL)
    assert "the pixels of the target are 2 x 1 um, and S2 takes them for equally long" in sentence
    assert "--target S2_axis0,S2_axis1, or map" in sentence
    assert raysys(*asked, "--resample", *ANNEAL).exit_code == 0
    assert read_stored("out/images.tif").spacing == Spacing((1.0, 1.0), "um")


@pytest.mark.parametrize(
    ("command", "fraction"),
    [
        (("anneal", "--out", "out", *ANNEAL), "phase_fraction"),
        (("stats", "--descriptors", "S2"), ""),
        (("data", "info"), ""),
    ],
)
def test_a_threshold_of_grey_values_has_one_name(raysys: Run, tmp_path: Path, command: tuple, fraction: str):
    grey = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    np.save("grey.npy", grey)
    words = [*command[: 2 if command[0] == "data" else 1], "grey.npy", *command[2 if command[0] == "data" else 1 :]]
    further = ["--set", "denoise_sigma_spatial=0", "--set", "tile=8"] if command[0] == "data" else []
    shown = raysys(*words, "--grey-threshold", 200, *further).stdout
    wanted = f"{(grey > 200).mean():.4f}"
    if fraction:
        with np.load("out/target.npz") as target:
            shown = f"{target['phase_fractions'][1]:.4f}"
    assert wanted in shown


def test_more_of_a_texture_has_its_pixels(raysys: Run, micrograph: Path):
    asked = ("--method", "quilting", "--size", 64, "-o", "more.tif")
    assert raysys("synthesise", micrograph, *asked).exit_code == 0
    assert read_stored("more.tif").spacing == Spacing((0.4, 0.4), "um")


@pytest.fixture
def two(micrograph: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Stacks of noisy grey pictures of the micrograph's upper and lower half."""
    chance, image = np.random.default_rng(0), tifffile.imread(micrograph) > 0
    paths = tmp_path / "upper.tif", tmp_path / "lower.tif"
    for path, half in zip(paths, (image[:96], image[96:]), strict=True):
        pieces = half.reshape(2, 48, 4, 48).swapaxes(1, 2).reshape(8, 48, 48)
        grey = np.where(pieces, 180.0, 60.0) + chance.normal(0, 5, pieces.shape)
        stacked(path, grey.astype(np.uint8), 0.4)
    return paths


def stacked(path: Path, images: np.ndarray, size: float) -> None:
    """Write a stack of pictures whose pixels have a size in um."""
    how = {"unit": "um", "axes": "ZYX"}
    tifffile.imwrite(path, images, imagej=True, resolution=(1 / size, 1 / size), metadata=how)


def written_by(command: str, sets: tuple[Path, Path], *further: object) -> tuple[object, ...]:
    """Two sets against each other on a page of their own."""
    measured = ("--descriptors", "S2,specific_surface", "--r-max", 8, "--phase", "bright", *further)
    if command == "report":
        return ("report", f"real={sets[0]}", f"other={sets[1]}", "-o", "page.html", *measured)
    quick = ("--power", "none", "--nearest", 0, "--no-pores", "--no-track", "--report", "page.html")
    return ("compare", sets[0], "--images", f"other={sets[1]}", *quick, *measured)


@pytest.mark.parametrize("command", ["report", "compare"])
def test_pages_show_lengths_bars_and_the_grey_originals(raysys: Run, two: tuple[Path, Path], command: str):
    result = raysys(*written_by(command, two))
    assert result.exit_code == 0, result.output
    page = Path("page.html").read_text()
    assert "r (um)" in page
    assert "As stored, and segmented" in page
    assert page.count('class="enlarge"') >= 4
    assert page.count('class="scale"') >= 2
    assert "segmented at Otsu&#x27;s threshold" in page
    assert 'data-number="specific_surface"' in page


@pytest.mark.parametrize("command", ["report", "compare"])
def test_sets_of_different_pixels_are_not_compared(raysys: Run, two: tuple[Path, Path], command: str):
    stacked(two[1], tifffile.imread(two[1]), 0.2)
    result = raysys(*written_by(command, two))
    assert result.exit_code == 2
    sentence = result.stderr.splitlines()[-1]  # after how the grey images were segmented
    assert "other has pixels of 0.2 um, and" in sentence
    assert "of 0.4 um" in sentence
    assert not Path("page.html").exists()
    assert raysys(*written_by(command, two, "--pixel-size", "0.4um")).exit_code == 0


@pytest.fixture
def unequal(tiles: Path) -> tuple[Path, Path]:
    """Tiles as they are, and squeezed to half their rows, whose pixels are then twice as tall as they are wide."""
    np.save("squeezed.npy", np.load(tiles)[:, ::2])
    return Path("squeezed.npy"), Path("squeezed.npy")


@pytest.mark.parametrize("command", ["report", "compare"])
def test_unequal_pixels_are_made_equal_before_a_comparison(raysys: Run, unequal: tuple[Path, Path], command: str):
    result = raysys(*written_by(command, unequal, "--pixel-size", "2um,1um", "--resample"))
    assert result.exit_code == 0, result.output
    side = np.load(unequal[0]).shape[-1]
    assert f"pixels of 2 x 1 um became {side} x {side} pixels of 1 um" in result.stderr
    assert f"images of {side} x {side} pixels" in result.stdout
    assert "2 x 1 um, and" not in result.stderr  # no warning that directions are mixed
    if command == "compare":
        with open("comparison/numbers.csv", newline="") as file:
            lengths = {row["r"]: row["r_length"] for row in csv.DictReader(file) if row["descriptor"] == "S2"}
        assert lengths["3.0"] == "3.0"


@pytest.mark.parametrize("command", ["report", "compare"])
def test_tables_have_units_of_length_where_pixels_have_a_size(raysys: Run, two: tuple[Path, Path], command: str):
    further = ("--csv", "numbers.csv") if command == "report" else ()
    shown = raysys(*written_by(command, two, *further)).stdout
    path = "numbers.csv" if command == "report" else "comparison/numbers.csv"
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["set"] for row in rows} == {"real", "other"}
    for row in rows:
        if row["descriptor"] == "specific_surface":
            surface = float(row["mean"]) / 0.4
            assert float(row["mean_physical"]) == pytest.approx(surface)
            assert row["physical_unit"] == "1/um"
            assert f"{surface:.4g} 1/um" in shown
        elif row["descriptor"] == "S2":
            assert float(row["r_length"]) == pytest.approx(0.4 * float(row["r"]))


def test_a_saved_characterisation_keeps_the_size_of_its_pixels(raysys: Run, refused: Refused, tiles: Path):
    measured = ("--descriptors", "S2", "--r-max", 4)
    assert raysys("stats", tiles, *measured, "--pixel-size", "0.4um", "--save", "a.npz").exit_code == 0
    assert "pixels of 0.4 um" in raysys("stats", "a.npz").stdout
    sentence = refused("stats", tiles, *measured, "--pixel-size", "0.2um", "--compare", "a.npz")
    assert "a.npz has pixels of 0.4 um, and tiles.npy of 0.2 um" in sentence
    assert raysys("stats", tiles, *measured, "--pixel-size", "400nm", "--compare", "a.npz").exit_code == 0


def test_a_comparison_cuts_grey_values_where_it_is_told(raysys: Run, two: tuple[Path, Path]):
    asked = written_by("compare", two, "--grey-threshold", 61)
    shown = raysys(*asked).stdout
    fraction = (tifffile.imread(two[0]) > 61).mean()
    assert f"phase fraction {fraction:.4f}" in shown


def test_what_runs_along_an_axis_has_its_lengths_in_the_table(raysys: Run, tiles: Path):
    asked = ("--descriptors", "S2,S2_axis0,S2_axis1", "--r-max", 4, "--pixel-size", "2um,1um", "--csv", "out.csv")
    assert raysys("stats", tiles, *asked).exit_code == 0
    with open("out.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["r"] and float(row["r"]) == 3]
    lengths = {row["descriptor"]: row["r_length"] for row in rows}
    assert lengths == {"S2": "", "S2_axis0": "6.0", "S2_axis1": "3.0"}
