"""Windows and the split by region."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raysys import RaysysError
from raysys.data import split_by_region, window_count, windows

NUMBERED = np.arange(40 * 60).reshape(40, 60)


def test_published_window_counts():
    assert window_count((17_920, 54_784), 512, 256) == 14_697
    assert window_count((15_000, 30_000), 1_024, 200) == 10_150
    # The same after shrinking to the published 128 pixels a tile.
    assert window_count((17_920 // 4, 54_784 // 4), 128, 64) == 14_697
    assert window_count((15_000 // 8, 30_000 // 8), 128, 25) == 10_150


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 8), st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_count_is_the_number_of_windows(height, width, size, stride):
    image = np.zeros((height, width), np.uint8)
    if min(height, width) < size:
        assert window_count(image.shape, size, stride) == 0
    else:
        assert len(windows(image, size, stride)) == window_count(image.shape, size, stride)


def test_windows_are_row_major_slices():
    cut = windows(NUMBERED, 16, 10)
    expected = [NUMBERED[y : y + 16, x : x + 16] for y in range(0, 25, 10) for x in range(0, 45, 10)]
    np.testing.assert_array_equal(cut, expected)
    volume = np.arange(6 * 7 * 8).reshape(6, 7, 8)
    np.testing.assert_array_equal(windows(volume, 4, 2)[1], volume[:4, :4, 2:6])
    np.testing.assert_array_equal(windows(volume, 4, 2, dims=2)[6], volume[1, :4, :4])


def test_windows_mistakes():
    with pytest.raises(RaysysError, match="40 x 60 pixels is smaller than the window of 41"):
        windows(NUMBERED, 41, 1)
    with pytest.raises(RaysysError, match="stride 0 must be at least 1"):
        windows(NUMBERED, 4, 0)


def pixels_of(tiles):
    return set(np.unique(tiles).tolist())


@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (12, 18, 24)])
@pytest.mark.parametrize("held_out", [0.2, 0.25, 0.5])
def test_sides_share_no_pixel_and_tiles_are_where_they_say(shape, held_out):
    image = np.arange(np.prod(shape)).reshape(shape)
    size = 8 if len(shape) == 2 else 4
    tiles = split_by_region(image, size, 3, held_out=held_out)
    assert not pixels_of(tiles.train) & pixels_of(tiles.held_out)
    for side, origins in ((tiles.train, tiles.train_origins), (tiles.held_out, tiles.held_out_origins)):
        assert len(side) == len(origins) > 0
        for tile, origin in zip(side, origins, strict=True):
            np.testing.assert_array_equal(tile, image[tuple(slice(o, o + size) for o in origin)])
    longest = int(np.argmax(shape))
    assert tiles.held_out_origins[:, longest].min() == shape[longest] - round(held_out * shape[longest])
    assert tiles.train_origins[:, longest].max() + size <= tiles.held_out_origins[:, longest].min()


def test_groups_are_blocks_whose_inner_tiles_share_no_pixel():
    image = np.arange(128 * 192).reshape(128, 192)
    tiles = split_by_region(image, 16, 5, held_out=0.25)
    for side, groups, inside in (
        (tiles.train, tiles.train_groups, tiles.train_inside),
        (tiles.held_out, tiles.held_out_groups, tiles.held_out_inside),
    ):
        labels = np.unique(groups)
        assert labels.tolist() == list(range(len(labels)))
        assert 4 <= len(labels) <= 16
        seen = [pixels_of(side[(groups == label) & inside]) for label in labels]
        assert sum(map(len, seen)) == len(set().union(*seen))
        assert set(groups[inside]) == set(labels.tolist())


def test_flat_tiles_of_a_stack():
    stack = np.arange(10 * 24 * 24).reshape(10, 24, 24)
    tiles = split_by_region(stack, 8, 8, held_out=1 / 3, dims=2)
    assert tiles.train.shape == (10 * 2 * 3, 8, 8)
    assert tiles.held_out.shape == (10 * 1 * 3, 8, 8)
    assert not pixels_of(tiles.train) & pixels_of(tiles.held_out)
    z, y, x = tiles.train_origins[7]
    np.testing.assert_array_equal(tiles.train[7], stack[z, y : y + 8, x : x + 8])


def test_nothing_held_out():
    tiles = split_by_region(NUMBERED, 16, 16, held_out=0)
    assert len(tiles.train) == window_count((40, 60), 16, 16)
    assert tiles.held_out.shape == (0, 16, 16)
    assert tiles.held_out_origins.shape == (0, 2)


@pytest.mark.parametrize(
    ("size", "held_out", "found"),
    [
        (16, 0.25, "the held-out side has 40 x 15 of the image's 40 x 60 pixels at held_out=0.25, less than one tile"),
        (16, 0.9, "the training side has 40 x 6 "),
        (50, 0.25, "the training side has 40 x 45"),
        (4, 1.0, "allowed are shares from 0 to below 1"),
    ],
)
def test_a_side_smaller_than_a_tile(size, held_out, found):
    with pytest.raises(RaysysError, match=found):
        split_by_region(NUMBERED, size, 4, held_out=held_out)
