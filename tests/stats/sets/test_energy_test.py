"""The energy test: a peer's statistic, permutations by hand, a level that is held, blocks that stay together."""

from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import energy_distance, permutation_test

from raysys import RaysysError
from raysys.stats.sets.energy_test import NEIGHBOURS, SPREAD, TOGETHER, distances_between, energy_test
from raysys.stats.sets.vectors import Vectors, whitened


def drawn(n: int, seed: int, shift: float = 0.0, width: int = 3, scale: float = 1.0) -> Vectors:
    random = np.random.default_rng(seed)
    values = scale * random.standard_normal((n, width)) + shift
    return Vectors({"a": values, "b": random.standard_normal((n, 1)) + shift})


def energy(pooled: np.ndarray, first: np.ndarray) -> float:
    """n m / (n + m) times the energy distance, by its definition."""
    x, y = pooled[first], pooled[~first]
    n, m = len(x), len(y)
    apart = 2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean()
    return n * m / (n + m) * apart


def test_the_statistic_is_the_energy_distance_of_the_whitened_numbers():
    real, other = drawn(9, 0), drawn(7, 1, shift=0.5)
    found = energy_test(real, other)
    first = np.arange(16) < 9
    for name in ("a", "b"):
        pooled = whitened(np.concatenate([real.groups[name], other.groups[name]]))
        expected = energy(pooled / np.sqrt(pooled.shape[1]), first)
        assert found.parts[name].statistic == pytest.approx(expected, rel=1e-4)
    # SciPy's distance of one dimension is the square root of the energy distance.
    pooled = whitened(np.concatenate([real.groups["b"], other.groups["b"]]))[:, 0]
    peer = 9 * 7 / 16 * energy_distance(pooled[:9], pooled[9:]) ** 2
    assert found.parts["b"].statistic == pytest.approx(peer, rel=1e-4)


def test_of_few_images_all_permutations_are_looked_at_as_by_hand_and_as_scipy_does():
    real, other = drawn(5, 2), drawn(4, 3, shift=1.0)
    found = energy_test(real, other)
    assert found.permutations == 126
    pooled = whitened(np.concatenate([real.groups["a"], other.groups["a"]]))
    sides = [np.isin(np.arange(9), chosen) for chosen in combinations(range(9), 5)]
    values = np.array([energy(pooled, side) for side in sides])
    assert found.parts["a"].p == np.mean(values >= values[0] - 1e-9)
    peer = permutation_test(
        (np.arange(5), np.arange(5, 9)),
        lambda x, y: energy(pooled, np.isin(np.arange(9), x)),
        permutation_type="independent",
        alternative="greater",
        n_resamples=np.inf,
        vectorized=False,
    )
    assert found.parts["a"].p == peer.pvalue


def test_whole_blocks_are_permuted():
    """Images of a block enter as one: as many permutations as blocks have, and p as by hand."""
    real, other = drawn(8, 4), drawn(12, 5, shift=0.7)
    blocks = np.repeat(np.arange(4), 2), np.repeat(np.arange(4), 3)
    found = energy_test(real, other, real_groups=blocks[0], other_groups=blocks[1])
    assert (found.blocks, found.images, found.permutations) == ((4, 4), (8, 12), 70)
    labels = np.concatenate([blocks[0], 4 + blocks[1]])
    pooled = whitened(np.concatenate([real.groups["a"], other.groups["a"]]))
    means = np.array([[cdist(pooled[labels == i], pooled[labels == j]).mean() for j in range(8)] for i in range(8)])
    np.fill_diagonal(means, 0)  # images of one block are not compared with each other
    values = []
    for chosen in combinations(range(8), 4):
        rest = [block for block in range(8) if block not in chosen]
        within = means[np.ix_(chosen, chosen)].mean() + means[np.ix_(rest, rest)].mean()
        values.append(2 * (2 * means[np.ix_(chosen, rest)].mean() - within))
    assert found.parts["a"].p == np.mean(np.array(values) >= values[0] - 1e-6)
    assert found.parts["a"].statistic * pooled.shape[1] ** 0.5 == pytest.approx(values[0], rel=1e-4)
    assert NEIGHBOURS not in found.parts


def test_where_one_set_alone_has_blocks_one_image_of_each_is_tested():
    real, other = drawn(12, 6), drawn(50, 7)
    found = energy_test(real, other, real_groups=np.repeat(np.arange(6), 2))
    assert (found.blocks, found.images) == ((6, 50), (6, 50))
    assert energy_test(other, real, other_groups=np.repeat(np.arange(6), 2)).images == (50, 6)
    # Where all images of a block are the same one it does not matter which is taken.
    twice = real.subset(np.repeat(np.arange(12), 2))
    assert energy_test(twice, other, real_groups=np.repeat(np.arange(12), 2)) == energy_test(real, other)


