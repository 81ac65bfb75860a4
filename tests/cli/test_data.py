"""`raysys data`: facts, phases, tiles, and bad images."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from raysys.data import read_images, write_images

Run = Callable[..., Result]
Refused = Callable[..., str]


def test_info_shows_values_phase_fraction_and_tiles(raysys: Run, grey: Path):
    shown = raysys("data", "info", grey, "--set", "phase=dark", "--set", "tile=16", "--set", "stride=16").stdout
    assert "64 x 96 pixels, uint8" in shown
    assert "levels" in shown
    assert "0.3750 (phase: dark" in shown
    assert "16 of 16 x 16 pixels" in shown


def test_info_takes_the_data_section_of_a_recipe(raysys: Run):
    shown = raysys("data", "info", "--recipe", "gravel").stdout
    assert "phase: dark" in shown
    assert "341 x 341 pixels" in shown


def test_segment_writes_the_phase_as_white(raysys: Run, grey: Path):
    result = raysys("data", "segment", grey, "-o", "phases.png", "--set", "phase=dark")
    assert "wrote phases.png (64 x 96 pixels)" in result.stdout
    assert "phase fraction 0.3750" in result.stdout
    phases = np.asarray(Image.open("phases.png"))
    assert phases.shape == (64, 96)
    assert (phases[:, :36] == 255).all()
    assert (phases[:, 36:] == 0).all()


def test_segment_needs_no_room_for_tiles(raysys: Run, tmp_path: Path, fields: np.ndarray):
    write_images(tmp_path / "small.png", fields[:1])
    assert raysys("data", "segment", "small.png", "-o", "small.npy").exit_code == 0
    assert (np.load("small.npy")[0] == fields[0]).all()


def test_tile_writes_training_and_held_out_tiles(raysys: Run, grey: Path):
    sizes = ["--set", "tile=16", "--set", "data.stride=16"]
    result = raysys("data", "tile", grey, "-o", "t.npy", "--held-out-output", "h.npy", *sizes)
    assert np.load("t.npy").shape == (16, 16, 16)
    assert np.load("h.npy").shape == (4, 16, 16)
    assert "wrote t.npy (16 of 16 x 16 pixels" in result.stdout
    assert "wrote h.npy (4 of 16 x 16 pixels" in result.stdout


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("tiel=64", "unknown field; allowed: source, images, dataset"),
        ("tile=wide", "tile: Input should be a valid integer"),
        ("tile=1", "tile: Input should be greater than or equal to 2"),
        ("held_out=2", "held_out: Input should be less than 1"),
        ("segment=threshold", 'segment "threshold" needs threshold'),
        ("tile", "write it as FIELD=VALUE"),
        ("tile=[", "not valid YAML"),
        ("tile=4096", "less than one tile of 4096"),
    ],
)
def test_a_wrong_field_is_refused(refused: Refused, grey: Path, change: str, expected: str):
    assert expected in refused("data", "tile", grey, "-o", "t.npy", "--set", change)


@pytest.mark.parametrize("command", ["info", "segment", "tile"])
def test_bad_images_are_refused(refused: Refused, tmp_path: Path, command: str):
    (tmp_path / "text.png").write_text("not an image")
    Image.new("L", (64, 64), 7).save(tmp_path / "flat.png")
    assert "missing.tif does not exist" in refused("data", command, "missing.tif")
    assert "text.png cannot be read as a PNG image" in refused("data", command, "text.png")
    assert "flat.png: the image has one grey level only" in refused("data", command, "flat.png")
    assert "no image" in refused("data", command)


def test_an_output_that_cannot_be_written_is_refused(refused: Refused, grey: Path):
    assert 'cannot be written as "docx"' in refused("data", "tile", grey, "-o", "t.docx", "--set", "tile=16")
    assert "grey.png" in refused("data", "tile", grey, "-o", grey / "t.npy", "--set", "tile=16")


def test_synthesize_writes_classes_and_a_sheet(raysys: Run, tmp_path: Path):
    sizes = ["--per-class", 3, "--size", 64, "--classes", "NBSA,GRF", "--classes", "VoidSmall"]
    result = raysys("data", "synthesize", "micro2d-like", *sizes, "-o", "d.h5", "--preview", "sheet.png")
    assert "wrote d.h5 (9 images of 64 x 64 pixels, 3 classes)" in result.stdout
    assert "wrote sheet.png (3 images of each class)" in result.stdout
    assert np.asarray(Image.open("sheet.png")).ndim == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.h5", "sheet.png"]
    shown = raysys("data", "info", "d.h5").stdout
    assert "9 images of 64 x 64 pixels in 3 classes" in shown
    assert "micro2d-like" in shown


def test_synthesize_on_ray_writes_the_same(raysys: Run, tmp_path: Path, ray: None):
    given = ["micro2d-like", "--per-class", 4, "--size", 48, "--classes", "GRF,VoidSmall", "--seed", 3]
    raysys("data", "synthesize", *given, "-o", "serial.h5")
    raysys("data", "synthesize", *given, "-o", "ray.h5", "--workers", 2)
    assert (tmp_path / "serial.h5").read_bytes() == (tmp_path / "ray.h5").read_bytes()


def test_wrong_data_sets_are_refused(refused: Refused, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    for arguments, expected in (
        (["micro3d"], "KIND"),
        (["micro2d-like", "--classes", "Foam"], 'MICRO2D has no class "Foam"; its classes are GRF, '),
        (["micro2d-like", "--size", 32], "VoronoiSmall: images of 32 pixels a side are too small"),
        (["micro2d-like", "-o", "folder"], "folder is a folder"),
        (["micro2d-like", "--per-class", 0], "--per-class"),
    ):
        assert expected in refused("data", "synthesize", *arguments)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A label image (64, 96) of three phases."""
    numbers = np.kron(np.random.default_rng(0).integers(0, 3, (8, 12)), np.ones((8, 8), int)).astype(np.uint8)
    write_images(tmp_path / "labels.png", numbers[None], kind="labels")
    return tmp_path / "labels.png"


