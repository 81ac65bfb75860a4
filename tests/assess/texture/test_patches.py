"""Least distances of patches: the table of products against pairs, copies, and the disjoint floor."""

import shutil
import tempfile

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from raysys.assess.texture import patches
from raysys.assess.texture.patches import SourcePatches, corners, cut
from raysys.assess.texture.vectors import colours, seen_by
from raysys.errors import RaysysError
from raysys.features.layers import layers_of
from raysys.features.perceptual import LAYERS, LinearWeights, PatchDistance
from raysys.features.vgg import Kernels, Vgg16

SIDE = 16


def image(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((rows, columns, 3), np.float32)


@pytest.fixture(scope="module")
def distance() -> PatchDistance:
    """Of VGG-16's form, with six channels to a layer."""
    random, layers = torch.Generator().manual_seed(1), {}
    for layer in layers_of("vgg16"):
        before = 6 if layers else 3
        layers[layer] = (torch.randn(6, before, 3, 3, generator=random) * (2 / (9 * before)) ** 0.5, torch.zeros(6))
    kernels = Kernels(layers, (0.5,) * 3, (0.25,) * 3, 1.0, {"source": "few channels"}, "vgg16")
    return PatchDistance(kernels, LinearWeights({layer: torch.rand(6, generator=random) for layer in LAYERS}, "drawn"))


def pairwise(distance: PatchDistance, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Equation 1 of Zhang et al. 2018 as it stands: weighted squared differences of unit features, averaged, summed."""
    network = Vgg16(distance.kernels, LAYERS, pooling="maximum", tap="relu")
    total = torch.zeros(len(one), len(other))
    for i, j in np.ndindex(*total.shape):
        first, second = network(one[i : i + 1]), network(other[j : j + 1])
        for layer in LAYERS:
            unit = [f[layer] / (f[layer].norm(dim=1, keepdim=True) + 1e-10) for f in (first, second)]
            weighted = distance.linear.layers[layer].view(1, -1, 1, 1) * (unit[0] - unit[1]) ** 2
            total[i, j] += weighted.sum(1).mean()
    return total


def test_the_table_is_that_of_all_pairs(distance: PatchDistance):
    source, made = image(30, 24), image(20, 28, seed=1)
    found = SourcePatches(source, SIDE, 4, 3, seen_by(distance))
    theirs, ours = (cut(one, corners(one.shape[:2], SIDE, 4, 3), SIDE) for one in (source, made))
    tensors = [torch.from_numpy(one).movedim(-1, 1) for one in (ours, theirs)]
    expected = pairwise(distance, *tensors)
    assert np.allclose(found._table(distance.vectors(tensors[0]).numpy()), expected, rtol=1e-4, atol=1e-6)
    least = found.nearness(made)
    assert least.mean == pytest.approx(float(expected.min(1).values.mean()), rel=1e-5)
    assert least.patches == 4


def test_identical_sets_of_patches_are_0_apart(distance: PatchDistance):
    source = image(40, 40)
    assert SourcePatches(source, SIDE, 20, 0, seen_by(distance)).nearness(source).mean == 0
    assert SourcePatches(source, SIDE, 20, 0, colours).nearness(source.copy()).mean == 0


def test_a_copy_is_below_the_floor_of_its_source():
    source = image(40, 20)
    found = SourcePatches(source, SIDE, 1000, 0, colours)  # all 125 places
    assert found.nearness(source[8:36, 1:20]).mean == pytest.approx(0, abs=1e-9)
    assert found.floor().mean > 100  # squared units of CIELAB


def test_the_floor_is_over_patches_that_share_no_pixel():
    source = image(30, 40)
    found = SourcePatches(source, SIDE, 60, 5, colours)
    lab, least = rgb2lab(source), []
    for row, column in found.corners:
        apart = [
            ((lab[row : row + SIDE, column : column + SIDE] - lab[y : y + SIDE, x : x + SIDE]) ** 2).sum(-1).mean()
            for y, x in found.corners
            if abs(y - row) >= SIDE or abs(x - column) >= SIDE
        ]
        least += [min(apart)] if apart else []
    floor = found.floor()
    assert 0 < len(least) < 60
    assert floor.patches == len(least)
    assert floor.mean == pytest.approx(np.mean(least), rel=1e-5)


def test_where_no_two_patches_lie_apart_there_is_no_floor():
    floor = SourcePatches(image(24, 24), SIDE, 10, 0, colours).floor()
    assert np.isnan(floor.mean)
    assert floor.patches == 0


def test_vectors_in_a_file_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch):
    source, made = image(50, 50), image(50, 50, seed=2)
    kept = SourcePatches(source, SIDE, 100, 0, colours)
    monkeypatch.setattr(patches, "IN_MEMORY", 0)
    filed = SourcePatches(source, SIDE, 100, 0, colours)
    assert isinstance(filed.values, np.memmap)
    assert not isinstance(kept.values, np.memmap)
    assert filed.nearness(made) == kept.nearness(made)
    assert filed.floor() == kept.floor()


def test_what_the_disk_cannot_hold_is_refused_before_it_is_tried(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patches, "IN_MEMORY", 0)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    with pytest.raises(RaysysError, match=r"patches take .* GB in .* allowed: fewer or smaller patches"):
        patches._room(2 * free // 4000 + 1, 1000)


def test_places_are_a_function_of_the_seed_and_all_different():
    drawn = corners((50, 40), SIDE, 300, 1)
    assert np.array_equal(drawn, corners((50, 40), SIDE, 300, 1))
    assert not np.array_equal(drawn, corners((50, 40), SIDE, 300, 2))
    assert len(np.unique(drawn, axis=0)) == 300
    assert (drawn.min(0) >= 0).all()
    assert (drawn.max(0) <= (34, 24)).all()
    assert len(corners((18, 18), SIDE, 300, 1)) == 9
    with pytest.raises(RaysysError, match="patches of 16 pixels of an image of 15 x 40"):
        corners((15, 40), SIDE, 1, 0)
