"""`raysys synthesise --descriptors`: flat structures and volumes of one section, with its phase fraction."""

from collections.abc import Callable

import numpy as np
import pytest
from support.textures import stripes
from typer.testing import Result

from raysys.data import write_images


@pytest.fixture(autouse=True)
def section(raysys: Callable[..., Result]) -> np.ndarray:  # in the folder that the command runs in
    image = (stripes(60) > 0.55).astype(np.uint8)
    write_images("section.png", image[None])
    return image


@pytest.mark.parametrize(("size", "more"), [((40, 36), ()), ((24,), ("--dims", 3))])
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
        (("--descriptors", "S2", "--kind", "grey"), "--descriptors of 1 images, the first grey; allowed: one binary"),
    ],
)
def test_what_cannot_be_is_one_sentence(raysys: Callable[..., Result], options: tuple[object, ...], sentence: str):
    done = raysys("synthesise", "section.png", "-o", "made.npy", *options)
    assert done.exit_code == 2
    assert sentence in done.stderr.splitlines()[-1]
