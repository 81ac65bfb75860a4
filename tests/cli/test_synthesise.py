"""`raysys synthesise`: pictures in every format, kinds, resuming after a kill, sentences for what cannot be."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.textures import stripes
from typer.testing import Result

from raysys.data import read_images, write_images

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAYSYS_VGG19", "absent.npz")
    monkeypatch.setattr("raysys.features.weights.find_spec", lambda name: None)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    write_images(tmp_path / "photo.png", stripes(colour=True)[None], kind="colour")
    return tmp_path / "photo.png"


def test_without_weights_a_quilt_is_made_and_said(raysys: Run, photo: Path):
    done = raysys("synthesise", photo, "--size", 40, 72, "-o", "more.png")
    assert done.exit_code == 0
    assert "the method is quilting now: VGG-19's weights were not found: absent.npz" in done.stderr
    assert "wrote more.png (1 of 40 x 72 pixels)" in done.stdout
    made, source = (np.asarray(Image.open(name)).reshape(-1, 3) for name in ("more.png", photo))
    assert set(map(tuple, made)) <= set(map(tuple, source))
    assert not Path("more.png.pictures").exists()


def test_variations_differ_and_the_seed_decides(raysys: Run, photo: Path):
    for name, seed in (("one.npy", 1), ("again.npy", 1), ("other.npy", 2)):
        raysys("synthesise", photo, "--size", 48, "--variations", 3, "--seed", seed, "--method", "quilting", "-o", name)
    one, again, other = (np.load(name) for name in ("one.npy", "again.npy", "other.npy"))
    assert one.shape == (3, 48, 48, 3)
    assert np.array_equal(one, again)
    assert len({image.tobytes() for image in (*one, *other)}) == 6


@pytest.mark.parametrize("kind", ["grey", "binary"])
def test_what_an_image_holds_is_looked_at_and_said(raysys: Run, kind: str):
    image = stripes() if kind == "grey" else (stripes() > 0.6).astype(np.uint8)
    write_images("image.png", image[None])
    done = raysys("synthesise", "image.png", "--size", 32, "--method", "quilting", "-o", "made.npy")
    assert f"image.png is taken as {kind}; --kind says otherwise" in done.stderr
    assert np.load("made.npy").dtype == (np.float32 if kind == "grey" else np.uint8)
    assert np.load("made.npy").shape == (1, 32, 32)


def test_a_killed_synthesis_goes_on_to_the_same_picture(photo: Path, tmp_path: Path):
    """A real process is killed after its first checkpoint; the same command ends with the picture of one in peace."""
    options = ["--size", "64", "--weights", "random", "--threads", "1", "--seed", "5"]
    program = [sys.executable, "-c", PROGRAM, "synthesise", str(photo), *options, "-o"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    killed = subprocess.Popen([*program, "more.npy"], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    kept = tmp_path / "more.npy.pictures" / "picture-000000.npz"
    deadline = time.monotonic() + 120
    while not kept.exists() and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL, "it had ended before it was killed"
    assert not (tmp_path / "more.npy").exists()
    for name in ("more.npy", "peace.npy"):
        subprocess.run([*program, name], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert np.array_equal(np.load(tmp_path / "more.npy"), np.load(tmp_path / "peace.npy"))
    assert not kept.parent.exists()


# The command with a preset of few steps, and a checkpoint after each.
PROGRAM = """
import sys
from dataclasses import replace
from raysys import farm
from raysys.synthesis import presets
fast = presets.PRESETS["fast"]
scales = tuple(replace(scale, steps=6, layers=("conv2_1",)) for scale in fast.scales)
presets.PRESETS["fast"] = replace(fast, scales=scales)
patience = farm.Patience
farm.Patience = lambda checkpoint: patience(checkpoint=0)
from raysys.cli import main
main()
"""


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ("-o", "more.gif"),
            "-o more.gif: unknown format; allowed: .png, .tif, .npy, .npz, or a new folder (no suffix)",
        ),
        (
            ("-o", "more.png", "--variations", 2),
            "-o more.png is one picture, and --variations asks for 2; allowed: a new folder, or a .tif",
        ),
        (("-o", "more.png", "--size", "1x2x3"), "--size 1x2x3: allowed: one number, or rows and columns as 512x384"),
        (("-o", "more.png", "--size", 4), "size 4 x 4; allowed: 8 pixels a side and more"),
        (
            ("-o", "more.png", "--size", 100, "--tile", "--keep-size"),
            "size 100 x 100 of a tileable picture; allowed: multiples of 8, such as 96 x 96",
        ),
        (("-o", "more.png", "--method", "gram"), "VGG-19's weights were not found: absent.npz: there is no file"),
        (("-o", "more.png", "--kind", "binary"), "has more than two values; segment it first"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(
    refused: Callable[..., str], photo: Path, options: tuple[object, ...], sentence: str
):
    assert sentence in refused("synthesise", photo, *options)


def test_a_stack_is_no_texture(refused: Callable[..., str]):
    write_images("stack.tif", np.random.default_rng(0).random((4, 30, 30)).astype(np.float32))
    assert "a volume or several images; allowed: one flat image" in refused(
        "synthesise", "stack.tif", "-o", "more.png", "--kind", "grey"
    )
    assert read_images("stack.tif").shape == (4, 30, 30)
