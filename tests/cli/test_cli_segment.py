"""`raysys segment`: labels in files, agreement with masks beside Otsu's, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import Result

Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A U-Net that is not trained but made: bright pixels are its second class."""
    import torch

    from raysys.models import ModelCard, SegmenterModel, UNet, save_model

    torch.set_num_threads(1)
    network = UNet(16, classes=("dark", "bright"), depth=1, width=2, grey="stored").eval()
    with torch.no_grad():
        for block in (network.down[0], network.up[0]):
            block[0].weight.zero_()
            block[3].weight.zero_()
            block[3].weight[0, 0, 1, 1] = 1
        network.down[0][0].weight[0, 0, 1, 1] = 1
        network.up[0][0].weight[0, 4, 1, 1] = 1  # after four channels from below, the first of the level itself
        network.head.weight.zero_()
        network.head.weight[1, 0] = 50
        network.head.bias.copy_(torch.tensor([1.0, 0.0]))
    card = ModelCard(
        name="bright",
        architecture="unet",
        hyperparameters=network.hyperparameters,
        images={"kind": "grey", "shape": (16, 16)},
        provenance={"data": {"settings": {"classes": {"dark": [0], "bright": [255]}, "unlabelled": 7}}},
    )
    return save_model(tmp_path_factory.mktemp("segmenter") / "bright", SegmenterModel(card, network))


@pytest.fixture
def scans(tmp_path: Path) -> list[Path]:
    """Two grey images (37, 50), the second with a ramp of light; bright is above the middle of the scale."""
    chance = np.random.default_rng(0)
    files = []
    for name in ("one", "two"):
        grey = chance.integers(0, 256, (37, 50)).astype(np.uint8)
        Image.fromarray(grey).save(tmp_path / f"{name}.png")
        mask = np.where(grey > 140, 255, 0).astype(np.uint8)
        mask[:3] = 7
        Image.fromarray(mask).save(tmp_path / f"{name}_mask.png")
        files.append(tmp_path / f"{name}.png")
    return files


def expected(file: Path) -> np.ndarray:
    return (np.asarray(Image.open(file)) > 130).astype(np.uint8)


def close(labels: np.ndarray, file: Path) -> bool:
    """The made network's threshold lies at a few grey values above the middle."""
    return bool((labels == expected(file)).mean() > 0.97)


@pytest.mark.parametrize("output", ["labels.tif", "labels.npy", "labels.npz"])
def test_labels_of_several_images_are_a_stack_of_class_numbers(raysys: Run, segmenter: Path, scans, output: str):
    result = raysys("segment", segmenter, *scans, "-o", output)
    assert f"wrote {output} (labels of 2 x 37 x 50 pixels)" in result.stdout
    stack = tifffile.imread(output) if output.endswith("tif") else np.load(output)
    stack = stack["labels"] if output.endswith("npz") else stack
    assert stack.dtype == np.uint8
    assert set(np.unique(stack)) == {0, 1}
    assert all(close(labels, file) for labels, file in zip(stack, scans, strict=True))


def test_a_folder_has_a_picture_of_each_image(raysys: Run, segmenter: Path, scans):
    raysys("segment", segmenter, *scans, "-o", "labels", "--overlays", "pictures")
    assert sorted(path.name for path in Path("labels").iterdir()) == ["one.png", "two.png"]
    assert close(np.asarray(Image.open("labels/two.png")), scans[1])
    assert Image.open("pictures/one.png").size == (50, 37)


def test_probabilities_are_written_by_image(raysys: Run, segmenter: Path, scans):
    raysys("segment", segmenter, *scans, "-o", "labels.npy", "--probabilities", "p.npz")
    with np.load("p.npz") as found:
        assert set(found.files) == {"one", "two"}
        assert found["one"].shape == (2, 37, 50)
        np.testing.assert_array_equal(found["one"].argmax(0), np.load("labels.npy")[0])
        np.testing.assert_allclose(found["two"].sum(0), 1, atol=1e-5)


def test_agreement_stands_beside_otsus(raysys: Run, segmenter: Path, scans):
    masks = [file.with_name(f"{file.stem}_mask.png") for file in scans]
    against = [part for mask in masks for part in ("--against", mask)]
    result = raysys("segment", segmenter, *scans, "-o", "labels", *against, "--overlays", "pictures")
    rows = [line for line in result.stdout.splitlines() if "│" in line]
    assert any("bright" in line and "0.9" in line for line in rows)
    assert any("Otsu" in line for line in rows)
    assert "multi-Otsu (3 levels)" in result.stdout
    assert "dark to bright: dark, bright" in result.stdout
    assert "chosen with these masks" in " ".join(result.stdout.split())
    assert Image.open("pictures/one.png").size == (4 * 50 + 3 * 4, 37)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["one.png", "two.png", "-o", "labels.png"], "one picture and there are 2 images"),
        (["one.png", "-o", "labels.gif"], "unknown format; allowed: .tif"),
        (["one.png", "-o", "l.npy", "--probabilities", "p.npy"], "--probabilities p.npy: unknown format"),
        (["one.png", "two.png", "-o", "l.npy", "--against", "one_mask.png"], "names 1 masks for 2 images"),
        (["none.png", "-o", "l.npy"], "none.png does not exist"),
        (["one.png", "-o", "l.npy", "--overlap", "256"], "less than the 256 pixels of a tile"),
        (["one.png", "-o", "l.npy", "--against", "small.png"], "small.png has 3 x 4 pixels, but its image"),
        (["one.png", "-o", "l.npy", "--against", "two.png"], "holds values that no class names"),
        (["one.png", "small.png", "-o", "l.npy"], "have 37 x 50 and 3 x 4 pixels; name a folder"),
        (["colour.png", "-o", "l.npy"], "is a colour picture"),
        (["one.png", "-o", "full"], "already exists and is not an empty folder"),
    ],
)
def test_mistakes_are_one_sentence(refused: Refused, segmenter: Path, scans, tmp_path: Path, arguments, words: str):
    small = np.zeros((3, 4), np.uint8)
    small[0] = 255
    Image.fromarray(small).save(tmp_path / "small.png")
    Image.fromarray(np.arange(90, dtype=np.uint8).reshape(5, 6, 3)).save(tmp_path / "colour.png")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("")
    assert words in refused("segment", segmenter, *arguments)


def test_a_model_of_another_kind_is_refused(refused: Refused, model_folder: Path, scans):
    assert "wanted: one that segments images" in refused("segment", model_folder, scans[0], "-o", "l.npy")
