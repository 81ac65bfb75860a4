"""`raysys segment`: labels in files, agreement with masks beside Otsu's, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy.ndimage import gaussian_filter
from typer.testing import Result

from raysys.data.files.reading import read_stored
from raysys.data.large import image as large_image
from raysys.data.large import prepared, writing
from raysys.spacing import Spacing

Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A U-Net that is not trained but made: bright pixels are its second class."""
    import torch

    from raysys.methods.unet.model import SegmenterModel
    from raysys.methods.unet.network import UNet
    from raysys.models import ModelCard, save_model

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


@pytest.mark.parametrize("limit", [1 << 30, 1000])
def test_labels_keep_the_size_of_the_pixels(raysys: Run, monkeypatch, segmenter: Path, scans, tmp_path: Path, limit):
    monkeypatch.setattr(prepared, "LARGE_PIXELS", limit)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path / "cache"))
    grey = np.asarray(Image.open(scans[0]))
    tifffile.imwrite("scan.tif", grey, imagej=True, resolution=(2.5, 2.5), metadata={"unit": "um"})
    assert raysys("segment", segmenter, "scan.tif", "-o", "labels.tif").exit_code == 0
    assert read_stored("labels.tif").spacing == Spacing((0.4, 0.4), "um")


def test_a_folder_has_a_picture_of_each_image(raysys: Run, segmenter: Path, scans):
    raysys("segment", segmenter, *scans, "-o", "labels", "--overlays", "pictures")
    assert sorted(path.name for path in Path("labels").iterdir()) == ["one.png", "two.png"]
    assert close(np.asarray(Image.open("labels/two.png")), scans[1])
    assert Image.open("pictures/one.png").size == (50, 37)


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A smooth grey image in a tiled file, beside which bands of 8 rows are small."""
    grey = gaussian_filter(np.random.default_rng(1).standard_normal((310, 530)), 3)
    grey = (255 * (grey - grey.min()) / np.ptp(grey)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "large.tif", grey, tile=(64, 64), compression="zlib")
    monkeypatch.setattr(large_image, "BAND_PIXELS", 8 * 530)
    monkeypatch.setattr(writing, "BAND_ROWS", 128)
    monkeypatch.setattr(writing, "TILE", 128)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "large.tif"


@pytest.mark.parametrize("output", ["labels.tif", "labels.npy"])
def test_a_large_image_has_the_labels_that_it_has_in_memory(
    raysys: Run, monkeypatch: pytest.MonkeyPatch, segmenter: Path, large: Path, output: str
):
    tiles = ("--tile", 64, "--overlap", 16)
    raysys("segment", segmenter, large, "-o", "whole.npy", *tiles)
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 10_000)
    result = raysys("segment", segmenter, large, "-o", output, *tiles)
    assert result.exit_code == 0, result.output
    labels = tifffile.imread(output) if output.endswith("tif") else np.load(output)
    np.testing.assert_array_equal(labels, np.load("whole.npy")[0])
    assert f"wrote {output} (labels of 310 x 530 pixels)" in result.stdout
    assert f"{(labels == 1).mean():.4f}" in result.stdout
    assert 0.1 < labels.mean() < 0.9
    result = raysys("data", "tile", output, "-o", "t.npy", "--set", "phase=1", "--set", "tile=64", "--set", "stride=64")
    assert f"phase fraction {labels.mean():.4f}" in result.stdout
    np.testing.assert_array_equal(np.load("t.npy")[0], labels[:64, :64])


def test_a_large_image_is_segmented_by_itself(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, segmenter: Path, large: Path
):
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 10_000)
    assert "written as .tif, .tiff, .npy" in refused("segment", segmenter, large, "-o", "labels.png")
    options = ("-o", "labels.tif", "--overlays", "o", "--probabilities", "p.npz")
    assert "--probabilities, --overlays was given" in refused("segment", segmenter, large, *options)
    assert not Path("labels.tif").exists()


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


def test_the_channel_of_a_hyperstack_is_asked_for(raysys: Run, refused: Refused, segmenter: Path, scans: list[Path]):
    both = np.stack([np.asarray(Image.open(file)) for file in scans])
    tifffile.imwrite("both.tif", both, imagej=True, metadata={"axes": "CYX"})
    assert "both.tif holds 2 channels" in refused("segment", segmenter, "both.tif", "-o", "labels.npy")
    raysys("segment", segmenter, "both.tif", "-o", "labels.npy", "--channel", 1)
    raysys("segment", segmenter, scans[1], "-o", "alone.npy")
    np.testing.assert_array_equal(np.load("labels.npy"), np.load("alone.npy"))


def test_a_large_picture_in_colour_is_refused_as_a_small_one(
    refused: Refused, segmenter: Path, scans: list[Path], monkeypatch: pytest.MonkeyPatch
):
    grey = np.asarray(Image.open(scans[0]))
    tifffile.imwrite("hues.tif", np.stack([grey, grey[::-1], grey], -1), photometric="rgb", compression="zlib")
    small = refused("segment", segmenter, "hues.tif", "-o", "labels.npy")
    monkeypatch.setattr(prepared, "LARGE_PIXELS", 1_000)
    assert refused("segment", segmenter, "hues.tif", "-o", "labels.npy") == small
