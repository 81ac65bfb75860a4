"""Any mixture of descriptors, 2D and 3D, two phases and more: counted exactly, whatever is exchanged."""

import numpy as np
import pytest

from raysys import stats
from raysys.anneal import Chain, Known, Schedule, Target, Term, anneal
from raysys.anneal.engines.engine import MixtureEngine

FLAT = ("S2", "S2_axis0", "S2_axis1", "L", "L_axis1", "P3H", "P3V", "P4", "P6", "map", "surface")
DEEP = ("S2", "S2_axis2", "L", "L_axis0", "P3H", "P3V", "P4", "P6", "map", "surface")


def labels_of(shape, phases, seed=0):
    return np.random.default_rng(seed).integers(0, phases, shape).astype(np.uint8)


def mixture_target(shape, names, phases, **options):
    images = labels_of(shape, phases)[None]
    return Target.from_images(
        images, names, phase=1 if phases == 2 else None, boundary="periodic", r_max=min(min(shape) // 2, 9), **options
    )


CASES = [
    ((12, 18), FLAT, 2),
    ((17, 23), FLAT, 3),
    ((64, 40), ("S2", "P4", "L"), 2),
    ((8, 10, 12), DEEP, 2),
    ((6, 9, 7), DEEP, 3),
]


@pytest.mark.parametrize(("shape", "names", "phases"), CASES)
def test_the_image_of_the_target_has_energy_zero(shape, names, phases):
    """So every count, divided by its positions, is what `raysys.stats` measures."""
    target = mixture_target(shape, names, phases, apex="both", odd_edges="average") if len(shape) == 2 else (
        mixture_target(shape, names, phases)
    )  # fmt: skip
    chain = Chain(target, shape, seed=0, start=labels_of(shape, phases))
    assert isinstance(chain.engine, MixtureEngine)
    np.testing.assert_allclose(chain.counts, target.counts(shape), rtol=0, atol=2e-3)
    assert chain.energy < 1e-9


@pytest.mark.parametrize("selection", ["uniform", "interface"])
@pytest.mark.parametrize(("shape", "names", "phases"), CASES)
def test_counts_after_many_exchanges_equal_a_recount(shape, names, phases, selection):
    target = mixture_target(shape, names, phases)
    schedule = Schedule(t0=np.inf, stages=2, moves=20_000, selection=selection)
    chain = Chain(target, shape, seed=1, schedule=schedule)
    before = np.bincount(chain.labels.ravel(), minlength=phases)
    chain.advance()
    assert chain.swaps == 40_000
    assert (chain.reconstruction().history.acceptance == 1).all()
    np.testing.assert_array_equal(chain.counts, chain.recount())
    np.testing.assert_array_equal(np.bincount(chain.labels.ravel(), minlength=phases), before)
    np.testing.assert_array_equal(before, target.pixels(shape))


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [np.inf, 1e-3])
@pytest.mark.parametrize(("shape", "names", "phases"), CASES)
def test_counts_after_ten_million_exchanges_equal_a_recount(shape, names, phases, temperature):
    """Whether all are accepted or some are taken back."""
    chain = Chain(mixture_target(shape, names, phases), shape, seed=1)
    made = chain.engine.stage(chain._random, temperature, 10_000_000, -1.0)  # which ends at no energy
    assert made.moves == 10_000_000
    np.testing.assert_array_equal(chain.counts, chain.recount())


@pytest.mark.parametrize(("apex", "odd"), [("both", "average"), ("mirrored", "skip")])
@pytest.mark.parametrize("rounding", ["nearest", "ceil", "floor"])
def test_figures_of_every_protocol_are_counted(rounding, apex, odd):
    """Those of small edges have vertices that fall together; those of many edges fill several words."""
    images = labels_of((1, 150, 143), 2)
    names = ("P3H", "P3V", "P4", "P6")
    target = Target.from_images(
        images, names, boundary="periodic", r_max=70, rounding=rounding, apex=apex, odd_edges=odd
    )
    chain = Chain(target, (150, 143), seed=1)
    chain.engine.stage(chain._random, np.inf, 1_000, -1.0)
    np.testing.assert_array_equal(chain.counts, chain.recount())


@pytest.mark.parametrize("plane", [None, "mean", "normal to axis 1"])
def test_figures_in_planes_of_volumes_are_counted(plane):
    protocol = {} if plane is None else {"plane": plane}
    terms = [Term(name, np.array([2, 4]), np.array([0.1, 0.05]), protocol=protocol) for name in ("P3H", "P3V", "P4")]
    chain = Chain(Target.binary(0.4, terms), (9, 10, 11), seed=1)
    chain.engine.stage(chain._random, np.inf, 5_000, -1.0)
    np.testing.assert_array_equal(chain.counts, chain.recount())


def test_lags_may_come_in_any_order():
    terms = [Term(name, np.array([7, 1, 3, 3]), np.full(4, 0.1)) for name in ("S2", "L_axis0", "surface", "P4")]
    chain = Chain(Target.binary(0.4, terms), (20, 17), seed=1)
    chain.engine.stage(chain._random, np.inf, 5_000, -1.0)
    np.testing.assert_array_equal(chain.counts, chain.recount())
    np.testing.assert_array_equal(chain.counts[2::4], chain.counts[3::4])


