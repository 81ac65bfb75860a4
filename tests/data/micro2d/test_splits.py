"""Every class is divided in the same shares, always alike; weights make up for rare classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raysys import RaysysError
from raysys.data.micro2d import COUNTS, class_weights, stratified_split

NUMBERS = np.repeat(np.arange(10), list(COUNTS.values()))


def test_micro2d_is_divided_class_by_class():
    split = stratified_split(NUMBERS)
    parts = (split.train, split.validation, split.test)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(NUMBERS)))
    for part, share in zip(parts, (0.7, 0.15, 0.15), strict=True):
        assert (np.diff(part) > 0).all()
        np.testing.assert_allclose(np.bincount(NUMBERS[part]) / list(COUNTS.values()), share, atol=1e-3)


@given(st.lists(st.integers(7, 60), min_size=1, max_size=6), st.integers(0, 9))
def test_a_class_is_divided_as_it_would_be_alone(counts: list[int], seed: int):
    numbers = np.repeat(np.arange(len(counts)), counts)
    shuffled = np.random.default_rng(seed).permutation(numbers)
    for given_numbers in (numbers, shuffled):
        split = stratified_split(given_numbers, seed=seed)
        again = stratified_split(given_numbers, seed=seed)
        np.testing.assert_array_equal(split.test, again.test)
        place = np.flatnonzero(given_numbers == 0)
        alone = stratified_split(np.zeros(counts[0], int), seed=seed)
        np.testing.assert_array_equal(split.train[given_numbers[split.train] == 0], place[alone.train])


def test_another_seed_divides_otherwise():
    first, second = (stratified_split(NUMBERS, seed=seed).test for seed in (0, 1))
    assert np.isin(first, second).mean() == pytest.approx(0.15, abs=0.02)


def test_parts_may_be_empty_if_they_are_to_be():
    split = stratified_split(np.zeros(5, int), (1, 0, 0))
    assert (len(split.train), len(split.validation), len(split.test)) == (5, 0, 0)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.7, 0.2, 0.2), (1.2, -0.2, 0.0)])
def test_wrong_shares_are_refused(shares: tuple[float, ...]):
    with pytest.raises(RaysysError, match="three numbers from 0 on that add up to 1"):
        stratified_split(NUMBERS, shares)


def test_a_class_too_small_for_its_parts_is_refused():
    with pytest.raises(RaysysError, match="class 1 has 3 images, too few"):
        stratified_split(np.array([0] * 20 + [1] * 3))


def test_weights_give_all_classes_the_same_total():
    weights = class_weights(NUMBERS)
    assert weights.mean() == pytest.approx(1)
    np.testing.assert_allclose(np.bincount(NUMBERS, weights), len(NUMBERS) / 10)
    np.testing.assert_array_equal(class_weights(NUMBERS, 0), 1)
    rare = class_weights(NUMBERS, 0.5)[NUMBERS == 9][0] / class_weights(NUMBERS, 0.5)[NUMBERS == 0][0]
    assert rare == pytest.approx(np.sqrt(10_000 / 1_634))
    with pytest.raises(RaysysError, match="the list of classes is empty"):
        class_weights(np.zeros(0, int))
