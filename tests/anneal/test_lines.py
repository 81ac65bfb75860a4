"""Pair counts: exact after any number of swaps."""

import numpy as np
import pytest

from raysys.anneal import Chain, Schedule, Target, recount
from raysys.anneal.bits import lines_of
from raysys.anneal.draws import random_labels


def rolled_counts(image: np.ndarray, r_max: int) -> np.ndarray:
    """C(r) by shifting whole images: the reference."""
    image = image.astype(np.int64)
    return np.array([sum((image * np.roll(image, -r, axis)).sum() for axis in (0, 1)) for r in range(1, r_max + 1)])


@pytest.mark.parametrize(("shape", "r_max"), [((128, 128), 64), ((40, 70), 20), ((6, 9), 3), ((70, 33), 16)])
def test_recount_equals_shifted_images(shape, r_max):
    image = (np.random.default_rng(0).random(shape) < 0.3).astype(np.uint8)
    assert np.array_equal(recount(image, r_max), rolled_counts(image, r_max))


@pytest.mark.parametrize("selection", ["uniform", "interface", "dpn"])
@pytest.mark.parametrize(("shape", "r_max"), [((128, 128), 64), ((96, 130), 40), ((6, 9), 3), ((4, 4), 2)])
def test_counts_after_a_million_swaps_equal_a_recount(shape, r_max, selection):
    target = Target.of_two_point(0.3, np.full(r_max, 0.09))
    schedule = Schedule(t0=np.inf, stages=4, moves=250_000, selection=selection)
    chain = Chain(target, shape, seed=1, schedule=schedule)
    ones = chain.image.sum()
    before = chain.image.copy()
    chain.advance()
    assert chain.swaps == 1_000_000
    assert (chain.reconstruction().history.acceptance == 1).all()  # infinite temperature accepts every move
    assert chain.image.sum() == ones == round(0.3 * chain.image.size)
    assert np.array_equal(chain.counts, rolled_counts(chain.image, r_max))
    assert chain.image.size < 100 or not np.array_equal(chain.image, before)


def test_the_copies_follow_the_image():
    chain = Chain(
        Target.of_two_point(0.3, np.full(10, 0.09)), (20, 31), seed=0, schedule=Schedule(t0=np.inf, stages=1, moves=999)
    )
    chain.advance()
    fresh = lines_of((chain.image == 1)[None, None], 10)
    assert np.array_equal(chain.engine.lines.words, fresh.words)


def test_interface_moves_touch_interface_pixels_only(field):
    image = field((64, 64), 0.3, 4)
    padded = np.pad(image, 1, mode="wrap")
    around = sum(padded[1 + a : 65 + a, 1 + b : 65 + b].astype(int) for a in (-1, 0, 1) for b in (-1, 0, 1))
    interface = (around > 0) & (around < 9)
    for seed in range(50):
        schedule = Schedule(t0=np.inf, stages=1, moves=1, selection="interface")
        chain = Chain(Target.of_two_point(0.3, np.full(20, 0.09)), (64, 64), seed=seed, schedule=schedule, start=image)
        chain.advance()
        changed = chain.image != image
        assert changed.sum() == 2
        assert interface[changed].all()


def test_random_image_has_exactly_the_ones_asked_for_spread_evenly():
    states = [np.random.SeedSequence(seed).generate_state(2, np.uint64) for seed in range(300)]
    images = [random_labels(state, np.array([819, 205])).reshape(32, 32) for state in states]
    assert {int(image.sum()) for image in images} == {205}
    mean = np.mean(images, axis=0)
    phi = 205 / 1024
    assert abs(mean - phi).max() < 5 * np.sqrt(phi * (1 - phi) / 300)
