"""One chain: energies, temperatures, and the same image from the same seed however it is cut."""

import zlib

import numpy as np
import pytest

from raysys import RaysysError
from raysys.anneal import Chain, Schedule, Target, anneal, recount

SHAPE = (128, 128)
QUANTUM = (1 / (2 * 128**2)) ** 2


def target_of(image: np.ndarray, r_max: int = 64) -> Target:
    return Target.from_images(image[None], r_max=r_max, boundary="periodic")


def test_energy_is_zero_at_the_image_of_the_target(field):
    image = field(SHAPE, 0.352, 4)
    chain = Chain(target_of(image), SHAPE, seed=0, start=image)
    assert chain.energy == 0.0
    assert chain.finished
    result = anneal(target_of(image), SHAPE, seed=0, start=image)
    assert np.array_equal(result.image, image)
    assert result.swaps == 0


def test_energy_is_a_whole_multiple_of_the_quantum(field):
    image = field(SHAPE, 0.052, 2)
    target = target_of(image)
    assert np.array_equal(target.counts(SHAPE), recount(image, 64))
    chain = Chain(target, SHAPE, seed=3, schedule=Schedule(stages=20, moves=2000))
    for _ in range(20):
        chain.advance(1)
        quanta = ((chain.counts - target.counts(SHAPE)) ** 2).sum()
        assert quanta == int(quanta) == ((chain.recount() - recount(image, 64)) ** 2).sum()
        assert chain.energy == pytest.approx(quanta * QUANTUM, rel=1e-12)
    S2 = chain.recount() / (2 * 128**2)
    assert chain.energy == pytest.approx(((S2 - target.S2) ** 2).sum(), rel=1e-9)


def test_temperature_after_k_stages():
    schedule = Schedule(moves=1)
    result = anneal(Target.of_two_point(0.3, np.full(4, 0.09)), (16, 16), seed=0, schedule=schedule)
    assert result.history.temperature == pytest.approx(1e-7 * 0.97 ** np.arange(1, 251), rel=1e-12)
    assert result.history.temperature[-1] == pytest.approx(4.9e-11, rel=0.01)
    assert result.swaps == 250


@pytest.mark.parametrize("selection", ["uniform", "interface", "dpn"])
def test_greedy_never_raises_the_energy(field, selection):
    schedule = Schedule(acceptance="greedy", stages=4000, moves=1, selection=selection)
    result = anneal(target_of(field((64, 64), 0.3, 3), 32), (64, 64), seed=0, schedule=schedule)
    assert (np.diff(result.history.energy) <= 0).all()
    assert result.history.energy[-1] < 0.5 * result.history.energy[0]


def test_uniform_metropolis_samples_the_boltzmann_distribution():
    """Two ones on a torus of 4 x 4 with lag 1 only: 32 of the 120 states have them side by side, with C(1) = 1."""
    target, beta, energy = Target.of_two_point(2 / 16, [0.0]), 0.7, (1 / 32) ** 2
    schedule = Schedule(t0=energy / beta, alpha=1.0, stages=1, moves=1, selection="uniform")
    chain = Chain(target, (4, 4), seed=5, schedule=schedule)
    for _ in range(40_000):
        chain._make_stage()  # `advance` would end at the energy 0, which this chain often visits
    touching = chain.reconstruction().history.energy[100:] == energy
    assert touching.mean() == pytest.approx(32 * np.exp(-beta) / (32 * np.exp(-beta) + 88), abs=0.012)


@pytest.mark.parametrize("selection", ["uniform", "interface", "dpn"])
def test_cuts_saves_and_loads_change_nothing(tmp_path, field, selection):
    target = target_of(field((96, 64), 0.3, 3), 32)
    schedule = Schedule(stages=30, moves=1000, selection=selection)
    whole = anneal(target, (96, 64), seed=7, schedule=schedule)
    chain = Chain(target, (96, 64), seed=7, schedule=schedule)
    for stages in (1, 2, 3, 5, 8):
        assert chain.advance(stages) == stages
        chain.save(tmp_path / "chain.npz")
        chain = Chain.load(tmp_path / "chain.npz")
    while not chain.finished:
        chain.advance(seconds=1e-4)
    result = chain.reconstruction()
    assert np.array_equal(result.image, whole.image)
    assert np.array_equal(result.history.energy, whole.history.energy)
    assert np.array_equal(result.history.acceptance, whole.history.acceptance)
    assert (result.swaps, result.energy) == (whole.swaps, whole.energy)


def test_another_seed_or_chain_number_is_another_image():
    target, schedule = Target.of_two_point(0.3, np.full(8, 0.09)), Schedule(stages=2, moves=50)
    images = [anneal(target, (16, 16), seed=s, chain=k, schedule=schedule).image for s in (0, 1) for k in (0, 1)]
    assert len({image.tobytes() for image in images}) == 4


def test_the_golden_image_of_seed_0():
    """Guards against a silent change of the random numbers: a seed means the same in every version."""
    target = Target.of_two_point(0.25, 0.0625 + 0.1875 * np.exp(-np.arange(1, 17) / 3))
    result = anneal(target, (32, 32), seed=0, schedule=Schedule(stages=50, moves=500))
    assert zlib.crc32(result.image.tobytes()) == 3612235338


def test_a_damaged_checkpoint_is_refused(tmp_path):
    chain = Chain(Target.of_two_point(0.3, np.full(8, 0.09)), (16, 16), seed=0)
    chain.counts[0] += 1
    chain.save(tmp_path / "wrong.npz")
    (tmp_path / "short.npz").write_bytes((tmp_path / "wrong.npz").read_bytes()[:200])
    (tmp_path / "text.npz").write_text("not a checkpoint")
    np.savez(tmp_path / "foreign.npz", a=np.zeros(3))
    for name in ("wrong", "short", "text", "foreign", "missing"):
        with pytest.raises(RaysysError, match=name):
            Chain.load(tmp_path / f"{name}.npz")


@pytest.mark.parametrize(
    ("shape", "settings", "said"),
    [
        ((16, 15), {}, "lags up to 7"),
        ((16,), {}, r"\(H, W\) or \(D, H, W\)"),
        ((40_000, 16), {}, "32767"),
        ((16, 16), {"seed": -1}, "whole numbers >= 0"),
        ((16, 16), {"start": np.full((16, 16), 2)}, "zeros and ones"),
        ((16, 16), {"start": np.eye(15)}, "15"),
    ],
)
def test_bad_arguments_say_what_is_allowed(shape, settings, said):
    with pytest.raises(RaysysError, match=said):
        Chain(Target.of_two_point(0.3, np.full(8, 0.09)), shape, **{"seed": 0} | settings)


def test_a_phase_too_thin_for_the_shape_is_refused():
    with pytest.raises(RaysysError, match="one phase only"):
        Chain(Target.of_two_point(0.001, [0.0]), (16, 16), seed=0)
