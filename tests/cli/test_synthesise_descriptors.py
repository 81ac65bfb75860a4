"""`raysys synthesise --descriptors`: flat structures and volumes of one section, with its phase fraction."""

from collections.abc import Callable

import numpy as np
import pytest
from support.textures import stripes
from typer.testing import Result

from raysys.data import gaussian_random_field, read_images, write_images
from raysys.spacing import Spacing


@pytest.fixture(autouse=True)
def section(raysys: Callable[..., Result]) -> np.ndarray:  # in the folder that the command runs in
    image = (stripes(60) > 0.55).astype(np.uint8)
    write_images("section.png", image[None])
    return image


@pytest.mark.parametrize(("size", "more"), [((40, 36), ()), pytest.param((24,), ("--dims", 3), marks=pytest.mark.slow)])
def test_structures_have_the_phase_fraction(
    raysys: Callable[..., Result], section: np.ndarray, size: tuple[int, ...], more: tuple[object, ...]
):
    asked = ("--descriptors", "S2,L:0.5", "--r-max", 8, "--steps", 5, "--variations", 2, *more)
    done = raysys("synthesise", "section.png", "--size", *size, *asked, "-o", "made.npy")
    assert done.exit_code == 0, done.output
    made = np.load("made.npy")
    assert made.shape == (2, *((24, 24, 24) if more else size))
    for one in made:
        assert int(one.sum()) == round(section.mean() * one.size)
    assert "S2:1,L:0.5" in done.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--descriptors", "S2,P9"), "descriptors are P9; allowed: S2, L, P3H, P3V, P4, P6, map"),
        (("--descriptors", "S2", "--size", 10), "with lags up to 20; allowed: two or three sides of at least 42"),
        (("--descriptors", "S2", "--kind", "grey"), "of section.png, a grey image; allowed: a binary micrograph"),
        (("--dims", 3), "no --size of the volume, which no section says"),
        (("--dims", 3, "--size", 24, "--out", "made.png"), "made.png holds flat pictures, and --dims 3 makes volumes"),
        (("--known", "section.png"), "--known and --mask go together"),
        (("--kind", "labels"), "--kind labels is of --descriptors"),
        (("--sections", "a.png", "b.png", "c.png"), "name an image, or three --sections in its place"),
        (
            ("--descriptors", "S2", "--known", "part.npy", "--mask", "part.npy"),
            "--known part.npy has more than two values",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(raysys: Callable[..., Result], options: tuple[object, ...], sentence: str):
    np.save("part.npy", np.arange(60, dtype=np.uint8)[:, None] // np.full(60, 20, np.uint8))
    done = raysys("synthesise", "section.png", "-o", "made.npy", *options)
    assert done.exit_code == 2
    assert sentence in done.stderr.splitlines()[-1]


def test_three_sections_become_a_volume_with_a_pixel_size_for_each_axis(raysys: Callable[..., Result]):
    volume = gaussian_random_field((96, 96, 96), correlation_length=2.0, phase_fraction=0.4, seed=1)[0]
    for axis, (name, size) in enumerate({"xy": (1.0, 1.0), "xz": (2.0, 1.0), "yz": (2.0, 1.0)}.items()):
        write_images(f"{name}.tif", volume.take(48, axis)[None], spacing=Spacing(size, "um"))
    asked = ("--sections", "xy.tif", "xz.tif", "yz.tif", "--size", 14, 16, 18, "--r-max", 6, "--steps", 3)
    done = raysys("synthesise", *asked, "-o", "volume.tif")
    assert done.exit_code == 0, done.output
    assert read_images("volume.tif").shape == (14, 16, 18)
    assert "2 x 1 x 1 um" in raysys("stats", "volume.tif", "--dims", 3).output


def test_labels_keep_their_values_and_known_pixels_stay(raysys: Callable[..., Result], section: np.ndarray):
    labels = section.copy()
    labels[:, :20] *= 3
    np.save("labels.npy", labels)
    mask = np.ones((60, 60), np.uint8)
    mask[20:40, 20:40] = 0
    np.save("mask.npy", mask)
    asked = ("--kind", "labels", "--descriptors", "S2,gram:0.1", "--weights", "random", "--r-max", 6, "--steps", 2)
    done = raysys("synthesise", "labels.npy", *asked, "--known", "labels.npy", "--mask", "mask.npy", "-o", "made.npy")
    assert done.exit_code == 0, done.output
    made = np.load("made.npy")[0]
    assert np.array_equal(made[20:40, 20:40], labels[20:40, 20:40])
    assert [int((made == value).sum()) for value in (0, 1, 3)] == [int((labels == value).sum()) for value in (0, 1, 3)]
