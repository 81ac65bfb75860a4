"""Threads: large images are measured side by side, and what is measured is the same, bit for bit."""

import os
import signal
import threading

import numpy as np
import pytest
from support.references import gaussian_field

from raysys.stats import (
    autocorrelation,
    effective_diffusivity,
    local_thickness,
    permeability,
    polytope,
    pore_size,
    threads,
    two_point,
    two_point_radial,
)
from raysys.stats.threads import over_threads, thread_count

MEASURES = {
    "S2": lambda images: two_point(images).values,
    "S2 periodic": lambda images: two_point(images, boundary="periodic").values,
    "P4": lambda images: polytope(images, "P4").values,
    "S2_radial": lambda images: two_point_radial(images).values,
    "map": lambda images: autocorrelation(images, boundary="open"),
    "pore_size": lambda images: pore_size(images).values,
    "thickness": lambda images: local_thickness(images),
    "diffusivity": lambda images: effective_diffusivity(images).effective,
    "permeability": lambda images: permeability(images, axis=0, max_steps=60).k,
}


@pytest.fixture
def three_threads(monkeypatch):
    monkeypatch.setattr(threads, "thread_count", lambda size: 3)
    for module in ("packed", "transport.streaming"):
        monkeypatch.setattr(f"raysys.stats.{module}.thread_count", lambda size: 3)


@pytest.mark.parametrize("shape", [(40, 70), (20, 24, 30)])
@pytest.mark.parametrize("name", MEASURES)
def test_threads_measure_what_one_does(name, shape, request):
    images = gaussian_field(shape, phi=0.6, sigma=2, n=2)
    alone = MEASURES[name](images)
    request.getfixturevalue("three_threads")
    np.testing.assert_array_equal(MEASURES[name](images), alone)


def test_ranges_make_up_the_whole_and_are_worked_on_by_several(three_threads):
    seen, workers, meeting = np.zeros(100, int), set(), threading.Barrier(3, timeout=20)

    def work(first, last):
        if threading.get_ident() not in workers:
            workers.add(threading.get_ident())
            meeting.wait()  # passed only by three threads at a time
        seen[first:last] += 1

    over_threads(work, 100, 1)
    np.testing.assert_array_equal(seen, 1)
    assert len(workers) == 3


def test_threads_within_threads_do_not_wait_for_each_other(three_threads):
    seen = np.zeros((9, 7), int)

    def rows(first, last):
        for row in range(first, last):
            over_threads(lambda i, j, row=row: seen[row, i:j].__iadd__(1), 7, 1)

    over_threads(rows, 9, 1)
    np.testing.assert_array_equal(seen, 1)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(three_threads):
    over_threads(lambda first, last: None, 10, 1)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            over_threads(lambda first, last: None, 10, 1)
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_an_error_in_a_thread_is_that_of_the_call(three_threads):
    with pytest.raises(ZeroDivisionError):
        over_threads(lambda first, last: 1 // 0, 10, 1)


def test_small_images_and_workers_with_one_thread_stay_alone(monkeypatch):
    assert thread_count(1000) == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert thread_count(1 << 40) == 1
