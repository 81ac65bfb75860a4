"""The two-point map: its counts and energies are the same whichever way they are kept."""

import numpy as np
import pytest

from raysys.anneal import Chain, Known, Schedule, Target, Term
from raysys.anneal.engines import vectors
from raysys.anneal.engines.engine import MapEngine, MixtureEngine


def labels_of(shape, seed=0):
    return (np.random.default_rng(seed).random(shape) < 0.4).astype(np.uint8)


def rolled_counts(image, vectors):
    """C(v) by shifting whole images: the reference."""
    axes, image = tuple(range(image.ndim)), image.astype(np.int64)
    return np.array([(image * np.roll(image, tuple(-v), axes)).sum() for v in vectors])


def map_target(shape, boundary="periodic", **options):
    return Target.from_images(labels_of(shape)[None], ("map",), boundary=boundary, **options)


# Both ways of counting, forced upon every case; and the one that is chosen.
WAYS = {"one by one": 0.0, "all but exceptions": 9.0, "as chosen": vectors.FEW}
CASES = [
    ((12, 12), {}),
    ((13, 13), {}),
    ((14, 9), {}),
    ((12, 18), {"r_max": 4}),
    ((12, 12), {"boundary": "open"}),
    ((4, 4), {}),
    ((6, 6, 6), {}),
    ((7, 7, 7), {}),
    ((8, 5, 6), {"r_max": 2}),
    ((6, 6, 6), {"boundary": "open"}),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("shape", "options"), CASES)
def test_counts_after_many_exchanges_equal_a_recount(monkeypatch, shape, options, way):
    monkeypatch.setattr(vectors, "FEW", WAYS[way])
    target = map_target(shape, **options)
    for selection in ("uniform", "interface"):
        schedule = Schedule(t0=np.inf, stages=2, moves=2_000, selection=selection)
        chain = Chain(target, shape, seed=1, schedule=schedule)
        assert isinstance(chain.engine, MapEngine)
        chain.advance()
        assert (chain.reconstruction().history.acceptance == 1).all()
        np.testing.assert_array_equal(chain.counts, rolled_counts(chain.labels, target.terms[0].r))
        np.testing.assert_array_equal(chain.counts, chain.recount())


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [np.inf, 1e-3])
@pytest.mark.parametrize(("shape", "options"), CASES)
def test_counts_after_ten_million_exchanges_equal_a_recount(shape, options, temperature):
    target = map_target(shape, **options)
    chain = Chain(target, shape, seed=1)
    made = chain.engine.stage(chain._random, temperature, 10_000_000, -1.0)  # which ends at no energy
    assert made.moves == 10_000_000
    np.testing.assert_array_equal(chain.counts, rolled_counts(chain.labels, target.terms[0].r))


@pytest.mark.parametrize(("shape", "options"), CASES)
def test_both_ways_accept_the_same_exchanges(monkeypatch, shape, options):
    target, found = map_target(shape, **options), []
    for way, few in WAYS.items():
        monkeypatch.setattr(vectors, "FEW", few)
        chain = Chain(target, shape, seed=4, schedule=Schedule(t0=1e-3, stages=20, moves=300))
        assert chain.engine.vectors.whole or way != "all but exceptions"
        chain.advance()
        found.append((chain.labels.tobytes(), chain.energy, chain.swaps))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("shape", [(31, 31), (9, 9, 9)])
def test_the_fields_follow_the_image(shape):
    target = map_target(shape)
    chain = Chain(target, shape, seed=1, schedule=Schedule(t0=np.inf, stages=1, moves=999))
    chain.advance()
    fresh = Chain(target, shape, seed=1, start=chain.labels).engine
    for mine, other in zip(chain.engine.fields[:3], fresh.fields[:3], strict=True):
        np.testing.assert_array_equal(mine, other)
    np.testing.assert_array_equal(chain.engine.copies, fresh.copies)


def test_any_vectors_may_be_wanted_of_either_phase():
    """Zero, several times the same, opposite to each other, in any order: as the mixture counts them."""
    steps = np.array([[0, 0], [3, -2], [-3, 2], [3, -2], [6, 6], [6, -6], [0, 1], [1, 0]])
    values = np.linspace(0.1, 0.4, len(steps))
    for phase in (0, 1):
        target = Target.binary(0.4, [Term("map", steps, values, phase=phase)])
        chain = Chain(target, (12, 13), seed=0, schedule=Schedule(t0=1e-3, stages=5, moves=500))
        chain.advance()
        assert isinstance(chain.engine, MapEngine)
        np.testing.assert_array_equal(chain.counts, rolled_counts(chain.labels == phase, steps))
        mixed = MixtureEngine(target, chain.labels, chain.schedule, None)
        np.testing.assert_array_equal(chain.counts, mixed.counts)


def test_known_pixels_stay_and_the_map_is_approached():
    shape = (33, 33)
    image = labels_of(shape)
    fixed = np.ones(shape, bool)
    fixed[5:25, 8:30] = False
    target = Target.from_images(image[None], ("map",), boundary="periodic")
    chain = Chain(target, shape, seed=1, schedule=Schedule(stages=100, moves=2_000), known=Known(image, fixed))
    first = chain.energy
    chain.advance()
    np.testing.assert_array_equal(chain.labels[fixed], image[fixed])
    np.testing.assert_array_equal(chain.counts, chain.recount())
    assert chain.energy < 0.5 * first


def test_cuts_and_saves_change_nothing(tmp_path):
    target, schedule = map_target((20, 20)), Schedule(t0=1e-3, stages=12, moves=400)
    whole = Chain(target, (20, 20), seed=3, schedule=schedule)
    whole.advance()
    chain = Chain(target, (20, 20), seed=3, schedule=schedule)
    for _ in range(4):
        chain.advance(3)
        chain.save(tmp_path / "chain.npz")
        chain = Chain.load(tmp_path / "chain.npz")
    np.testing.assert_array_equal(chain.labels, whole.labels)
    assert chain.energy == whole.energy