PHASES = ["--set", "phases=[pore, active, binder]", "--set", "tile=16", "--set", "stride=16"]


def test_label_images_are_described_segmented_and_cut(raysys: Run, labels: Path):
    shown = raysys("data", "info", labels, *PHASES).stdout
    assert re.search(r"phase fractions +│ pore 0\.\d{4}, active 0\.\d{4}, binder 0\.\d{4}", shown)
    assert "16 of 16 x 16 pixels" in shown
    result = raysys("data", "segment", labels, "-o", "half.tif", *PHASES, "--set", "downscale=8")
    assert "phase fractions pore 0." in result.stdout
    whole = read_images(labels, kind="labels")
    np.testing.assert_array_equal(read_images("half.tif"), whole[::8, ::8])
    raysys("data", "tile", labels, "-o", "tiles", *PHASES)
    np.testing.assert_array_equal(read_images("tiles", kind="labels")[0], whole[:16, :16])


def test_photographs_keep_their_colours_or_become_grey_with_a_notice(raysys: Run, tmp_path: Path):
    colours = np.random.default_rng(0).random((1, 64, 96, 3), dtype=np.float32)
    write_images(tmp_path / "photograph.png", colours, kind="colour")
    sizes = ["--set", "tile=16", "--set", "stride=16"]
    result = raysys("data", "tile", "photograph.png", "-o", "tiles.npy", *sizes, "--set", "colour=true")
    assert "mean value 0." in result.stdout
    assert np.load("tiles.npy").shape == (16, 16, 16, 3)
    assert "pixels in colour" in raysys("data", "info", "photograph.png", *sizes, "--set", "colour=true").stdout
    result = raysys("data", "tile", "photograph.png", "-o", "grey.npy", *sizes)
    assert result.stderr.count("photograph.png is in colour and becomes grey") == 1
    assert np.load("grey.npy").shape == (16, 16, 16)


def test_segment_keeps_no_colours(refused: Refused, tmp_path: Path):
    write_images(tmp_path / "a.png", np.zeros((1, 20, 20, 3), np.float32), kind="colour")
    assert "makes phases; leave colour out" in refused("data", "segment", "a.png", "--set", "colour=true")


def test_segment_shows_what_a_window_shrinks_to(raysys: Run, grey: Path):
    raysys("data", "segment", grey, "-o", "small.npy", "--set", "phase=dark", "--set", "window=32", "--set", "tile=16")
    assert np.load("small.npy").shape == (1, 32, 48)
