"""What chains are determined by, and states that are kept without it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from raysys import RaysysError
from raysys.anneal import Chain, Known, Schedule, Target
from raysys.anneal.order import CHAINS, AnnealingOrder
from raysys.farm import Folder
from raysys.farm.archive import read_archive

SHORT = Schedule(stages=6, moves=300)


def labels(shape: tuple[int, ...], phases: int, seed: int = 0) -> np.ndarray:
    """Blocks of two pixels a side, at random."""
    coarse = np.random.default_rng(seed).integers(0, phases, [-(-side // 2) for side in shape], np.uint8)
    for axis in range(len(shape)):
        coarse = np.repeat(coarse, 2, axis)
    return coarse[tuple(slice(side) for side in shape)]


def flat() -> AnnealingOrder:
    return AnnealingOrder.of(Target.from_images(labels((24, 20), 2)[None], r_max=8), (24, 20), SHORT, 3)


def volume_of_three_phases() -> AnnealingOrder:
    target = Target.from_images(labels((10, 12, 9), 3)[None], {"S2": 1, "L": 2}, phase=None, r_max=4)
    return AnnealingOrder.of(target, (9, 10, 12), SHORT, 0)


def mixture() -> AnnealingOrder:
    target = Target.from_images(labels((20, 20), 2)[None], ("S2", "P4", "L", "surface"), r_max=6)
    return AnnealingOrder.of(target, (20, 20), replace(SHORT, keep="best", selection="uniform"), 5)


def around_a_hole() -> AnnealingOrder:
    image = labels((32, 32), 2)
    fixed = np.ones((32, 32), bool)
    fixed[8:24, 10:20] = False
    schedule = replace(SHORT, levels=2, t0="auto")
    return AnnealingOrder.of(Target.from_images(image[None], r_max=8), (32, 32), schedule, 1, Known(image, fixed))


KINDS: list[Callable[[], AnnealingOrder]] = [flat, volume_of_three_phases, mixture, around_a_hole]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def order(request: pytest.FixtureRequest) -> AnnealingOrder:
    return request.param()


def test_a_chain_goes_on_from_what_was_kept_of_it_as_if_nothing_had_been(order):
    whole = order.begin(2).chain
    whole.advance()
    cut = order.begin(2).chain
    while not cut.finished:
        cut.advance(1)
        cut = order.resume(2, order.kept(cut)).chain
    np.testing.assert_array_equal(cut.reconstruction().image, whole.reconstruction().image)
    np.testing.assert_array_equal(cut.counts, whole.counts)
    assert cut.energy == whole.energy
    assert cut.reconstruction().energy == whole.reconstruction().energy


def test_what_is_kept_is_what_the_chain_had_then(order):
    chain = order.begin(0).chain
    chain.advance(2)
    before, state = chain.labels.copy(), order.kept(chain)
    chain.advance(2)
    np.testing.assert_array_equal(order.image(state), before)
    np.testing.assert_array_equal(order.resume(0, state).chain.labels, before)


def test_what_all_chains_share_is_not_kept_with_each():
    order = around_a_hole()
    chain = order.begin(0).chain
    description, arrays = order.kept(chain)
    assert not any(name.startswith(("target", "known")) for name in arrays)
    assert "target" not in description
    assert arrays["labels"].nbytes == chain.labels.size // 8


def test_a_chain_stands_where_its_state_and_its_result_say(order):
    job = order.begin(1)
    assert (job.standing.step, job.standing.work) == (0, 0)
    job.advance(0)
    assert order.standing(job.state()) == job.standing
    assert (job.standing.step, job.standing.steps, job.standing.work) == (1, job.chain.stages, job.chain.swaps)
    job.advance(60)
    result = job.result()
    assert order.standing_of_result(result).step == job.standing.step
    assert order.standing_of_result(result).work == result.swaps == job.standing.work
    assert order.standing_of_result(result).measure == result.energy
    np.testing.assert_array_equal(order.image_of_result(result), result.image)


def test_a_chain_that_has_not_begun_has_no_energy_yet():
    order = flat()
    assert np.isnan(order.standing(order.begin(0).state()).measure)


def test_results_of_different_lengths_are_kept_together():
    order = replace(flat(), schedule=replace(SHORT, stages=40, t0=0.0, stagnation=3))
    results = []
    for number in range(3):
        job = order.begin(number)
        job.advance(60)
        results.append(job.result())
    assert len({len(result.history.energy) for result in results}) > 1
    rows, arrays = order.pack(results)
    for made, result in zip(order.unpack(rows, arrays), results, strict=True):
        np.testing.assert_array_equal(made.image, result.image)
        for name, values in vars(result.history).items():
            np.testing.assert_array_equal(getattr(made.history, name), values)
        for name in ("energy", "swaps", "seconds", "seed", "chain", "schedule", "r_max"):
            assert getattr(made, name) == getattr(result, name)


def test_files_of_a_farm_are_those_of_earlier_releases(tmp_path):
    """Names, kinds and contents; that the images are the same as well, `test_reconstruct` says."""
    order = AnnealingOrder.of(
        Target.of_two_point(0.3, np.full(8, 0.09)), (16, 20), Schedule(stages=4, moves=100), 7
    )  # fmt: skip
    folder, before = Folder(tmp_path, order), Path(__file__).with_name("farm_before_jobs")
    folder.open(4)
    chain = order.begin(2).chain
    chain.advance(1)
    folder.keep(2, order.kept(chain))
    jobs = {number: order.begin(number) for number in (0, 3)}
    for job in jobs.values():
        job.advance(60)
    folder.end({number: job.result() for number, job in jobs.items()})
    names = {"farm": "raysys annealing farm 1", "chain-000002": "raysys chain of a farm 1"}
    for name, kind in (names | {"ended-000000": "raysys ended chains of a farm 1"}).items():
        made, arrays = read_archive(tmp_path / f"{name}.npz", kind)
        known, others = read_archive(before / f"{name}.npz", kind)
        assert _form(made) == _form(known | ({"jobs": 4} if name == "farm" else {}))
        assert {key: (array.shape, array.dtype) for key, array in arrays.items()} == {
            key: (array.shape, array.dtype) for key, array in others.items()
        }
        assert made["signature"] == known["signature"]
    assert Folder(before, order).check().words(CHAINS).startswith("2 ended, 1 under way; how many chains were asked")


def _form(value: object) -> object:
    """The keys and types of a description."""
    if isinstance(value, dict):
        return {key: _form(one) for key, one in value.items()}
    return [_form(one) for one in value] if isinstance(value, list) else type(value)


def test_moves_are_those_of_all_stages_and_levels():
    assert flat().work == 6 * 300
    assert around_a_hole().work == 2 * 6 * 300
    schedule = Schedule(levels=2, stages=10)
    order = AnnealingOrder.of(Target.of_two_point(0.5, np.full(8, 0.25)), (128, 128), schedule, 0)
    assert order.work == 10 * (20_000 + 5_000)


def test_equal_orders_have_one_signature_and_others_differ_where_they_do():
    one, hole = flat(), around_a_hole()
    assert one.signature() == flat().signature()
    assert hole.signature() == around_a_hole().signature()
    changes = {
        "seed": replace(one, seed=4),
        "shape": replace(one, shape=(24, 24)),
        "stages": replace(one, schedule=replace(SHORT, stages=7)),
        "target": replace(one, target=one.target.weighted({"S2": 2.0})),
        "known pixels": replace(one, known=Known(labels((24, 20), 2), np.eye(24, 20, dtype=bool))),
    }
    for name, other in changes.items():
        differing = {key for key, value in one.signature().items() if other.signature()[key] != value}
        assert differing == {name}


def test_whole_numbers_and_floats_are_the_same_setting():
    schedule = replace(SHORT, t0=0.0, alpha=1.0)
    other = replace(SHORT, t0=0, alpha=1)
    assert replace(flat(), schedule=schedule).signature() == replace(flat(), schedule=other).signature()


def test_unknown_values_do_not_enter_the_signature():
    """What stands in a hole makes no difference to what is annealed."""
    order = around_a_hole()
    assert order.known is not None
    other = np.where(order.known.fixed, order.known.labels, 1 - order.known.labels)
    assert replace(order, known=Known(other, order.known.fixed)).signature() == order.signature()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shape": (12, 24)}, "r_max=6"),
        ({"seed": -1}, "seed -1"),
        ({"schedule": replace(SHORT, levels=4)}, "multiples of 8"),
        ({"known": Known(np.zeros((24, 20), int), np.ones((24, 20), bool))}, "fixes every pixel"),
        ({"known": Known(np.zeros((24, 24), int), np.ones((24, 24), bool))}, "the reconstruction's shape"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_before_anything_is_begun(change, said):
    one = flat()
    settings = {"target": one.target, "shape": one.shape, "schedule": SHORT, "seed": 0} | change
    with pytest.raises(RaysysError, match=said):
        AnnealingOrder.of(**settings)


def test_several_phases_cannot_be_drawn_by_their_neighbours():
    order = volume_of_three_phases()
    with pytest.raises(RaysysError, match="dpn selection is of two phases, here are 3"):
        AnnealingOrder.of(order.target, order.shape, replace(SHORT, selection="dpn"), 0)


def test_a_chain_of_an_order_is_a_chain():
    order = flat()
    alone = Chain(order.target, order.shape, seed=3, chain=4, schedule=SHORT)
    np.testing.assert_array_equal(order.begin(4).chain.labels, alone.labels)
