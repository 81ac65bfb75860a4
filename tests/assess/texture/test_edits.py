"""Scores of edits whose answers are known: what was asked, a copy, noise, and nothing done."""

from pathlib import Path

import numpy as np
import pytest
import torch
from support.textures import stripes

from raysys.assess import edit
from raysys.errors import RaysysError
from raysys.features.recognition import Recogniser

SIZE = (40, 44)


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("RAYSYS_VGG16", "RAYSYS_VGG19", "RAYSYS_RESNET50"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAYSYS_CACHE", str(tmp_path))


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((*SIZE, 3), np.float32)


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


SOURCE, TARGET = box(10, 4, 26, 20), box(12, 22, 28, 38)


def moved(image: np.ndarray) -> np.ndarray:
    made = image.copy()
    made[TARGET] = image[SOURCE]
    return made


def test_an_object_that_was_moved_is_where_it_was_asked_and_a_copy():
    image = noise()
    found = edit(image, moved(image), SOURCE, TARGET, stride=1)
    idle = edit(image, image, SOURCE, TARGET, stride=1)
    # Patches across the new edge belong to neither.
    assert found.overlap > 0.3 > idle.overlap == 0
    assert found.kept == idle.kept == 1
    # Of the 16 x 16 cells inside 10 x 10 have a patch that the object has; those at its edge are nearest there, too.
    assert found.exact == 100 / 256 < found.largest_piece < 1
    assert (idle.exact, idle.largest_piece, idle.inside, idle.outside) == (1, 1, 0, 0)
    assert found.inside > 0


def test_noise_inside_is_farther_inside_only():
    image = stripes(44, colour=True)[:40]
    made = image.copy()
    made[TARGET] = noise(1)[TARGET]
    found = edit(image, made, SOURCE, TARGET, stride=1)
    assert found.inside > 5 * found.outside
    assert found.exact == 0
    made[0, 0] = 1 - made[0, 0]
    outside = (~(SOURCE | TARGET)).sum()
    assert edit(image, made, SOURCE, TARGET).kept == pytest.approx(1 - 1 / outside)


def test_a_hole_that_was_left_as_it_is_is_no_copy_of_itself():
    image = noise()
    found = edit(image, image, TARGET, stride=1)
    assert found.overlap is None
    assert found.exact == 0
    assert found.inside > 0.2
    filled = image.copy()
    filled[TARGET] = image[SOURCE]
    assert edit(image, filled, TARGET, stride=1).exact == 100 / 256


def test_the_class_is_the_images_and_its_probability_the_edits():
    class Brightness(torch.nn.Module):
        def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
            mean = pixels.mean((1, 2, 3))
            return torch.stack([mean, 1 - mean], dim=1).log(), []

    network = Recogniser(Brightness(), "brightness", {}, classes=("bright", "dark"))
    image = np.clip(noise(), 0.8, 1)
    made = image.copy()
    made[TARGET] = 0
    found = edit(image, made, SOURCE, TARGET, classifier=network)
    assert (found.recognised, found.classifier) == ("bright", "brightness")
    assert found.probability_before == pytest.approx(image.mean(), rel=1e-5)
    assert found.probability == pytest.approx(made.mean(), rel=1e-5)


def test_a_network_sees_patches_inside_and_outside(monkeypatch: pytest.MonkeyPatch):
    """Random weights: the distance is no LPIPS, 0 of patches that the image has, and larger of noise."""
    image, told = stripes(44, colour=True)[:40], []
    monkeypatch.setattr("raysys.assess.texture.edits.SIDE", 16)
    made = image.copy()
    made[TARGET] = noise(1)[TARGET]
    asked = {"weights": "random", "linear": "unit", "patches": 6, "stride": 4, "say": told.append}
    found = edit(image, made, SOURCE, TARGET, **asked)
    assert found.distance == "patch distance"
    assert "no LPIPS" in told[0]
    assert found.seen_inside > found.seen_outside > 0


@pytest.mark.parametrize(
    ("made", "mask", "sentence"),
    [
        (noise()[:-1], TARGET, "the edit has 39 x 44 x 3 values, and the image 40 x 44 x 3; allowed: the same"),
        (noise(), TARGET[:-1], "the hole has 39 x 44 pixels, and the image 40 x 44; allowed: the same"),
        (noise(), box(0, 0, 1, 1), "the mask leaves no patch of 7 pixels inside or outside; allowed: another one"),
    ],
)
def test_what_does_not_belong_together_is_one_sentence(made: np.ndarray, mask: np.ndarray, sentence: str):
    with pytest.raises(RaysysError, match=sentence):
        edit(noise(), made, mask)
