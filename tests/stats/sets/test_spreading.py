"""A set spread over Ray gives the same numbers, bit for bit, whatever happens to Ray."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from functools import partial

import numpy as np
import pytest
from support.references import gaussian_field

from raysys import RaysysError
from raysys.cluster import connected
from raysys.stats import KNOWN, Characterisation, characterise
from raysys.stats.sets.spreading import at_hand, spread

IMAGES = np.arange(12)[:, None]  # what stands for images where only the spreading is looked at
HERE = os.getpid()


@pytest.fixture(scope="module")
def ray():
    import ray

    with connected("local", num_cpus=2):
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import tests
        yield ray
        ray.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.fixture(scope="module")
def labels():
    """(7, 33, 40) uint8 of phases 0, 2 and 5; the second image has no 5, the last nothing else."""
    fields = gaussian_field((33, 40), phi=0.3, sigma=1.5, n=7)
    images = np.where(fields == 1, 5, 2 * gaussian_field((33, 40), phi=0.5, sigma=1, n=7, seed=1)).astype(np.uint8)
    images[1][images[1] == 5] = 2
    images[6] = 5
    return images


def equal(one: Characterisation, two: Characterisation) -> bool:
    """Whether two characterisations are the same, bit for bit."""
    assert (one.shape, one.phase, one.boundary, one.descriptors) == (
        two.shape,
        two.phase,
        two.boundary,
        two.descriptors,
    )
    assert list(one.curves) == list(two.curves)
    assert list(one.scalars) == list(two.scalars)
    arrays = [(one.phase_fractions, two.phase_fractions)]
    for name, curve in one.curves.items():
        assert curve.protocol == two.curves[name].protocol
        arrays += [(curve.r, two.curves[name].r), (curve.values, two.curves[name].values)]
    for name, scalar in one.scalars.items():
        assert (scalar.unit, scalar.protocol) == (two.scalars[name].unit, two.scalars[name].protocol)
        arrays.append((scalar.values, two.scalars[name].values))
    assert (one.pores is None) == (two.pores is None)
    if one.pores is not None and two.pores is not None:
        assert (one.pores.n, one.pores.protocol) == (two.pores.n, two.pores.protocol)
        arrays.append((one.pores.image, two.pores.image))
        arrays += [(values, two.pores.properties[name]) for name, values in one.pores.properties.items()]
    for first, second in arrays:
        np.testing.assert_array_equal(first, second)
        assert first.dtype == second.dtype
    return True


@pytest.mark.parametrize(
    ("name", "shape"),
    [(name, shape) for name, one in KNOWN.items() for shape in ((21, 26), (9, 12, 11)) if len(shape) in one.dims],
)
def test_every_descriptor_of_an_image_is_its_own(name, shape):
    images = gaussian_field(shape, phi=0.45, sigma=1.5, n=4)
    images[2] = 0
    whole = characterise(images, (name,))
    parts = [characterise(part, (name,)) for part in (images[:1], images[1:3], images[3:])]
    assert equal(Characterisation.joined(parts), whole)


@pytest.mark.parametrize("boundary", ["open", "periodic"])
def test_spread_over_ray_the_numbers_are_the_same(ray, labels, boundary):
    names = [name for name, one in KNOWN.items() if 2 in one.dims]
    alone = characterise(labels, names, phase=5, boundary=boundary, parallel=False)
    assert equal(characterise(labels, names, phase=5, boundary=boundary, parallel=True), alone)
    assert alone.phase_fractions[1] == 0
    assert alone.curves["S2"].values[1, 0] == 0  # not NaN: the set has the phase


def test_a_phase_that_no_image_holds_is_told_once(ray, labels):
    with pytest.warns(UserWarning, match="phase 9 does not occur") as told:
        found = characterise(labels, ("S2", "L"), phase=9, parallel=True)
    assert len(told) == 1
    assert np.isnan(found.curves["S2"].values).all()


def slow(images):
    """Where each image was measured, and a tenth of a second of work each."""
    time.sleep(0.1 * len(images))
    return [(int(image[0]), os.getpid()) for image in images]


def together(folder, images):
    """As `slow`; this process goes on from image 2 only when a worker has begun, however long that takes to start."""
    if os.getpid() != HERE:
        (folder / "begun").touch()
    deadline = time.monotonic() + 120
    while images[-1] > 1 and not (folder / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return slow(images)


def joined(results):
    return [one for part in results for one in part]


def test_workers_and_this_process_share_the_work(ray, tmp_path):
    told = []
    measure = partial(together, tmp_path)
    found = joined(spread(IMAGES, measure, forced=True, progress=lambda done, total: told.append((done, total))))
    assert [number for number, _ in found] == list(range(12))
    processes = {process for _, process in found}
    assert HERE in processes
    assert len(processes) > 1
    assert told[-1] == (12, 12)
    assert told == sorted(told)


def test_much_work_is_spread_unasked(ray, monkeypatch, tmp_path):
    monkeypatch.setattr("raysys.stats.sets.spreading.WORTH_SECONDS", 0.5)
    found = joined(spread(IMAGES, partial(together, tmp_path)))
    assert [number for number, _ in found] == list(range(12))
    assert len({process for _, process in found}) > 1


def heavy(folder, images):
    return np.full(100_000, images[0]), together(folder, images)


def test_results_are_no_views_of_rays_memory_which_ends_with_the_connection(ray, tmp_path):
    found = spread(IMAGES, partial(heavy, tmp_path), forced=True)
    assert len({process for _, part in found for _, process in part}) > 1
    for array, _ in found:
        assert array.flags.writeable
        assert array.flags.owndata


def test_little_work_stays_here(ray):
    found = spread(IMAGES, slow)  # a second of work, less than it takes to start a worker
    assert {process for _, process in joined(found)} == {HERE}
    assert [number for number, _ in joined(found)] == list(range(12))
    assert spread(IMAGES[:1], slow) == [[(0, HERE)]]


def test_nothing_waits_for_cpus_that_are_taken(ray, labels):
    @ray.remote(num_cpus=2)
    class Sleeper:
        def here(self):
            return True

    sleeper = Sleeper.remote()
    assert ray.get(sleeper.here.remote(), timeout=60)
    try:
        alone = characterise(labels, phase=5, parallel=False)
        assert equal(characterise(labels, phase=5, parallel=True), alone)
        assert {process for _, process in joined(spread(IMAGES, slow, forced=True))} == {HERE}
    finally:
        ray.kill(sleeper)


def mistaken(folder, error, wrong, images):
    found = together(folder, images)
    if wrong in images:
        raise error
    return found


@pytest.mark.parametrize("error", [RaysysError("it is no good"), ZeroDivisionError("division by zero")])
@pytest.mark.parametrize("wrong", [0, 11])  # in the first part, which a worker takes, and in this process's first one
def test_a_mistake_is_the_same_sentence_wherever_it_is_found(ray, tmp_path, error, wrong):
    with pytest.raises(type(error)) as raised:
        spread(IMAGES, partial(mistaken, tmp_path, error, wrong), forced=True)
    assert type(raised.value) is type(error)  # not one of Ray's that wraps it
    assert str(raised.value) == str(error)


def test_an_option_that_is_wrong_is_refused_as_ever(ray):
    with pytest.raises(RaysysError, match="r_max is 99"):
        characterise(np.zeros((4, 8, 8), np.uint8), r_max=99, parallel=True)


def deadly(folder, images):
    if os.getpid() != HERE:
        (folder / "begun").touch()
        os._exit(1)
    return together(folder, images)


def test_what_a_dying_worker_held_is_measured_here(ray, tmp_path):
    found = joined(spread(IMAGES, partial(deadly, tmp_path), forced=True))
    assert [number for number, _ in found] == list(range(12))
    assert {process for _, process in found} == {HERE}


def warning(folder, images):
    if os.getpid() != HERE:
        warnings.warn("it did not converge", UserWarning, stacklevel=1)
    return together(folder, images)


def test_warnings_of_workers_are_heard_once(ray, tmp_path):
    with pytest.warns(UserWarning, match="it did not converge") as told:
        spread(IMAGES, partial(warning, tmp_path), forced=True)
    assert len(told) == 1


def test_never_inside_a_ray_worker(ray):
    @ray.remote(num_cpus=2)  # all there are: a nested task would wait for ever
    def inside():
        from raysys.stats import characterise
        from raysys.stats.sets.spreading import at_hand

        images = np.ones((40, 32, 32), np.uint8)
        try:
            characterise(images, parallel=True)
        except Exception as error:
            return at_hand(None), str(error), characterise(images).n
        return None

    spreads, said, n = ray.get(inside.remote(), timeout=120)
    assert spreads is False
    assert "not the driver of a Ray" in said
    assert n == 40
    assert at_hand(None) is True
    assert at_hand(False) is False


def test_without_ray_nothing_changes_and_nothing_is_imported():
    program = (
        "import sys, numpy as np\n"
        "from raysys import RaysysError\n"
        "from raysys.stats import characterise\n"
        "images = np.ones((3, 8, 8), np.uint8)\n"
        "told = []\n"
        "characterise(images, ('S2', 'L'), progress=lambda *done: told.append(done))\n"
        "assert told == [(1, 2), (2, 2)], told\n"
        "try:\n"
        "    characterise(images, parallel=True)\n"
        "except RaysysError as error:\n"
        "    print(error)\n"
        "print('ray' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    said, loaded = done.stdout.splitlines()
    assert said.startswith("parallel=True, but this process is not the driver of a Ray that is initialised")
    assert loaded == "False"
