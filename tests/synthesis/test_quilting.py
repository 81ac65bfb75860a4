"""Image quilting: cuts against all paths, periodic textures exactly, every pixel from the source."""

import itertools

import numpy as np
import pytest

from raysys.errors import RaysysError
from raysys.synthesis.quilting import _Windows, cheapest_path, quilt


def texture(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape).astype(np.float32)


@pytest.mark.parametrize("seed", range(20))
def test_the_cut_is_the_cheapest_of_all_paths(seed: int):
    cost = np.random.default_rng(seed).integers(0, 9, (5, 4)).astype(float)
    paths = [
        path
        for path in itertools.product(range(4), repeat=5)
        if all(abs(one - other) <= 1 for one, other in itertools.pairwise(path))
    ]
    found = cheapest_path(cost)
    assert tuple(found) in paths
    assert cost[np.arange(5), found].sum() == min(cost[np.arange(5), list(path)].sum() for path in paths)


def test_errors_of_windows_are_sums_of_squared_differences():
    source, wanted, known = texture(12, 15, 3), texture(5, 5, 3, seed=1), texture(5, 5, seed=2) > 0.4
    found = _Windows(source.astype(float), 5).errors(wanted, known)
    assert found.shape == (8, 11)
    for row, column in ((0, 0), (3, 7), (7, 10)):
        differences = (source[row : row + 5, column : column + 5] - wanted)[known]
        assert found[row, column] == pytest.approx((differences.astype(float) ** 2).sum())


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", [(30, 26), (30, 26, 3)])
def test_a_periodic_texture_goes_on_exactly(shape: tuple[int, ...], periodic: bool):
    """A period of 6 x 5 fits into windows of 12 and their overlaps, and into the size asked for."""
    cell = (texture(6, 5, *shape[2:]) * 255).astype(np.uint8)
    source = np.tile(cell, (5, 6, *(1,) * (len(shape) - 2)))[: shape[0], : shape[1]]
    made = quilt(source, (48, 60), block=12, overlap=6, seed=3, periodic=periodic).image
    corner = np.tile(cell, (9, 13, *(1,) * (len(shape) - 2)))
    assert any(np.array_equal(made, corner[y : y + 48, x : x + 60]) for y in range(6) for x in range(5))


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("size", [(40, 61), (17, 33), (24, 24)])
def test_every_pixel_is_one_of_the_source_and_most_have_their_neighbours(size: tuple[int, int], periodic: bool):
    source = texture(25, 31, 3)
    made = quilt(source, size, block=12, seed=1, periodic=periodic)
    assert made.image.shape == (*size, 3)
    assert np.array_equal(made.image, source[made.origin[..., 0], made.origin[..., 1]])
    together = (np.diff(made.origin, axis=1) == [0, 1]).all(-1)
    assert together.mean() > 0.7


def test_windows_are_windows_of_the_source():
    """Between the overlaps, which reach 4 pixels into a window of 16, each is a piece of the source."""
    made = quilt(texture(40, 40), (40, 52), block=16, overlap=4, seed=2)
    for row, column in itertools.product(range(0, 36, 12), range(0, 48, 12)):
        inside = made.origin[row + 4 : row + 12, column + 4 : column + 12]
        assert np.array_equal(inside - inside[0, 0], np.stack(np.indices(inside.shape[:2]), -1))


def test_the_seed_decides_and_the_number_type_stays():
    source = (texture(30, 30) > 0.5).astype(np.uint8)
    made = quilt(source, (50, 40), block=10, seed=5)
    assert made.image.dtype == np.uint8
    assert np.array_equal(made.image, quilt(source, (50, 40), block=10, seed=5).image)
    assert not np.array_equal(made.image, quilt(source, (50, 40), block=10, seed=6).image)


def test_a_tileable_quilt_meets_itself():
    """Of smooth stripes whose period does not fit, the step across the edge is small where it was made to meet."""
    rows = np.sin(2 * np.pi * np.arange(64) / 16)[:, None] + 0.2 * np.sin(2 * np.pi * np.arange(64) / 9)
    steps = {}
    for periodic in (False, True):
        made = quilt(rows, (56, 60), block=24, overlap=8, seed=0, periodic=periodic).image
        steps[periodic] = np.abs(made[0] - made[-1]).mean() / np.abs(np.diff(made, axis=0)).mean()
    assert steps[True] < 2 < steps[False]


def test_what_cannot_be_is_refused():
    with pytest.raises(RaysysError, match="allowed: two axes of at least 2 pixels"):
        quilt(texture(1, 30), (20, 20))
    with pytest.raises(RaysysError, match="windows of 10 pixels share 10; allowed: 1 to 9"):
        quilt(texture(30, 30), (20, 20), block=10, overlap=10)
