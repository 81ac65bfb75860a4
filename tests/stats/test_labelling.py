"""Connected parts are those of a flood fill, whatever the shape, the connectivity and the boundary."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import ndimage
from skimage import measure
from support.length_references import BOUNDARIES, flood_filled, random_images
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats.labelling import labelled, neighbours

CONNECTIVITIES = ("faces", "all")
# Less than a word, one word, a word and a bit, several words; one row, one column, one pixel.
SHAPES = [(6, 63), (5, 64), (6, 65), (3, 130), (1, 70), (70, 1), (1, 1), (3, 4, 65), (1, 5, 64), (4, 1, 66)]


@settings(max_examples=150, deadline=None)
@given(random_images(9, n=1))
def test_parts_are_those_of_a_flood_fill(images):
    for connectivity in CONNECTIVITIES:
        for boundary in BOUNDARIES:
            labels, count = labelled(images[0], connectivity, boundary)
            expected, parts = flood_filled(images[0], connectivity, boundary)
            assert count == parts
            assert labels.dtype == np.int32
            np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("phi", [0.35, 0.6, 1.0])
def test_rows_of_words_and_single_rows(shape, phi, connectivity, boundary):
    image = np.random.default_rng(4).random(shape) < phi
    labels, count = labelled(image, connectivity, boundary)
    expected, parts = flood_filled(image, connectivity, boundary)
    assert count == parts
    np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("shape", [(200, 190), (40, 50, 70)], ids=str)
def test_open_images_are_labelled_as_by_scikit_image(shape, connectivity):
    rank = 1 if connectivity == "faces" else len(shape)
    for image in (*gaussian_field(shape, phi=0.45, sigma=1, n=2), np.random.default_rng(0).random(shape) < 0.3):
        labels, count = labelled(image.astype(bool), connectivity, "open")
        expected, parts = measure.label(image, connectivity=rank, return_num=True)
        assert count == parts
        np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("shape", [(90, 75), (20, 30, 66)], ids=str)
def test_periodic_parts_move_with_the_image(shape, connectivity):
    image = gaussian_field(shape, phi=0.4, sigma=1)[0].astype(bool)
    labels, count = labelled(image, connectivity, "periodic")
    shift = (7, 11, 23)[: len(shape)]
    moved, number = labelled(np.roll(image, shift, tuple(range(len(shape)))), connectivity, "periodic")
    assert number == count
    # As many pairs of numbers as there are parts: the same parts under other numbers.
    pairs = np.unique(np.stack([np.roll(labels, shift, tuple(range(len(shape)))).ravel(), moved.ravel()]), axis=1)
    assert pairs.shape[1] == count + 1


def test_a_spiral_is_one_part():
    # Its arms are first seen as parts of their own, many rows before they meet in the middle.
    rings = np.minimum.reduce([np.minimum(at, 100 - at) for at in np.indices((101, 101))])
    spiral = rings % 2 == 0
    for ring in range(0, 50, 2):
        spiral[ring + 1, ring] = False  # each ring is cut below its corner
        spiral[ring + 2, ring + 1] = True  # and led to the next one
    assert labelled(spiral, "faces", "open")[1] == ndimage.label(spiral)[1] == 1
    assert labelled(~spiral, "faces", "open")[1] == ndimage.label(~spiral)[1]


def test_a_corner_of_the_border_joins_only_with_corners():
    image = np.zeros((5, 70), bool)
    image[0, 0] = image[-1, -1] = True
    assert [labelled(image, "all", boundary)[1] for boundary in BOUNDARIES] == [2, 1]
    assert [labelled(image, "faces", boundary)[1] for boundary in BOUNDARIES] == [2, 2]


def test_images_that_are_views_are_labelled_as_they_look():
    image = np.random.default_rng(2).random((30, 80)) < 0.4
    for view in (image.T, image[::2, ::-3], image[:, 5:70]):
        expected, parts = flood_filled(view, "faces", "periodic")
        labels, count = labelled(view, "faces", "periodic")
        assert count == parts
        np.testing.assert_array_equal(labels, expected)


def test_nothing_has_no_parts():
    labels, count = labelled(np.zeros((4, 5), bool), "faces", "periodic")
    assert (count, labels.any()) == (0, False)


def test_protocols_name_the_number_of_neighbours():
    assert [neighbours(name, dims) for dims in (2, 3) for name in CONNECTIVITIES] == [4, 8, 6, 26]
    with pytest.raises(RaysysError, match="allowed: faces"):
        labelled(np.ones((2, 2), bool), "edges", "open")
