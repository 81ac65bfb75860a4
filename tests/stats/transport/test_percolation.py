"""What percolates, against a search of the unrolled image."""

from collections import deque
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from raysys import RaysysError
from raysys.stats import percolating
from raysys.stats.transport.percolation import percolating_part

IMAGES = st.one_of(
    arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=6)),
    arrays(bool, array_shapes(min_dims=3, max_dims=3, max_side=4)),
)


def searched(inside, axis, ends, sides, connectivity):
    """Breadth-first search through periodic copies from a pixel of every cluster; seen: (pixel, copies gone)."""
    steps = [s for s in product((-1, 0, 1), repeat=inside.ndim) if any(s)]
    steps = [s for s in steps if connectivity == "all" or np.count_nonzero(s) == 1]
    periodic = [(ends if k == axis else sides) == "periodic" for k in range(inside.ndim)]
    found, visited = np.zeros(inside.shape, bool), np.zeros(inside.shape, bool)
    for start in zip(*np.nonzero(inside), strict=True):
        if visited[start]:
            continue
        seen, queue = {(start, 0)}, deque([(start, 0)])
        while queue:
            place, gone = queue.popleft()
            for step in steps:
                beyond = np.add(place, step)
                periods, target = np.divmod(beyond, inside.shape)
                at = tuple(target.tolist()), int(gone + periods[axis])
                allowed = all(p == 0 or wraps for p, wraps in zip(periods, periodic, strict=True))
                if allowed and inside[at[0]] and abs(at[1]) <= 6 and at not in seen:
                    seen.add(at)
                    queue.append(at)
        cluster = tuple(np.transpose([place for place, _ in seen]))
        visited[cluster] = True
        if ends == "periodic":
            found[cluster] = any(place == start and gone for place, gone in seen)
        else:
            found[cluster] = {0, inside.shape[axis] - 1} <= set(cluster[axis])
    return found


@settings(max_examples=150, deadline=None)
@given(
    IMAGES,
    st.integers(0, 2),
    st.sampled_from(["mirrored", "periodic"]),
    st.sampled_from(["mirrored", "periodic", "walls"]),
    st.sampled_from(["faces", "all"]),
)
def test_the_part_that_leads_through_is_what_a_search_finds(inside, axis, ends, sides, connectivity):
    axis %= inside.ndim
    found = percolating_part(inside, axis, ends, sides, connectivity)
    np.testing.assert_array_equal(found, searched(inside, axis, ends, sides, connectivity))


def test_touching_both_ends_at_different_places_does_not_wind():
    image = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0]], np.uint8)[None]
    assert percolating(image, 0).values == [1.0]
    assert percolating(image, 0, boundary="periodic").values == [0.0]
    image[0, 3] = [1, 1, 1, 0]  # comes back to the column where it began
    assert percolating(image, 0, boundary="periodic").values == [1.0]


def test_a_strand_that_meets_itself_only_after_two_periods_winds():
    # Two strands in one image, each ending where the other begins.
    image = np.zeros((1, 6, 6), np.uint8)
    image[0, :, 0] = image[0, :, 3] = 1
    image[0, 5] = [1, 0, 0, 1, 0, 0]
    crossing = np.zeros((1, 4, 6), np.uint8)
    for row, columns in enumerate(((0, 3), (0, 1, 3, 4), (1, 2, 4, 5), (2, 3, 5, 0))):
        crossing[0, row, list(columns)] = 1
    for strands in (image, crossing):
        assert percolating(strands, 0, boundary="periodic").values == [1.0]
    one = crossing.copy()
    one[0, 1, 3:] = 0  # cut one strand: the other meets only its remains
    assert percolating(one, 0, boundary="periodic").values == [0.0]


def test_the_mean_over_axes_and_the_protocol():
    image = np.zeros((1, 5, 5, 5), np.uint8)
    image[0, :, 2, 2] = 1
    image[0, 0, 0, 0] = 1
    mean = percolating(image)
    assert mean.values == [pytest.approx(5 / 6 / 3)]
    assert (mean.name, mean.unit, mean.boundary) == ("percolating_fraction", "", "open")
    assert mean.protocol == {"axes": "0,1,2", "connectivity": "6"}
    assert percolating(image, -1, connectivity="all").protocol == {"axes": "2", "connectivity": "26"}
    np.testing.assert_allclose([percolating(image, k).values[0] for k in range(3)], [5 / 6, 0, 0])


def test_diagonal_neighbours_count_only_if_all_do():
    image = np.eye(6, dtype=np.uint8)[None]
    assert percolating(image, 0).values == [0.0]
    assert percolating(image, 0, connectivity="all").values == [1.0]
    assert percolating(image, 0, connectivity="all", boundary="periodic").values == [1.0]


def test_a_phase_that_is_not_there():
    images = np.zeros((2, 4, 4), np.uint8)
    images[1] = 1
    np.testing.assert_array_equal(percolating(images).values, [np.nan, 1.0])
    with pytest.warns(UserWarning, match="phase 7 does not occur"):
        assert np.isnan(percolating(images, phase=7).values).all()


@pytest.mark.parametrize("axis", range(3))
def test_axes_are_alike(axis):
    image = np.random.default_rng(2).random((12, 12, 12)) < 0.4
    for ends, sides in product(("mirrored", "periodic"), ("mirrored", "periodic")):
        expected = percolating_part(image, 0, ends, sides)
        moved = percolating_part(np.moveaxis(image, 0, axis), axis, ends, sides)
        np.testing.assert_array_equal(np.moveaxis(moved, axis, 0), expected)


def test_bad_input():
    image = np.ones((1, 4, 4), np.uint8)
    with pytest.raises(RaysysError, match="0 to 1"):
        percolating(image, 2)
    with pytest.raises(RaysysError, match=r"faces \(4 or 6 neighbours\)"):
        percolating(image, connectivity="edges")
    with pytest.raises(RaysysError, match="ends are 'open'"):
        percolating_part(image[0] > 0, 0, "open")


@settings(max_examples=100, deadline=None)
@given(IMAGES, st.sampled_from(["open", "periodic"]), st.sampled_from(["faces", "all"]))
def test_the_fraction_of_all_axes_at_once_is_that_of_one_after_the_other(inside, boundary, connectivity):
    ends = "periodic" if boundary == "periodic" else "mirrored"
    parts = [percolating_part(inside, k, ends, ends, connectivity) for k in range(inside.ndim)]
    found = percolating(inside[None], boundary=boundary, connectivity=connectivity).values
    expected = np.mean([part.sum() for part in parts]) / inside.sum() if inside.any() else np.nan
    np.testing.assert_allclose(found, expected, rtol=1e-15)
