"""Copies of an image: every pixel where its coordinates say, rectangles inside, orientations turned with them."""

import numpy as np
import pytest

from raysys.data.textures import angles_of, mirrored_copies, orientation_of, perlin, turned_copies
from raysys.data.textures.copies import inscribed
from raysys.errors import RaysysError


def image(rows: int = 40, columns: int = 56) -> np.ndarray:
    """Smooth, so that interpolation loses little."""
    return np.stack([perlin((rows, columns), seed=seed, octaves=1, cell=20) for seed in (0, 1, 2)], axis=-1)


def test_mirror_images_are_the_four():
    source = image()
    found = [one.image for one in mirrored_copies(source)]
    for made, expected in zip(found, (source, source[:, ::-1], source[::-1], source[::-1, ::-1]), strict=True):
        assert np.array_equal(made, expected)


@pytest.mark.parametrize("mirrored", [False, True])
def test_eight_turned_copies_of_45_degrees_and_by_right_angles_nothing_is_lost(mirrored: bool):
    source = image()
    found = turned_copies(source, 8, mirrored=mirrored)
    assert [one.degrees for one in found[:8]] == [0, 45, 90, 135, 180, 225, 270, 315]
    assert len(found) == 8 * (1 + mirrored)
    for place in range(4):
        assert np.array_equal(found[2 * place].image, np.rot90(source, place))
        if mirrored:
            assert np.array_equal(found[8 + 2 * place].image, np.rot90(source[:, ::-1], place))


def test_every_pixel_is_that_of_its_coordinates():
    source = image()
    for copy in (*mirrored_copies(source), *turned_copies(source, 8, mirrored=True)):
        y, x = np.moveaxis(copy.coordinates.astype(float), -1, 0)
        assert y.min() >= 0 <= x.min()
        assert y.max() <= source.shape[0] - 1
        assert x.max() <= source.shape[1] - 1
        near = source[np.rint(y).astype(int), np.rint(x).astype(int)]
        assert np.abs(copy.image - near).max() < 0.12
        assert np.abs(copy.map_of(source[..., 0]) - copy.image[..., 0]).max() < 0.02


@pytest.mark.parametrize("degrees", [10.0, 30.0, 45.0, 60.0, 100.0, 200.0])
@pytest.mark.parametrize("sides", [(40.0, 40.0), (30.0, 70.0), (10.0, 90.0), (90.0, 20.0)])
def test_the_inscribed_rectangle_is_inside_and_no_larger_one_is(degrees: float, sides: tuple[float, float]):
    """Against a search over all proportions: the largest of each touches the turned rectangle."""

    def largest(proportion: float) -> float:
        turn = np.deg2rad(degrees)
        high, wide = proportion, 1.0
        across = abs(np.cos(turn)) * wide + abs(np.sin(turn)) * high
        along = abs(np.sin(turn)) * wide + abs(np.cos(turn)) * high
        scale = min(sides[1] / across, sides[0] / along)
        return scale * scale * high * wide

    high, wide = inscribed(*sides, degrees)
    assert largest(high / wide) == pytest.approx(high * wide, rel=1e-6)
    assert high * wide == pytest.approx(max(largest(p) for p in np.geomspace(0.01, 100, 4001)), rel=1e-3)


@pytest.mark.parametrize("mirrored", [False, True])
def test_orientations_turn_with_their_copies(mirrored: bool):
    """Those that are read off a copy, and those that are taken there, of stripes at 20 degrees."""
    rows, columns = np.indices((80, 80))
    turn = np.deg2rad(20)
    stripes = np.sin((-np.sin(turn) * columns - np.cos(turn) * rows) * 2 * np.pi / 8)
    field = orientation_of(stripes)
    for copy in turned_copies(stripes, 8, mirrored=mirrored):
        for found in (orientation_of(copy.image), copy.map_of(field)):
            expected = (180 - 20 if copy.mirrored else 20) + copy.degrees
            apart = np.abs((np.rad2deg(angles_of(found)) - expected + 90) % 180 - 90)
            assert np.median(apart) < 2


def test_labels_of_copies_are_labels():
    labels = np.random.default_rng(0).integers(0, 9, (30, 40))
    for copy in turned_copies(labels.astype(float), 8):
        assert set(np.unique(copy.map_of(labels))) <= set(range(9))


def test_no_copy_is_refused():
    with pytest.raises(RaysysError, match="0 turned copies; allowed: whole numbers from 1"):
        turned_copies(image(), 0)