def test_windows_of_few_regions_are_not_told_from_independent_images_of_the_same_kind():
    """Regions vary as wholes; a test of level 0.05 rejects 100 times 0 to 12 of them, but in 1 case of 500."""
    told = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        regions = random.standard_normal((4, 3))
        windows = regions[np.repeat(np.arange(4), 20)] + 0.3 * random.standard_normal((80, 3))
        made = random.standard_normal((40, 3)) + 0.3 * random.standard_normal((40, 3))
        test = energy_test(Vectors({"a": windows}), Vectors({"a": made}), real_groups=np.repeat(np.arange(4), 20),
                           permutations=99)  # fmt: skip
        told += test.p <= 0.05
    assert told <= 12


@pytest.mark.parametrize(("blocks", "given"), [((3, 3), False), ((4, 4), True), ((2, 5), True), ((1, 9), False)])
def test_where_fewer_than_twenty_permutations_differ_there_is_no_p(blocks: tuple[int, int], given: bool):
    found = energy_test(drawn(blocks[0], 0), drawn(blocks[1], 1))
    assert (found.p is not None) == given
    assert all((part.p is not None) == (part.adjusted is not None) == given for part in found.parts.values())


def test_real_against_real_is_called_odd_in_one_of_twenty_repetitions():
    """300 repetitions of a test of level 0.05 have 6 to 26 rejections in all but 1 of 200 cases."""
    told = sum(energy_test(drawn(12, 2 * k), drawn(15, 2 * k + 1), permutations=99).p <= 0.05 for k in range(300))
    assert 6 <= told <= 26


def test_a_shift_of_one_group_is_found_in_that_group_and_in_the_whole():
    real, other = drawn(40, 0), drawn(40, 1)
    other.groups["a"][:, 1] += 2.0
    found = energy_test(real, other)
    assert found.p == found.parts["a"].adjusted <= 0.005
    assert found.parts["b"].adjusted > 0.05
    assert found.parts[TOGETHER].adjusted <= 0.05
    assert found.parts[SPREAD].adjusted > 0.05


def test_sets_that_vary_less_are_told_by_their_variety():
    found = energy_test(drawn(60, 0), drawn(60, 1, scale=0.5))
    assert found.spread < 0.9
    assert found.parts[SPREAD].adjusted <= 0.05
    assert energy_test(drawn(60, 1, scale=0.5), drawn(60, 0)).spread > 1.1


def test_images_that_come_several_times_are_each_others_neighbours():
    twice = drawn(20, 1)
    twice = twice.subset(np.repeat(np.arange(20), 2))
    found = energy_test(drawn(40, 0), twice)
    assert found.parts[NEIGHBOURS].adjusted <= 0.05
    assert energy_test(drawn(40, 0), drawn(40, 2)).parts[NEIGHBOURS].adjusted > 0.05


def test_a_copy_of_the_real_set_has_no_distance():
    real = drawn(20, 0)
    found = energy_test(real, real)
    assert found.parts["a"].statistic == pytest.approx(0, abs=1e-3)
    assert found.spread == pytest.approx(1)
    assert found.parts["a"].p > 0.95


def test_neither_the_order_of_images_nor_units_nor_turned_axes_matter():
    real, other = drawn(10, 0), drawn(9, 1, shift=0.3)
    before = energy_test(real, other).parts["a"].statistic
    moved = [each.subset(np.random.default_rng(5).permutation(each.n)) for each in (real, other)]
    scaled = [Vectors({"a": 1e-5 * each.groups["a"] + 7}) for each in moved]
    assert energy_test(*scaled).parts["a"].statistic == pytest.approx(before, rel=1e-3)


def test_distances_of_a_part_of_the_images_are_a_part_of_the_distances():
    apart = distances_between(Vectors.joined([drawn(6, 0), drawn(5, 1)]))
    some = np.array([8, 1, 1])
    assert apart.n == 11
    np.testing.assert_array_equal(apart.subset(some).squared["a"], apart.squared["a"][np.ix_(some, some)])
    np.testing.assert_allclose(apart.together, apart.squared["a"] + apart.squared["b"])


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(RaysysError, match="no descriptor in common"):
        energy_test(drawn(5, 0), Vectors({"c": np.zeros((5, 1))}))
    with pytest.raises(RaysysError, match=r"groups have shape \(4,\); allowed: one label for each of 5 images"):
        energy_test(drawn(5, 0), drawn(5, 1), real_groups=np.zeros(4))
    with pytest.raises(RaysysError, match="a: 2 and 3 numbers an image"):
        energy_test(drawn(5, 0), drawn(5, 1, width=2))
