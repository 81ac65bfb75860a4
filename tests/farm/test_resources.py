"""What a worker needs, in numbers and in words."""

import pytest

from raysys import RaysysError
from raysys.farm import Resources

CLUSTER = {"CPU": 8.0, "GPU": 2.0, "memory": 1e9}


@pytest.mark.parametrize(
    ("resources", "places", "threads"),
    [
        (Resources(), 8, 1),
        (Resources(3), 2, 3),
        (Resources(1, 1), 2, 1),
        (Resources(1, 0.25), 8, 1),
        (Resources(0, 0.5), 4, 1),
        (Resources(16), 1, 16),  # asked for all the same: the cluster may grow
    ],
)
def test_workers_are_as_many_as_fit_and_run_a_thread_for_each_cpu(resources, places, threads):
    assert (resources.places(CLUSTER), resources.threads) == (places, threads)


def test_a_cluster_without_gpus_has_one_place_to_wait_for():
    assert Resources(1, 1).places({"CPU": 8.0}) == 1


@pytest.mark.parametrize("numbers", [(0, 0), (-1, 1), (1, -0.5)])
def test_no_worker_needs_nothing(numbers):
    with pytest.raises(RaysysError, match="allowed: numbers >= 0, and one above"):
        Resources(*numbers)


def test_what_is_missing_is_said_of_each_kind():
    assert Resources().missing(2, CLUSTER, {"CPU": 0.0}) == (
        "no worker got a CPU within 2 s; the cluster has 8 CPUs, of which 0 are free; each worker needs 1"
    )
    assert Resources(4, 1).missing(0.5, {"CPU": 1.0}, {"CPU": 1.0}) == (
        "no worker got 4 CPUs and 1 GPU within 0.5 s; the cluster has 1 CPU, of which 1 are free, and 0 GPUs, of which "
        "0 are free; each worker needs 4 CPUs and 1 GPU"
    )
