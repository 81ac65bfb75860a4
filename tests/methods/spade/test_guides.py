"""Maps are mirrored and turned with their images; lines change their direction as the image's do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from raysys.data.textures import orientation_of
from raysys.form import Form
from raysys.methods.spade.guides import as_seen, copies_of, mirrored, principal
from raysys.train.batches import Draws


def grating(degrees: float, side: int = 48) -> np.ndarray:
    """Stripes along an angle, anticlockwise from the horizontal."""
    y, x = np.mgrid[:side, :side]
    across = np.sin(np.radians(degrees)) * x + np.cos(np.radians(degrees)) * y
    return (0.5 + 0.5 * np.sin(across * 0.8)).astype(np.float32)


def lines(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.moveaxis(orientation_of(image), -1, 0).copy())


def off(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """Largest angle in degrees between lines (2, H, W), away from the edges."""
    cosine = (found * wanted).sum(0).abs().clamp(max=1)[8:-8, 8:-8]
    return float(torch.rad2deg(cosine.acos()).max())


@pytest.mark.parametrize(("copies", "count"), [("none", 1), ("flips", 4), ("quarters", 4), ("turns", 8)])
def test_lines_of_a_copy_are_those_that_are_found_in_it(copies: str, count: int):
    image = grating(25)
    images, maps, places = copies_of(Form("grey", image.shape), image, lines(image).numpy(), copies)
    assert len(images) == len(maps) == len(places) == count
    for copy, found, grid in zip(images, maps, places, strict=True):
        assert copy.shape[1:] == found.shape[1:] == grid.shape[1:]
        assert off(torch.from_numpy(found), lines(copy[0])) < 3


def test_mirrored_images_have_mirrored_lines():
    image = grating(25)
    batch = torch.from_numpy(image).expand(16, 1, *image.shape).clone()
    guide = lines(image).expand(16, 2, *image.shape).clone()
    images, maps = mirrored(batch, guide, ["left-right", "up-down"], Draws(0, 0, 0, 1, torch.device("cpu")))
    assert len({tuple(one.flatten().tolist()) for one in images}) == 4
    for one, found in zip(images, maps, strict=True):
        assert off(found, lines(one[0].numpy())) < 2


def test_progressions_are_mirrored_as_they_are():
    batch, guide = torch.rand(8, 3, 5, 4), torch.rand(8, 1, 5, 4)
    images, maps = mirrored(batch, guide, ["left-right"], Draws(0, 0, 0, 1, torch.device("cpu")))
    for place in range(8):
        flipped = not torch.equal(images[place], batch[place])
        expected = (batch[place].flip(-1), guide[place].flip(-1)) if flipped else (batch[place], guide[place])
        assert torch.equal(images[place], expected[0])
        assert torch.equal(maps[place], expected[1])


def test_a_line_is_seen_alike_from_both_ends():
    vectors = torch.nn.functional.normalize(torch.randn(2, 2, 6, 6), dim=1)
    seen = as_seen(vectors)
    torch.testing.assert_close(as_seen(-vectors), seen)
    angle = torch.atan2(vectors[:, 1], vectors[:, 0])
    torch.testing.assert_close(seen, torch.stack([torch.cos(2 * angle), torch.sin(2 * angle)], 1), atol=1e-5, rtol=0)


def test_the_principal_direction_is_that_of_lines_and_not_of_vectors():
    angle = np.radians(150 + 10 * np.random.default_rng(0).normal(size=(20, 20)))
    sign = np.random.default_rng(1).choice([-1, 1], size=(20, 20))
    found = principal((sign * np.stack([np.cos(angle), np.sin(angle)])).astype(np.float32))
    assert np.degrees(np.arctan2(found[1], found[0])) % 180 == pytest.approx(150, abs=2)
    assert principal(np.full((1, 3, 3), 0.25, np.float32)) == pytest.approx([0.25])