@pytest.mark.parametrize("shape", [(30, 30), (140, 6), (8, 9, 10)])
def test_lines_without_an_end_hold_runs_of_any_length(shape):
    """A whole line of a phase, into which a pixel is taken out and put back, here and there."""
    start = np.zeros(shape, np.uint8)
    start[..., :2] = 1
    start[0] = 1
    start[(0,) * len(shape)] = 0
    target = Target.from_images(start[None], ("L", "L_axis0"), boundary="periodic")
    chain = Chain(target, shape, seed=1, start=start)
    for _ in range(300):
        chain.engine.stage(chain._random, 0.0, 1, -1.0)
        chain.engine.stage(chain._random, np.inf, 1, -1.0)
        np.testing.assert_array_equal(chain.counts, chain.recount())


def test_dpn_draws_in_volumes_too():
    target = mixture_target((8, 10, 12), ("S2",), 2)
    chain = Chain(target, (8, 10, 12), seed=1, schedule=Schedule(t0=np.inf, stages=1, moves=20_000, selection="dpn"))
    chain.advance()
    np.testing.assert_array_equal(chain.counts, chain.recount())


def test_a_rejected_exchange_leaves_no_trace():
    target = mixture_target((12, 18), FLAT, 2)
    schedule = Schedule(t0=0.0, acceptance="greedy", stages=30, moves=300, selection="uniform")
    chain = Chain(target, (12, 18), seed=2, schedule=schedule)
    first = chain.energy
    chain.advance()
    history = chain.reconstruction().history
    assert (np.diff(history.energy) < 1e-15).all()  # sums of floats over several descriptors
    assert history.energy[-1] < 0.15 * first
    assert history.acceptance[-1] < 0.2
    np.testing.assert_array_equal(chain.counts, chain.recount())


def test_weights_scale_their_term():
    shape = (12, 18)
    names = {"S2": 2.0, "P4": 0.5}
    target = mixture_target(shape, names, 2)
    chain = Chain(target, shape, seed=5)
    image = chain.image[None]
    found = stats.characterise(image, tuple(names), boundary="periodic", r_max=target.r_max)
    expected = sum(
        term.weight * ((found.curves[term.name].mean[term.r] - term.values) ** 2).sum() for term in target.terms
    )
    assert chain.energy == pytest.approx(expected, rel=1e-4)


def test_more_descriptors_come_closer_in_those_and_cuts_change_nothing(tmp_path, field):
    image = field((48, 48), 0.35, 3)
    schedule = Schedule(stages=60, moves=2000)
    target = Target.from_images(image[None], ("S2", "L", "P4"), boundary="periodic")
    whole = anneal(target, (48, 48), seed=3, schedule=schedule)
    chain = Chain(target, (48, 48), seed=3, schedule=schedule)
    for _ in range(4):
        chain.advance(7)
        chain.save(tmp_path / "chain.npz")
        chain = Chain.load(tmp_path / "chain.npz")
    chain.advance()
    np.testing.assert_array_equal(chain.image, whole.image)
    only = anneal(Target.from_images(image[None], boundary="periodic"), (48, 48), seed=3, schedule=schedule)

    def error(found, name):
        one, other = (
            stats.characterise(i[None], (name,), boundary="periodic").curves[name].mean for i in (found.image, image)
        )
        return np.nanmean((one - other) ** 2)

    assert error(whole, "P4") < 0.1 * error(only, "P4")
    assert error(whole, "L") < 0.1 * error(only, "L")


@pytest.mark.parametrize("names", [("S2",), ("S2", "L")])
@pytest.mark.parametrize("selection", ["uniform", "interface", "dpn"])
def test_known_pixels_stay(field, names, selection):
    image = field((48, 48), 0.35, 3)
    fixed = np.ones(image.shape, bool)
    fixed[10:30, 15:40] = False
    target = Target.from_images(image[None], names, boundary="periodic")
    schedule = Schedule(stages=80, moves=1000, selection=selection)
    known = Known(image, fixed)
    result = anneal(target, image.shape, seed=1, schedule=schedule, known=known)
    np.testing.assert_array_equal(result.image[fixed], image[fixed])
    assert not np.array_equal(result.image, image)
    assert result.image.sum() == image.sum()
    assert result.energy < 0.1 * Chain(target, image.shape, seed=1, known=known).energy


def test_several_phases_keep_their_values_and_fractions():
    images = np.array([0, 85, 200])[labels_of((1, 24, 24), 3)]
    target = Target.from_images(images, phase=None, boundary="periodic")
    assert [term.phase for term in target.terms] == [0, 1, 2]
    result = anneal(target, (24, 24), seed=0, schedule=Schedule(stages=20, moves=500))
    assert result.image.dtype == np.uint8
    np.testing.assert_array_equal(np.unique(result.image, return_counts=True), np.unique(images, return_counts=True))


def test_a_term_says_what_is_allowed():
    from raysys import RaysysError

    for settings, said in (
        ({"name": "C2"}, "allowed: S2"),
        ({"values": [np.nan]}, "finite"),
        ({"r": [0]}, ">= 1"),
        ({"weight": 0.0}, "above 0"),
    ):
        with pytest.raises(RaysysError, match=said):
            Term(**{"name": "S2", "r": np.array([1]), "values": np.array([0.1])} | settings)
