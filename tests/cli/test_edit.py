"""`raysys edit` and `raysys assess edit`: holes, objects, scores, resuming after a kill, sentences."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.textures import few_channels, stripes
from typer.testing import Result

from raysys.data import write_images
from raysys.synthesis.editing.presets import EDIT_PRESETS

Run = Callable[..., Result]
SIDE = 48


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("RAYSYS_VGG16", "RAYSYS_RESNET50"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAYSYS_VGG19", "absent.npz")
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("raysys.features.weights.find_spec", lambda name: None)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    image = stripes(SIDE, colour=True)
    image[box(12, 6)] = image[box(12, 6)][:, ::-1]  # an object of other colours
    write_images(tmp_path / "photo.png", image[None], kind="colour")
    for name, (top, left) in {"object": (12, 6), "wanted": (20, 26)}.items():
        write_images(tmp_path / f"{name}.png", box(top, left)[None].astype(np.uint8) * 255, kind="grey")
    return tmp_path / "photo.png"


def box(top: int, left: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[top : top + 14, left : left + 12] = True
    return mask


def test_a_hole_of_a_file_is_filled_and_the_rest_of_its_bytes_stay(raysys: Run, photo: Path):
    done = raysys("edit", photo, "--hole", "object.png", "-o", "filled.png", "--scores", "scores.json")
    assert done.exit_code == 0
    assert "the image is quilted only, for want of the term correspondence: VGG-19's weights were not" in done.stderr
    assert "wrote filled.png (48 x 48 pixels)" in done.stdout
    made, source = (np.asarray(Image.open(name)) for name in ("filled.png", photo))
    hole = box(12, 6)
    assert np.array_equal(made[~hole], source[~hole])
    assert not np.array_equal(made[hole], source[hole])
    assert not Path("filled.png.pictures").exists()
    scores = json.loads(Path("scores.json").read_text())["edit"]
    assert (scores["kept"], scores["overlap"], scores["classifier"]) == (1, None, "none")


def test_a_binary_micrograph_keeps_its_phases(raysys: Run, photo: Path, monkeypatch: pytest.MonkeyPatch):
    fast = EDIT_PRESETS["fast"]
    few = tuple(replace(scale, steps=2, layers=("conv2_1",)) for scale in fast.scales)
    monkeypatch.setitem(EDIT_PRESETS, "fast", replace(fast, scales=few))
    monkeypatch.setattr("raysys.synthesis.editing.edit.extractor", lambda weights, deepest: few_channels(deepest))
    image = (stripes(SIDE) > 0.6).astype(np.uint8)
    write_images("micrograph.png", image[None], kind="binary")
    raysys("edit", "micrograph.png", "--hole", "object.png", "-o", "whole.npy", "--weights", "random", "--threads", 1)
    made, hole = np.load("whole.npy")[0], box(12, 6)
    assert made.dtype == np.uint8
    assert np.array_equal(made[~hole], image[~hole])
    assert made[hole].mean() == pytest.approx(image[~hole].mean(), abs=1 / hole.sum())


def test_an_object_is_moved_and_edits_are_judged_side_by_side(raysys: Run, photo: Path):
    raysys("edit", photo, "--source-mask", "object.png", "--target-mask", "wanted.png", "-o", "drawn.png")
    raysys("edit", photo, "--source-mask", "object.png", "--shift", 20, 8, "--copy", "-o", "copied.png")
    masks = ("--source-mask", "object.png", "--target-mask", "wanted.png")
    done = raysys("assess", "edit", photo, "drawn.png", "twice=copied.png", *masks, "-o", "scores.json")
    assert done.exit_code == 0
    scores = json.loads(Path("scores.json").read_text())
    assert list(scores) == ["drawn", "twice"]
    made, source = (np.asarray(Image.open(name)) for name in ("copied.png", photo))
    assert np.array_equal(made[box(20, 26)], source[box(12, 6)])
    assert scores["twice"]["overlap"] > 0.3
    assert done.stderr.count("no class is recognised") == 1


def test_help_lists_the_command_and_its_terms(raysys: Run):
    done = raysys("edit", "--help")
    for word in ("--hole", "--target-mask", "--shift", "--rotations", "--classifier", "--without", "Example: raysys"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "nothing says what to edit; allowed: --hole MASK, or --source-mask MASK and where it goes"),
        (("--hole", "object.png", "--source-mask", "object.png"), "--hole beside options of an object"),
        (("--hole", "object.png", "--shift", "1 1"), "--hole beside options of an object; allowed: one of them"),
        (("--source-mask", "object.png"), "--source-mask object.png without where the object goes; allowed: beside"),
        (("--source-mask", "object.png", "--copy"), "without where the object goes; allowed: beside --target-mask"),
        (("--hole", "other.png"), "the hole has 20 x 20 pixels, and the image 48 x 48; allowed: the same"),
        (("--hole", "empty.png"), "the hole is empty: it is 0 everywhere"),
        (("--hole", "full.png"), "the hole covers the whole image"),
        (("--hole", "object.png", "-o", "made.gif"), "-o made.gif: unknown format; allowed: .png, .tif"),
        (("--source-mask", "object.png", "--shift", "3"), "--shift 3: allowed: two numbers, pixels to the right and"),
        (("--source-mask", "object.png", "--scale", "0"), "scale 0; allowed: numbers above 0"),
        (
            ("--source-mask", "object.png", "--shift", "4 4", "--preset", "published"),
            "the published form of editing is not reachable here: ResNet-50's weights were not found",
        ),
        (
            ("--source-mask", "object.png", "--shift", "4 4", "--without", "gan"),
            "without 'gan', which is no term of an edit; allowed: correspondence, classification, moments, variation",
        ),
    ],
)
def test_what_cannot_be_edited_is_one_sentence(
    refused: Callable[..., str], photo: Path, options: tuple[object, ...], sentence: str
):
    write_images("other.png", np.eye(20, dtype=np.uint8)[None] * 255, kind="grey")
    for name, value in (("empty", 0), ("full", 255)):
        Image.fromarray(np.full((SIDE, SIDE), value, np.uint8)).save(f"{name}.png")
    output = () if "-o" in options else ("-o", "made.png")
    assert sentence in refused("edit", photo, "--kind", "colour", *options, *output)


def test_judging_wants_to_know_which_edit_it_was(refused: Callable[..., str], photo: Path):
    sentence = "which edit it was is not said; allowed: --hole MASK, or --source-mask and --target-mask"
    assert sentence in refused("assess", "edit", photo, photo)
    assert sentence in refused("assess", "edit", photo, photo, "--source-mask", "object.png")


def test_a_killed_edit_goes_on_to_the_same_image(photo: Path, tmp_path: Path):
    """A real process is killed after its first checkpoint; the same command ends with the image of one in peace."""
    options = ["--source-mask", "object.png", "--shift", "20", "8", "--weights", "random", "--threads", "1"]
    program = [sys.executable, "-c", PROGRAM, "edit", str(photo), *options, "-o"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    killed = subprocess.Popen([*program, "made.npy"], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    kept = tmp_path / "made.npy.pictures" / "picture-000000.npz"
    deadline = time.monotonic() + 240
    while not kept.exists() and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL, "it had ended before it was killed"
    assert not (tmp_path / "made.npy").exists()
    for name in ("made.npy", "peace.npy"):
        subprocess.run([*program, name], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert np.array_equal(np.load(tmp_path / "made.npy"), np.load(tmp_path / "peace.npy"))
    assert not kept.parent.exists()


# The command with a preset of few steps, and a checkpoint after each.
PROGRAM = """
from dataclasses import replace
from raysys import farm
from raysys.synthesis.editing import presets
fast = presets.EDIT_PRESETS["fast"]
scales = tuple(replace(scale, steps=6, layers=("conv2_1",)) for scale in fast.scales)
presets.EDIT_PRESETS["fast"] = replace(fast, scales=scales)
patience = farm.Patience
farm.Patience = lambda checkpoint: patience(checkpoint=0)
from raysys.cli import main
main()
"""
