"""`raysys stats`, and reading sets of images."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from raysys.cli.stats import chosen
from raysys.data import gaussian_random_field, write_images
from raysys.data.preparation.segmentation import otsu_threshold
from raysys.stats import DESCRIPTORS, KNOWN, Characterisation, characterise, representative_size

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


def test_a_mask_is_the_region_that_is_measured(raysys: Run, refused: Refused, tiles: Path, fields: np.ndarray):
    region = np.zeros((1, 32, 32), np.uint8)
    region[0, 4:30, 6:20] = 1
    write_images(Path("region.npy"), region)
    raysys("stats", tiles, "--descriptors", "S2,pores", "--r-max", 8, "--mask", "region.npy", "--save", "s.npz")
    expected = characterise(fields, ("S2", "pores"), r_max=8, mask=region)
    saved = Characterisation.load("s.npz")
    np.testing.assert_array_equal(saved.curves["S2"].values, expected.curves["S2"].values)
    np.testing.assert_array_equal(saved.phase_fractions, fields[:, 4:30, 6:20].mean(axis=(1, 2)))
    names = ("minkowski", "percolation", "tortuosity")
    raysys("stats", tiles, "--descriptors", ",".join(names), "--mask", "region.npy", "--save", "n.npz")
    numbers = characterise(fields, names, mask=region).scalars
    for name, one in Characterisation.load("n.npz").scalars.items():
        np.testing.assert_array_equal(one.values, numbers[name].values)
    raysys("stats", tiles, "--phase", "all", "--descriptors", "S2", "--mask", "region.npy", "--csv", "all.csv")
    with open("all.csv", newline="") as file:
        fractions = [float(row["mean"]) for row in csv.DictReader(file) if row["descriptor"] == "phase_fraction"]
    share = fields[:, 4:30, 6:20].mean()
    np.testing.assert_allclose(fractions, [1 - share, share])
    assert "allowed without --mask" in refused("stats", tiles, "--res", "--mask", "region.npy")
    assert "saved without its images" in refused("stats", "s.npz", "--mask", "region.npy")


def test_permeability_and_tortuosity_are_asked_for_by_name(raysys: Run, tiles: Path):
    asked = ("--descriptors", "permeability,tortuosity", "--phase", "dark", "--refine", 2)
    shown = raysys("stats", tiles, *asked).stdout
    for name in ("permeability", "permeability_error", "effective_diffusivity", "tortuosity"):
        assert name in shown


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
    assert re.search(r"grey, so it was segmented at Otsu's threshold \d+: dark phase, fraction 0\.37", result.stderr)


def test_an_image_of_three_phases_is_told(raysys: Run, refused: Refused, tmp_path: Path):
    write_images(tmp_path / "phases.npy", np.random.default_rng(0).integers(0, 3, (2, 16, 16)).astype(np.uint8))
    said = refused("stats", "phases.npy", "--descriptors", "S2")
    assert "phases.npy: the image holds 3 values (0, 1, 2), which are rather labels than grey values" in said
    result = raysys("stats", "phases.npy", "--descriptors", "S2", "--phase", "bright")
    assert "phases.npy holds 3 values (0, 1, 2) and was segmented at Otsu's threshold 1: bright" in result.stderr
    assert "if they are phases, name one: --phase VALUE" in result.stderr
    assert raysys("stats", "phases.npy", "--descriptors", "S2", "--phase", 2).stderr == ""


def test_a_stack_is_flat_images_or_one_volume(raysys: Run, tmp_path: Path):
    volume = gaussian_random_field((12, 12, 12), correlation_length=2.0, phase_fraction=0.5, seed=0)[0]
    write_images(tmp_path / "volume.tif", volume)
    assert "12 images of 12 x 12 pixels" in raysys("stats", "volume.tif", "--descriptors", "S2").stdout
    assert "1 image of 12 x 12 x 12 pixels" in raysys("stats", "volume.tif", "--dims", 3).stdout


def test_slices_of_a_volume_are_not_counted_as_samples(raysys: Run, tmp_path: Path):
    volume = gaussian_random_field((40, 24, 24), correlation_length=2.0, phase_fraction=0.5, seed=1)[0]
    write_images(tmp_path / "volume.tif", volume)
    result = raysys(
        "stats", "volume.tif", "--descriptors", "S2,specific_surface", "--save", "set.npz", "--csv", "s.csv"
    )
    saved = Characterisation.load("set.npz")
    assert 1 < saved.units < 10
    told = (
        r"the 40 images of volume\.tif are slices of one volume: neighbours are correlated \(0\.\d\d\), over \S+ images"
    )
    assert re.search(told, result.stderr)
    assert f"40 of them are counted as {saved.units} independent ones" in result.stderr
    assert f"counted as {saved.units} in bands and intervals" in result.stdout.replace("\n", " ")
    with open("s.csv", newline="") as file:
        assert {(row["n"], row["units"]) for row in csv.DictReader(file)} == {("40", str(saved.units))}


def test_writes_a_page(raysys: Run, tiles: Path):
    result = raysys("stats", tiles, "--r-max", 8, "--report", "page.html")
    assert "wrote page.html" in result.stdout
    assert "<html" in Path("page.html").read_text().lower()


def test_writes_a_page_of_a_comparison(raysys: Run, tiles: Path):
    raysys("stats", tiles, "--compare", tiles, "--r-max", 8, "--pores", "--report", "page.html")
    page = Path("page.html").read_text()
    assert "Distances between distributions" in page
    assert 'data-number="pores/area"' in page
    assert "tiles.npy, compared against tiles.npy" in page


def test_pages_show_the_representative_size(raysys: Run, tmp_path: Path):
    image = gaussian_random_field((192, 192), correlation_length=1.0, phase_fraction=0.4, seed=2)
    write_images(tmp_path / "large.npy", image)
    reason = representative_size(image[0]).reason
    for options in ([], ["--compare", "large.npy"]):
        raysys("stats", "large.npy", *options, "--descriptors", "S2", "--res", "--report", "page.html")
        assert reason.replace("+-", "±") in Path("page.html").read_text().replace("+-", "±")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--phase", "grey"], "--phase is 'grey'; allowed: bright, dark"),
        (["--phase", "1.5"], "tiles.npy: no pixel has the value 1.5; the image holds 2 values: 0, 1"),
        (["--phase", "1", "--threshold", "0.5"], "--grey-threshold is for --phase bright or dark, and --phase is 1"),
        (["--threshold", "4"], "tiles.npy: threshold 4 leaves one phase only: the values run from 0 to 1"),
        (["--descriptors", "S3"], "--descriptors S3: S3 is not known"),
        (["--descriptors", "S2_axis2"], "S2_axis2 is not known; allowed with --dims 2: S2, P2,"),
        (["--descriptors", ","], "no name; allowed"),
        (["--compare", "missing.tif"], "missing.tif does not exist"),
        (["--r-max", "4000"], "r_max is 4000; allowed for images of (32, 32) pixels: 0 to 31"),
        (["--res"], "--res cuts windows out of one large image, and tiles.npy is 8 images"),
        (["--raw-shape", "8", "x"], "--raw-shape 8: write pixels along each axis"),
        (["--rounding", "up"], "'--rounding'"),
    ],
)
def test_wrong_options_are_refused(refused: Refused, tiles: Path, options: list[str], expected: str):
    assert expected in refused("stats", tiles, "--save", "s.npz", *options)


def test_bad_images_are_refused(refused: Refused, tmp_path: Path, tiles: Path):
    (tmp_path / "text.tif").write_text("not an image")
    (tmp_path / "text.png").write_text("not an image")
    (tmp_path / "empty.png").write_bytes(b"")
    Image.new("L", (64, 64), 7).save(tmp_path / "flat.png")
    write_images(tmp_path / "small.npy", np.eye(8, dtype=np.uint8)[None])
    np.save(tmp_path / "pixel.npy", np.ones((1, 1), np.uint8))
    np.save(tmp_path / "none.npy", np.ones((0, 8), np.uint8))
    np.save(tmp_path / "nan.npy", np.array([[0, np.nan], [1, 1]]))
    np.savez(tmp_path / "two.npz", a=np.eye(8), b=np.eye(9))
    assert "text.tif cannot be read" in refused("stats", "text.tif")
    assert "text.png cannot be read as a PNG image" in refused("stats", "text.png")
    assert "empty.png cannot be read as a PNG image" in refused("stats", "empty.png")
    assert "flat.png: the image has one grey level only" in refused("stats", "flat.png")
    assert "pixel.npy holds one pixel only" in refused("stats", "pixel.npy")
    assert "none.npy holds no pixel" in refused("stats", "none.npy")
    assert "nan.npy holds 1 NaN or infinite values among 4" in refused("stats", "nan.npy")
    assert "two.npz holds 2 arrays" in refused("stats", "two.npz")
    assert 'no array "c"; there are: a (8, 8), b (9, 9)' in refused("stats", "two.npz", "--dataset", "c")
    assert "--dims is 3; allowed: one image of 3 axes" in refused("stats", "small.npy", "--dims", "3")


def test_a_truncated_stack_is_refused(refused: Refused, tmp_path: Path, fields: np.ndarray):
    write_images(tmp_path / "whole.tif", fields)
    whole = (tmp_path / "whole.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 2])
    assert "cut.tif" in refused("stats", "cut.tif")


def test_a_grey_image_is_no_label_image(refused: Refused, tmp_path: Path):
    grey = np.linspace(0, 1, 64 * 64).reshape(64, 64).astype(np.float32)
    np.save(tmp_path / "grey.npy", grey)
    said = refused("stats", "grey.npy", "--phase", "1")
    assert "grey.npy is grey: it holds more than 32 values (0, 0.0002442, 0.0004884" in said
    assert "--phase bright or dark and --grey-threshold T, or with `raysys data segment`" in said
    np.save(tmp_path / "half.npy", np.where(grey > 0.3, 0.5, 0.0))
    assert "it holds 2 values (0, 0.5), and --phase 1 asks" in refused("stats", "half.npy", "--phase", "1")


def test_all_phases_of_a_label_image_are_measured_in_one_pass(raysys: Run, refused: Refused, tmp_path: Path):
    labels = np.array([0, 3, 7], np.uint8)[np.random.default_rng(0).integers(0, 3, (2, 24, 32))]
    np.save(tmp_path / "labels.npy", labels)
    result = raysys("stats", "labels.npy", "--phase", "all", "--descriptors", "S2,L,specific_surface", "--csv", "s.csv")
    assert result.exit_code == 0, result.output
    with open("s.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for value in (0, 3, 7):
        expected = characterise((labels == value).astype(np.uint8), ("S2", "L", "specific_surface"))
        assert f"labels.npy, phase {value}: 2 images of 24 x 32 pixels, phase fraction" in result.stdout
        means = [float(row["mean"]) for row in rows if (row["phase"], row["descriptor"]) == (str(value), "L")]
        assert means == expected.curves["L"].mean.tolist()
        (surface,) = [row for row in rows if (row["phase"], row["descriptor"]) == (str(value), "specific_surface")]
        assert float(surface["mean"]) == expected.scalars["specific_surface"].mean
    assert "--phase all goes without --save; name one phase" in refused(
        "stats", "labels.npy", "--phase", "all", "--save", "x.npz"
    )


def test_labels_in_the_colours_of_their_phases_are_measured(raysys: Run, refused: Refused, tmp_path: Path):
    labels = np.random.default_rng(0).integers(0, 3, (1, 24, 32), np.uint8)
    write_images(tmp_path / "labels.png", labels, kind="labels")
    for phase in ("2", "all"):
        shown = raysys("stats", "labels.png", "--phase", phase, "--descriptors", "S2").stdout
        assert f"phase fraction {(labels == 2).mean():.4f}" in shown
    Image.fromarray(np.zeros((8, 8, 3), np.uint8) + np.array([9, 0, 0], np.uint8)).save(tmp_path / "red.png")
    assert "red.png is a colour picture, and labels are one number a pixel" in refused(
        "stats", "red.png", "--phase", "all"
    )


def test_all_phases_are_those_of_labels(refused: Refused, tmp_path: Path):
    np.save(tmp_path / "grey.npy", np.arange(256, dtype=np.uint8).reshape(16, 16))
    expected = "grey.npy is grey: it holds more than 32 values (0, 1, 2, 3, 4, 5, ...), and all phases ask for each"
    assert expected in refused("stats", "grey.npy", "--phase", "all")


def test_a_large_raw_file_of_another_shape_is_refused_unread(refused: Refused, tmp_path: Path):
    with (tmp_path / "rock.raw").open("wb") as file:
        file.truncate(2**31)
    assert "give --raw-shape (slowest axis first) and --raw-dtype" in refused("stats", "rock.raw")
    said = refused("stats", "rock.raw", "--raw-shape", 1024, 1024, 1024, "--raw-dtype", "uint8", "--dims", 3)
    assert "2,147,483,648 bytes of voxels, but 1024 x 1024 x 1024 values of uint8 are 1,073,741,824" in said
    assert "(the file has 2 bytes for each); check shape and dtype" in said
    said = refused("stats", "rock.raw", "--raw-shape", "1024x1024x1024", "--raw-dtype", "voxels", "--dims", 3)
    assert '"voxels" is no number type' in said


def test_a_phase_that_does_not_occur_is_refused(refused: Refused, tiles: Path):
    said = refused("stats", tiles, "--phase", 7, "--descriptors", "S2,minkowski", "--csv", "s.csv")
    assert f"phase 7 does not occur: {tiles} holds the values 0, 1" in said
    assert not Path("s.csv").exists()


@pytest.fixture
def volume() -> np.ndarray:
    """(14, 12, 16) uint8 of labels 0, 3 and 200."""
    field = gaussian_random_field((14, 12, 16), correlation_length=1.5, phase_fraction=0.5, seed=0)[0]
    return np.where(field == 1, 200, 3 * (np.arange(16) > 7)).astype(np.uint8)


def table(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", ["tif", "npy", "npz", "h5", "raw", "mhd"])
def test_every_format_is_the_same_volume(raysys: Run, volume: np.ndarray, kind: str):
    options: list[object] = []
    if kind == "raw":
        Path("a.raw").write_bytes(volume.astype(">u2").tobytes())
        options = ["--raw-shape", *volume.shape, "--raw-dtype", ">u2"]
    elif kind == "mhd":
        Path("a.data").write_bytes(volume.tobytes())
        header = "NDims = 3\nDimSize = 16 12 14\nElementType = MET_UCHAR\nElementDataFile = a.data\n"
        Path("a.mhd").write_text(header)
    elif kind == "h5":
        with h5py.File("a.h5", "w") as store:
            store["scan/voxels"], store["scan/other"] = volume, volume[:3]
        options = ["--dataset", "scan/voxels"]
    elif kind == "npz":
        np.savez("a.npz", voxels=volume, other=volume[:3])
        options = ["--dataset", "voxels"]
    else:
        write_images(Path(f"a.{kind}"), volume)
    raysys("stats", f"a.{kind}", *options, "--dims", 3, "--phase", 200, "--descriptors", "S2,L", "--save", "s.npz")
    found, expected = Characterisation.load("s.npz"), characterise(volume[None], ("S2", "L"), phase=200)
    assert (found.phase, found.shape, found.descriptors) == (200, (14, 12, 16), ("S2", "L"))
    for name, curve in expected.curves.items():
        np.testing.assert_array_equal(found.curves[name].values, curve.values)


def test_a_threshold_is_a_grey_value_as_stored(raysys: Run, refused: Refused, tmp_path: Path):
    grey = np.arange(64 * 64).reshape(64, 64).astype(np.uint16)
    np.save(tmp_path / "deep.npy", grey)
    result = raysys("stats", "deep.npy", "--threshold", 1023, "--descriptors", "S2")
    assert "phase fraction 0.7500" in result.stdout
    assert result.stderr == ""
    shown = raysys("stats", "deep.npy", "--threshold", 1023, "--phase", "dark", "--descriptors", "S2").stdout
    assert "phase fraction 0.2500" in shown
    assert "threshold 0.5 is no stored value" in refused("stats", "deep.npy", "--threshold", 0.5)


def test_how_phases_were_told_is_said_everywhere(raysys: Run, grey: Path):
    result = raysys("stats", grey, "--phase", "dark", "--descriptors", "S2", "--csv", "s.csv", "--report", "page.html")
    limit = otsu_threshold(np.asarray(Image.open(grey)))
    assert f"phase dark, segmented at Otsu's threshold {limit:.6g}" in result.stdout
    told = {(row["phase_of_interest"], row["method"], row["threshold"]) for row in table("s.csv")}
    assert told == {("dark", "otsu", f"{limit:.6g}")}
    page = Path("page.html").read_text()
    assert "As stored, and segmented" in page
    assert (
        f"phase dark, segmented at Otsu&#x27;s threshold {limit:.6g}" in page or f"Otsu's threshold {limit:.6g}" in page
    )
    assert page.count('<label class="enlarge">') == 2


def test_images_of_different_sizes_are_a_batch(raysys: Run, refused: Refused, tmp_path: Path):
    sizes = {"a.npy": (24, 32), "b.npy": (20, 20), "c.npy": (24, 32)}
    images = {
        name: gaussian_random_field(size, correlation_length=2.0, phase_fraction=0.4, seed=k)[0]
        for k, (name, size) in enumerate(sizes.items())
    }
    for name, image in images.items():
        np.save(tmp_path / name, image)
    asked = ("--descriptors", "S2,specific_surface", "--csv", "s.csv")
    shown = raysys("stats", *images, *asked).stdout
    assert "3 images of 2 sizes" in shown
    rows = {row["image"]: row for row in table("s-images.csv")}
    for name, image in images.items():
        measured = characterise(image[None], ("S2", "specific_surface"))
        assert rows[name]["pixels"] == " x ".join(map(str, image.shape))
        assert float(rows[name]["phase_fraction"]) == measured.phase_fraction
        assert float(rows[name]["specific_surface"]) == measured.scalars["specific_surface"].mean
    sets = {row["set"]: row["n"] for row in table("s.csv")}
    assert sets == {"a.npy and 2 more, 24 x 32": "2", "a.npy and 2 more, 20 x 20": "1"}
    assert "--crop cuts all of them to one size" in refused("stats", *images, "--save", "x.npz")
    raysys("stats", *images, "--crop", "--descriptors", "S2", "--save", "x.npz")
    middle = np.stack([images["a.npy"][2:22, 6:26], images["b.npy"], images["c.npy"][2:22, 6:26]])
    np.testing.assert_array_equal(
        Characterisation.load("x.npz").curves["S2"].values, characterise(middle, ("S2",)).curves["S2"].values
    )


def test_labels_of_a_photograph_are_told(raysys: Run, grey: Path):
    value = int(np.asarray(Image.open(grey))[0, 0])
    result = raysys("stats", grey, "--phase", value, "--descriptors", "S2")
    assert f"holds more than 32 values; phase {value} is the pixels of this value alone" in result.stderr


def test_numbers_and_pores_have_tables_and_rows(raysys: Run, tiles: Path, fields: np.ndarray):
    options = ["--descriptors", "S2,minkowski", "--pores", "--connectivity", "all", "--csv", "out.csv"]
    shown = raysys("stats", tiles, *options, "--r-max", 4).stdout
    expected = characterise(fields, ("minkowski", "pores"), connectivity="all")
    for name, scalar in expected.scalars.items():
        row = next(line for line in shown.splitlines() if line.startswith(f"│ {name} "))
        assert f"{scalar.mean:.4g}" in row
        assert f"{scalar.mean - scalar.half_width:.4g} to {scalar.mean + scalar.half_width:.4g}" in row
        assert scalar.unit in row
    assert f"{expected.pores.count} pores in 8 images" in shown
    assert "connectivity 8" in shown
    rows = {row["descriptor"]: row for row in table("out.csv") if not row["r"]}
    assert set(rows) == {*expected.scalars, "phase_fraction"}
    assert float(rows["euler_characteristic"]["mean"]) == expected.scalars["euler_characteristic"].mean
    assert rows["euler_characteristic"]["unit"] == "1/pixel^2"
    assert {row["set"] for row in table("out.csv")} == {"first"}
    areas = [float(row["area"]) for row in table("out-pores.csv")]
    assert areas == expected.pores.properties["area"].tolist()
    assert not Path("out-distances.csv").exists()


def test_a_comparison_lists_distances(raysys: Run, tiles: Path, tmp_path: Path):
    other = gaussian_random_field((32, 32), correlation_length=1.0, phase_fraction=0.4, seed=9, n=6)
    write_images(tmp_path / "other.npy", other)
    options = ["--descriptors", "S2,specific_surface", "--pores", "--csv", "out.csv"]
    shown = raysys("stats", tiles, "--compare", "other.npy", *options).stdout
    assert "Distances of distributions from the first set" in shown
    rows = table("out-distances.csv")
    assert {"specific_surface", "phase_fraction", "pores/area"} <= {row["name"] for row in rows}
    assert {row["measure"] for row in rows} >= {"kl", "w1", "ks"}
    assert {row["set"] for row in table("out.csv")} == {row["set"] for row in table("out-pores.csv")}
    assert {row["set"] for row in table("out.csv")} == {"first", "compared"}


def test_saved_studies_are_compared_without_their_images(raysys: Run, refused: Refused, tiles: Path, tmp_path: Path):
    other = gaussian_random_field((32, 32), correlation_length=1.0, phase_fraction=0.4, seed=9, n=6)
    write_images(tmp_path / "other.npy", other)
    options = ["--descriptors", "S2,minkowski", "--pores"]
    raysys("stats", tiles, *options, "--save", "one.npz")
    raysys("stats", "other.npy", *options, "--save", "two.npz")
    direct = raysys("stats", tiles, "--compare", "other.npy", *options).stdout
    saved = raysys("stats", "one.npz", "--compare", "two.npz").stdout
    told = "{}: phase bright, one of the two values stored\n"  # which what was saved does not know
    assert all(told.format(name) in direct for name in ("tiles.npy", "other.npy"))
    direct = direct.replace(told.format("tiles.npy"), "")
    bare = direct.replace(told.format("other.npy"), "")
    assert saved.replace("one.npz", "tiles.npy").replace("two.npz", "other.npy") == bare
    # Of images beside a saved study the same is measured.
    mixed = raysys("stats", "one.npz", "--compare", "other.npy", "--report", "page.html").stdout
    assert mixed.replace("one.npz", "tiles.npy").replace("wrote page.html\n", "") == direct
    said = refused("stats", "one.npz", "--compare", "other.npy", "--boundary", "periodic")
    assert "boundary is open on one side and periodic on the other" in said
    assert "one.npz is a saved characterisation, a set of its own" in refused("stats", "one.npz", tiles)
    assert "one.npz was saved without them" in refused("stats", "one.npz", "--report", "page2.html")
    assert "one.npz is no image but a saved characterisation" in refused("stats", "one.npz", "--res")


def test_the_representative_size_is_shown_and_written(raysys: Run, tmp_path: Path):
    image = gaussian_random_field((256, 256), correlation_length=1.0, phase_fraction=0.4, seed=2)
    write_images(tmp_path / "large.npy", image)
    result = raysys("stats", "large.npy", "--descriptors", "S2", "--res", "--csv", "out.csv", "--report", "page.html")
    expected = representative_size(image[0])
    assert expected.suggestion is not None
    assert f"{expected.reason} {expected.rule}" in result.stdout
    marked = [line for line in result.stdout.splitlines() if "representative │" in line]
    assert len(marked) == 1
    assert marked[0].startswith(f"│ {expected.suggestion:>4} ")
    rows = table("out-res.csv")
    assert {int(row["size"]) for row in rows} == set(expected.sizes)
    assert float(rows[0]["mse"]) == expected.mse[0]
    assert "representative" in Path("page.html").read_text()


def test_presets_and_rounding_are_in_the_protocol(raysys: Run, tiles: Path):
    for options, expected in [([], "nearest"), (["--preset", "published"], "ceil"), (["--rounding", "floor"], "floor")]:
        raysys("stats", tiles, "--descriptors", "P6", "--save", "s.npz", *options)
        assert Characterisation.load("s.npz").curves["P6"].protocol["rounding"] == expected
    raysys("stats", tiles, "--descriptors", "P6", "--save", "s.npz", "--preset", "published", "--rounding", "nearest")
    assert Characterisation.load("s.npz").curves["P6"].protocol["rounding"] == "nearest"


def test_options_of_descriptors_are_in_the_protocol(raysys: Run, tiles: Path):
    asked = ["--descriptors", "chord_length,minkowski,pores", "--smallest", 10, "--pore-edges", "drop"]
    raysys("stats", tiles, *asked, "--chord-edges", "keep", "--surface", "faces", "--save", "s.npz")
    found = Characterisation.load("s.npz")
    assert found.pores.protocol == {"connectivity": "4", "edges": "drop", "smallest": "10"}
    assert found.pores.properties["area"].min() >= 10
    assert found.curves["chord_length"].protocol == {"edges": "keep"}
    assert found.scalars["perimeter"].protocol == {"surface": "faces", "edges": "window"}


def test_lists_every_descriptor_that_is_known(raysys: Run):
    lines = raysys("stats", "--list").stdout.splitlines()
    for name, one in KNOWN.items():
        row = next(line for line in lines if line.startswith(f"│ {name} "))
        assert one.meaning in row
        assert ("3D" in row) == (3 in one.dims)
        assert ("default" in row) == (name in DESCRIPTORS)
        assert ("costly" in row) == (name in ("permeability", "tortuosity"))


def test_default_and_all_are_lists_of_names():
    assert chosen(None, 2) == chosen("default", 2) == DESCRIPTORS
    assert chosen("default,S2,minkowski", 2) == (*DESCRIPTORS, "minkowski")
    costly = ("permeability", "tortuosity")
    assert chosen("all", 3) == tuple(name for name, one in KNOWN.items() if 3 in one.dims and name not in costly)
    assert chosen("all,permeability", 2)[-1] == "permeability"


def test_images_are_spread_over_a_ray_that_is_named(raysys: Run, ray: None, tiles: Path, monkeypatch):
    alone = raysys("stats", tiles, "--pores").stdout
    monkeypatch.setattr("raysys.stats.sets.spreading.WORTH_SECONDS", 0.0)
    assert raysys("stats", tiles, "--pores", "--address", "local").stdout == alone


def test_numbers_are_given_in_units_of_length_where_pixels_have_a_size(raysys: Run, tiles: Path, fields: np.ndarray):
    asked = ("--descriptors", "S2,specific_surface", "--pores", "--csv", "s.csv", "--report", "page.html")
    shown = raysys("stats", tiles, *asked, "--pixel-size", "0.5um").stdout
    surface = characterise(fields, ("specific_surface",)).scalars["specific_surface"].mean
    assert "pixels of 0.5 um" in shown
    assert re.search(r" 2 um +┃", shown)  # below r = 4
    assert re.search(rf" {surface / 0.5:.4g} 1/um ", shown)
    rows = table("s.csv")
    lags = {(float(row["r"]), float(row["r_length"]), row["length_unit"]) for row in rows if row["descriptor"] == "S2"}
    assert lags == {(lag, lag / 2, "um") for lag, _, _ in lags}
    (row,) = [row for row in rows if row["descriptor"] == "specific_surface"]
    assert (float(row["mean_physical"]), row["physical_unit"]) == (pytest.approx(surface / 0.5), "1/um")
    page = Path("page.html").read_text()
    assert 'data-number="specific_surface"><th>specific surface</th>' in page
    assert '<figcaption class="scale"><i style="width: 12.500%"></i>2 um</figcaption>' in page


def test_permeability_is_in_square_metres_and_darcy(raysys: Run):
    layers = np.zeros((1, 8, 8, 8), np.uint8)
    layers[:, :, 2:6] = 1
    np.save("layers.npy", layers)
    asked = ("--dims", 3, "--descriptors", "permeability", "--pixel-size", "2um", "--csv", "s.csv")
    shown = raysys("stats", "layers.npy", *asked).stdout
    rows = {row["descriptor"]: row for row in table("s.csv")}
    name = next(name for name in rows if name.startswith("permeability") and float(rows[name]["mean"]) > 0)
    assert float(rows[name]["mean_physical"]) == pytest.approx(float(rows[name]["mean"]) * 4e-12)
    assert rows[name]["physical_unit"] == "m^2"
    assert f"({float(rows[name]['mean_physical']) / 9.869233e-13:.4g} D)" in shown


def test_voxels_that_are_not_cubes_are_resampled_on_request(raysys: Run, refused: Refused):
    volume = gaussian_random_field((6, 12, 12), correlation_length=2.0, phase_fraction=0.5, seed=0)[0]
    np.save("volume.npy", volume)
    asked = ("--dims", 3, "--descriptors", "S2", "--save", "s.npz")
    said = raysys("stats", "volume.npy", *asked, "--pixel-size", "4um,2um,2um").stderr
    assert "take them for equally long along every axis" in said
    assert "--resample makes pixels equally long" in said
    result = raysys("stats", "volume.npy", *asked, "--pixel-size", "4um,2um,2um", "--resample")
    assert "pixels of 4 x 2 x 2 um became 12 x 12 x 12 pixels of 2 um" in result.stderr
    expected = characterise(np.repeat(volume, 2, axis=0)[None], ("S2",))
    np.testing.assert_array_equal(Characterisation.load("s.npz").curves["S2"].values, expected.curves["S2"].values)
    assert "--resample needs to know how far apart the pixels" in refused("stats", "volume.npy", *asked, "--resample")
