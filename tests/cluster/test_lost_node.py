"""A node of the cluster dies while it anneals: its chains go on elsewhere, to the same images."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from raysys.anneal import Schedule, Target, anneal
from raysys.data import gaussian_random_field, read_images, write_images

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

SCHEDULE = Schedule(stages=200, moves=400_000)
OPTIONS = ("--shape", 64, 64, "--stages", 200, "--moves", 400_000, "--r-max", 20, "--chains", 4, "--checkpoint", 0.5)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    fields = gaussian_random_field((64, 64), correlation_length=3, phase_fraction=0.4, seed=0, n=2)
    write_images(tmp_path / "tiles.npy", fields)
    return tmp_path / "tiles.npy"


def test_chains_of_a_lost_node_go_on_elsewhere(two_nodes: Any, images: Path, tmp_path: Path) -> None:
    command = [Path(sys.executable).parent / "raysys", "anneal", images, *OPTIONS, "--out", tmp_path / "farm"]
    with (tmp_path / "log").open("w") as log:
        driver = subprocess.Popen(
            [*map(str, command), "--no-track", "--address", two_nodes.address],
            env=two_nodes.environment,
            stdout=log,
            stderr=log,
        )
        try:
            _until_both_nodes_work(tmp_path / "farm" / "chains", driver, tmp_path / "log")
            lost = _second_node(two_nodes)
            assert any("FarmWorker" in _words(process) for process in lost)
            for process in lost:
                process.kill()
            assert driver.wait(timeout=400) == 0, (tmp_path / "log").read_text()
        finally:
            driver.kill()
    found = read_images(tmp_path / "farm" / "images.tif") // 255
    target = Target.from_images(read_images(images), r_max=20)
    for chain, image in enumerate(found):
        np.testing.assert_array_equal(image, anneal(target, (64, 64), seed=0, chain=chain, schedule=SCHEDULE).image)


def _until_both_nodes_work(chains: Path, driver: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 200
    while len(list(chains.glob("chain-*.npz"))) < 2:  # one CPU each: two chains under way are on two nodes
        assert driver.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def _second_node(two_nodes: Any) -> list[psutil.Process]:
    """The raylet of the second node, and what it has started."""
    raylets = [process for process in two_nodes.processes() if process.name() == "raylet"]
    (second,) = [process for process in raylets if f"{two_nodes.folder}/2" in _words(process)]
    return [second, *second.children(recursive=True)]


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
