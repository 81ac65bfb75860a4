"""Shapes that stand for the published words: polygons where ellipses were, on drawn grains and on the classes."""

import numpy as np
import pytest

from raysys.assess.autoencoding import assess
from raysys.assess.autoencoding.grains import Grains
from raysys.assess.autoencoding.shapes import shapes_of
from raysys.data.micro2d import micro2d_like

SIDE = 96


def grid(inside):
    """Nine grains, each turned otherwise: 1 where `inside(along, across)`."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    y, x = np.indices((32, 32)) - 15.6
    for k in range(9):
        turn = 0.35 * k
        along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        image[32 * (k // 3) :, 32 * (k % 3) :][:32, :32] = inside(along, across)
    return image


ELLIPSES = grid(lambda along, across: (along / 12) ** 2 + (across / 5) ** 2 <= 1)
# As large and as elongated.
POLYGONS = grid(lambda along, across: (abs(across) <= 4.4) & (abs(along) <= 10.6))


def test_polygons_are_told_from_the_ellipses_whose_place_they_take():
    found = assess(POLYGONS[None].astype(np.float32), ELLIPSES[None], window=12)
    assert found.original["polygonal_share"][0] == 0
    assert found.values["polygonal_share"][0] == 1
    assert found.original["ellipse_misfit"][0] < 0.03 < 0.06 < found.values["ellipse_misfit"][0]
    # The measures of elongation cannot tell them apart.
    assert found.values["axis_ratio_retention"][0] == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("AngEllipse", 0, 0.05),
        ("RandomEllipse", 0, 0.05),
        ("GRF", 0, 0.45),
        ("VoronoiSmall", 0.75, 1),
        ("VoronoiMedium", 0.75, 1),
    ],
)
def test_voronois_grains_are_polygons_and_the_others_mostly_not(name, low, high):
    images, _ = micro2d_like(name, range(8), seed=3, size=128)
    assert low <= np.nanmean(shapes_of(Grains.of(images))["polygonal_share"]) <= high
