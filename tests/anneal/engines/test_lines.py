"""S2 along axes: pair counts that are exact after any number of swaps, in 2D and 3D, mean and apart."""

import numpy as np
import pytest

from raysys.anneal import Chain, Known, Schedule, Target, Term, recount
from raysys.anneal.engines.bits import lines_of, seen
from raysys.anneal.engines.draws import random_labels
from raysys.anneal.engines.engine import LineEngine, MixtureEngine


def rolled_counts(image, lags, axes):
    """C(r) by shifting whole images: the reference."""
    image = image.astype(np.int64)
    return np.array([sum((image * np.roll(image, -r, axis)).sum() for axis in axes) for r in lags])


def chain_of(terms, shape, moves, *, seed=1, **options):
    schedule = Schedule(t0=np.inf, stages=4, moves=moves // 4, **options)
    return Chain(Target.binary(0.3, terms), shape, seed=seed, schedule=schedule)


def term(name, lags, **options):
    # No image has these values, so that no chain ends early.
    return Term(name, np.array(lags), np.full(len(lags), 0.091234), **options)


FLAT = [((128, 128), 64), ((96, 130), 40), ((70, 33), 16), ((6, 9), 3), ((4, 4), 2), ((150, 160), 75)]
DEEP = [((16, 18, 20), 8), ((5, 7, 6), 2), ((9, 4, 11), 2), ((4, 140, 5), 2)]


@pytest.mark.parametrize(("shape", "r_max"), FLAT + DEEP)
def test_recount_equals_shifted_images(shape, r_max):
    image = (np.random.default_rng(0).random(shape) < 0.3).astype(np.uint8)
    expected = rolled_counts(image, range(1, r_max + 1), range(len(shape)))
    np.testing.assert_array_equal(recount(image, r_max), expected)


@pytest.mark.parametrize("selection", ["uniform", "interface", "dpn"])
@pytest.mark.parametrize(("shape", "r_max"), FLAT + DEEP)
def test_counts_after_many_swaps_equal_a_recount(shape, r_max, selection):
    lags = range(1, r_max + 1)
    chain = chain_of([term("S2", lags)], shape, 200_000, selection=selection)
    before = chain.image.copy()
    chain.advance()
    assert isinstance(chain.engine, LineEngine)
    assert chain.swaps == 200_000
    assert (chain.reconstruction().history.acceptance == 1).all()  # infinite temperature accepts every move
    assert chain.image.sum() == before.sum() == round(0.3 * before.size)
    np.testing.assert_array_equal(chain.counts, rolled_counts(chain.image, lags, range(len(shape))))
    np.testing.assert_array_equal(chain.counts, chain.recount())
    assert before.size < 100 or not np.array_equal(chain.image, before)


@pytest.mark.parametrize("shape", [(128, 128), (32, 32, 32)])
def test_counts_after_ten_million_swaps_equal_a_recount(shape):
    lags = range(1, min(shape) // 2 + 1)
    chain = chain_of([term("S2", lags)], shape, 10_000_000, selection="uniform")
    chain.advance()
    assert chain.swaps == 10_000_000
    np.testing.assert_array_equal(chain.counts, rolled_counts(chain.image, lags, range(len(shape))))


@pytest.mark.parametrize("selection", ["uniform", "interface"])
@pytest.mark.parametrize(("shape", "r_max"), [((40, 33), 16), ((1, 50), 25), ((150, 140), 70), ((8, 9, 10), 4)])
def test_directions_are_counted_apart(shape, r_max, selection):
    """Whatever lags, weights and phases they have, and in whatever order they come."""
    terms = [term(f"S2_axis{a}", range(1, r_max + 1), weight=1 + a) for a in range(len(shape)) if shape[a] > 1][::-1]
    terms[0] = term(terms[0].name, [r_max, 1, 3], phase=0, weight=0.5)
    chain = chain_of(terms, shape, 40_000, selection=selection)
    chain.advance()
    assert isinstance(chain.engine, LineEngine)
    expected = [rolled_counts(chain.labels == t.phase, t.r, t.axes(len(shape))) for t in terms]
    np.testing.assert_array_equal(chain.counts, np.concatenate(expected))


@pytest.mark.parametrize(
    ("names", "shape"),
    [(("S2",), (30, 41)), (("S2_axis1", "S2_axis0"), (30, 41)), (("S2",), (9, 8, 10)), (("S2_axis2",), (9, 8, 10))],
)
@pytest.mark.parametrize("selection", ["uniform", "interface", "dpn"])
def test_another_engine_makes_the_same_moves(names, shape, selection):
    """Counts are in the order of the target's terms, so that a checkpoint does not depend on the engine."""
    terms = [term(name, range(1, 5), weight=1 + k) for k, name in enumerate(names)]
    schedule = Schedule(t0=1e-3, stages=30, moves=500, selection=selection)
    chain = Chain(Target.binary(0.3, terms), shape, seed=3, schedule=schedule)
    chain.engine.may_sift = False  # which draws the same pixels by other random numbers
    mixed = MixtureEngine(chain.target, chain.labels.copy(), schedule, None)
    np.testing.assert_array_equal(mixed.counts, chain.counts)
    random = chain._random.copy()
    for stage in range(30):
        mixed.stage(random, schedule.temperature(stage + 1, 1e-3), 500, 0.0)
    chain.advance()
    np.testing.assert_array_equal(mixed.labels, chain.labels)
    np.testing.assert_array_equal(mixed.counts, chain.counts)


@pytest.mark.parametrize(("shape", "longest"), [((1, 20, 31), 10), ((1, 130, 70), 65), ((5, 6, 7), 3)])
def test_the_lines_follow_the_image(shape, longest):
    flat = shape[1:] if shape[0] == 1 else shape
    chain = chain_of([term("S2", range(1, min(flat) // 2 + 1))], flat, 1_000)
    chain.advance()
    fresh = lines_of((chain.engine.volume == 1)[None], min(flat) // 2)
    for mine, other in zip(chain.engine.lines, fresh, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("longest", [3, 64, 65])
def test_a_word_is_what_lies_ahead(longest):
    image = np.random.default_rng(1).random((1, 5, 100)) < 0.5
    lines = lines_of(image[None], longest)
    for row, place, k in ((0, 0, 0), (4, 99, lines.reach - 1), (2, 63, 0), (3, 36, lines.reach - 1)):
        for way, whole in enumerate((image[0, row], image[0, row, ::-1])):
            word = int(seen(lines.words, lines.starts[2, way] + row * lines.long[2], place + 64 * k))
            bits = [word >> b & 1 for b in range(64)]
            assert bits == [int(whole[(place + 64 * k + b) % 100]) for b in range(64)]


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


def test_known_voxels_stay():
    image = (np.random.default_rng(0).random((12, 12, 12)) < 0.4).astype(np.uint8)
    fixed = np.ones(image.shape, bool)
    fixed[2:9, 3:10, 1:8] = False
    target = Target.from_images(image[None], boundary="periodic")
    chain = Chain(target, image.shape, seed=1, schedule=Schedule(stages=50, moves=3_000), known=Known(image, fixed))
    first = chain.energy
    chain.advance()
    np.testing.assert_array_equal(chain.labels[fixed], image[fixed])
    np.testing.assert_array_equal(chain.counts, chain.recount())
    assert chain.energy < 0.1 * first


def test_random_image_has_exactly_the_ones_asked_for_spread_evenly():
    states = [np.random.SeedSequence(seed).generate_state(2, np.uint64) for seed in range(300)]
    images = [random_labels(state, np.array([819, 205])).reshape(32, 32) for state in states]
    assert {int(image.sum()) for image in images} == {205}
    mean = np.mean(images, axis=0)
    phi = 205 / 1024
    assert abs(mean - phi).max() < 5 * np.sqrt(phi * (1 - phi) / 300)
