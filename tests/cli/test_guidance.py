"""`raysys guidance` makes maps, and `raysys synthesise` follows them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.textures import stripes
from typer.testing import Result

from raysys.data import write_images
from raysys.data.textures import angles_of, orientation_of, read_map

Run = Callable[..., Result]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    write_images(tmp_path / "photo.png", stripes(colour=True)[None], kind="colour")
    return tmp_path / "photo.png"


def test_maps_are_read_off_images(raysys: Run, photo: Path):
    done = raysys("guidance", "orientation", photo, "-o", "field.npy", "--picture", "field.png")
    assert "wrote field.npy (orientation of 48 x 48 pixels)" in done.stdout
    # Stripes whose phase is row + column / 2: two to the right and one up.
    assert np.median(np.rad2deg(angles_of(np.load("field.npy")))) == pytest.approx(26.6, abs=3)
    assert np.array(Image.open("field.png")).shape == (48, 48, 3)
    raysys("guidance", "progression", photo, "-o", "map.png", "--scale", 4)
    assert read_map("map.png", "progression").shape == (48, 48)
    raysys("guidance", "paint", photo, "--clusters", 2, "-o", "labels.png")
    assert set(np.unique(read_map("labels.png", "annotation"))) == {0, 1}


def test_maps_are_drawn_and_moved(raysys: Run):
    for words in (
        ("perlin", "--size", "32x40", "--seed", 3, "-o", "perlin.png"),
        ("gradient", "--size", "32x40", "--radial", "--as", "orientation", "-o", "rings.npy"),
        ("gradient", "--size", "20", "-o", "map0.png"),
        ("refine", "perlin.png", "--source", "map0.png", "-o", "refined.npy"),
        ("stretch", "perlin.png", "--factor", "1x2", "--size", "16x16", "-o", "stretched.png"),
        ("rotate", "rings.npy", "--as", "orientation", "--degrees", 30, "-o", "turned.npy"),
        (
            "paint",
            "--size",
            "32x40",
            "--shape",
            "disc:3:0.5,0.5,0.2",
            "--shape",
            "band:1:0.1,0.1,0.1:45",
            "-o",
            "l.png",
        ),
        ("distance", "l.png", "-o", "distance.png"),
        ("show", "turned.npy", "--as", "orientation", "-o", "shown.png"),
    ):
        assert raysys("guidance", *words).exit_code == 0
    assert read_map("stretched.png", "progression").shape == (16, 16)
    rings = angles_of(np.load("rings.npy"))
    assert rings[16, 38] == pytest.approx(np.pi / 2, abs=0.1)
    assert min(rings[1, 20], np.pi - rings[1, 20]) < 0.1
    assert np.unique(read_map("l.png", "annotation")).tolist() == [0, 1, 3]


def test_a_synthesis_follows_maps_of_the_command_line(raysys: Run, photo: Path):
    raysys("guidance", "gradient", "--size", "64", "--degrees", 90, "--as", "orientation", "-o", "asked.png")
    raysys("guidance", "gradient", "--size", "64", "-o", "map.png")
    done = raysys(
        *("synthesise", photo, "--size", 48, "--method", "quilting", "-o", "made.npy", "--orientation", "asked.png"),
        *("--progression", "map.png", "--source-progression", "auto", "--guidance-weights", "orientation=20"),
    )
    assert "the picture's orientation, 64 x 64 pixels, was resized to 48 x 48" in done.stderr
    found = np.rad2deg(angles_of(orientation_of(np.load("made.npy")[0])))
    # Stripes run at 26 degrees and are asked for at 0: of copies every 45 degrees the nearest are 19 or 26 off.
    assert np.median(np.minimum(found, 180 - found)) < 27


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--progression", "map.png"), "without --source-progression; give both maps, or --source-progression auto"),
        (("--source-orientation", "map.png"), "--source-orientation map.png without --orientation; give both maps"),
        (("--annotation", "map.png", "--source-annotation", "ones.png"), "asks for labels 0, 8, 12"),
        (("--guidance-weights", "progression=5"), "without a map; allowed: beside --progression"),
        (
            ("--progression", "map.png", "--source-progression", "auto", "--guidance-weights", "a lot"),
            "allowed: NAME=NUMBER,... such as progression=50,orientation=5",
        ),
        (("--flips", "--rotations", 8), "flips and 8 rotations"),
        (("--local-context", 2), "local_context and rotate_matches of quilting; allowed: of guided-correspondence"),
    ],
)
def test_guidance_that_cannot_be_is_refused(
    refused: Callable[..., str], raysys: Run, photo: Path, tmp_path: Path, options: tuple, sentence: str
):
    raysys("guidance", "gradient", "--size", "64", "-o", "map.png")
    write_images("ones.png", np.ones((1, 48, 48), np.uint8), kind="labels")
    assert sentence in refused("synthesise", photo, "--size", 48, "--method", "quilting", "-o", "no.png", *options)
