"""What a cluster will never have room for is refused at once, in one sentence: Ray itself would wait for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from support.training import own_folder, recipe_file, tiny
from support.walking import Stroll

from raysys import RaysysError
from raysys.cluster import connected, places, warn_if_taken
from raysys.farm import Resources, run
from raysys.farm.altered import Needing
from raysys.models.shipped import trained_models
from raysys.train import sweep, train

__all__ = ["own_folder", "recipe_file", "tiny"]  # fixtures
pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """A Ray with two CPUs and no GPU."""
    with connected("local", num_cpus=2, num_gpus=0):
        yield


def test_places_are_counted_in_whole_workers() -> None:
    assert [places({"CPU": need}) for need in (2, 1, 0.7, 0.1, 3)] == [1, 2, 2, 20, 0]
    assert places({"CPU": 1, "GPU": 1}) == 0
    assert places({"CPU": 1, "GPU": 0}) == 2


@pytest.mark.parametrize(
    ("scaling", "sentence"),
    [
        (
            {"workers": 4},
            "needs 4 workers of 1 CPU each, and the cluster, with 2 CPUs, has room for 2; allowed: a smaller "
            "scaling.workers or scaling.cpus_per_worker",
        ),
        (
            {"gpu": True},
            "needs 1 worker of 1 CPU and 1 GPU each, and the cluster, with 2 CPUs and 0 GPUs, has room for 0; allowed: "
            "a smaller scaling.workers or scaling.cpus_per_worker, scaling.gpu: false",
        ),
    ],
)
def test_a_training_and_a_sweep_of_too_many_workers(tiny, scaling: dict, sentence: str) -> None:
    space = {"system.learning_rate": {"kind": "log-uniform", "low": 1e-4, "high": 1e-3}}
    recipe = tiny(scaling=scaling, sweep={"space": space, "trials": 1})
    with pytest.raises(RaysysError, match=re.escape(f"training {sentence}")):
        train(recipe)
    with pytest.raises(RaysysError, match=re.escape(f"a trial {sentence}")):
        sweep(recipe)


def test_a_farm_whose_workers_are_too_large() -> None:
    for resources, wanted in ((Resources(3), "3 CPUs"), (Resources(1, 1), "1 CPU and 1 GPU")):
        with pytest.raises(RaysysError, match=f"strolling needs 1 worker of {wanted} each, and the cluster, with 2 CP"):
            run(Needing(Stroll(), resources), 1)


def test_an_endpoint_whose_replicas_need_gpus() -> None:
    from raysys.serve import start

    name, folder = next(iter(trained_models().items()))
    with pytest.raises(RaysysError, match="the endpoint needs 2 workers of 1 GPU each, and the cluster, with 0 GPUs"):
        start({name: str(folder)}, port=0, replicas=2, num_gpus=1)


def test_a_cluster_whose_places_are_taken_is_told_of(tmp_path: Path) -> None:
    @ray.remote(num_cpus=2)
    class Other:
        def here(self) -> bool:
            return True

    other = Other.remote()
    assert ray.get(other.here.remote())
    with pytest.warns(UserWarning, match="training waits for CPUs that others use: it needs 1, and 0 of 2 are free"):
        warn_if_taken(1, {"CPU": 1}, what="training")
    ray.kill(other)
