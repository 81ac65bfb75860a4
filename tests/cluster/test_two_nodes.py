"""Sweeps on a cluster of two nodes, launched in the two ways that docs/cluster.md shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from raysys.models.registry import tracking_client
from raysys.train.tracking import children

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

CLUSTERS = Path(__file__).resolve().parents[2] / "clusters"
SECOND_NODE = "127.0.0.2"
RECIPE = {
    "name": "tiny",
    "data": {"images": "skimage:gravel", "phase": "dark", "downscale": 4, "tile": 16, "stride": 16, "held_out": 0.375},
    "system": {"method": "autoencoder", "depth": 1, "width": 4, "latent_channels": 2},
    "training": {"steps": 4, "batch": 8, "validate_every": 4, "validation_images": 8},
    "sweep": {
        "searcher": "random",
        "stop_hopeless": False,
        "space": {"system.learning_rate": {"kind": "log-uniform", "low": 1e-4, "high": 1e-2}},
    },
}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder with nothing but a recipe: what `--working-dir` sends to the cluster."""
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "tiny.yaml").write_text(yaml.safe_dump(RECIPE))
    return folder


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    """Where the runs go: absolute, since a job works in a folder that Ray throws away."""
    return ["--set", f"storage={tmp_path / 'runs'}", "--set", f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}"]


def test_a_submitted_sweep_uses_both_nodes_and_its_runs_are_in_mlflow(
    two_nodes: Any, study: Path, places: list[str], tmp_path: Path
) -> None:
    sweep = ["sweep", "tiny.yaml", "--trials", 4, "--concurrent", 2]
    done = two_nodes.submit(study, two_nodes.program("raysys"), *sweep, *places)
    assert done.returncode == 0, done.stdout
    parent, trials = _runs(tmp_path)
    assert parent.info.status == "FINISHED"
    assert [trial.info.status for trial in trials] == ["FINISHED"] * 4
    nodes = {trial.data.tags["node"] for trial in trials}
    assert len(nodes) == 2
    assert SECOND_NODE in nodes
    assert all("autoencoding_error" in trial.data.metrics for trial in trials)
    assert (tmp_path / "runs" / "tiny" / "sweep-001" / "model" / "model.safetensors").is_file()


def test_the_script_of_ray_submit_joins_the_running_cluster(
    two_nodes: Any, study: Path, places: list[str], tmp_path: Path
) -> None:
    raylets = _raylets(two_nodes)
    sweep = [study / "tiny.yaml", "--trials", 2, "--concurrent", 2, *places]
    done = two_nodes.run("python", CLUSTERS / "sweep.py", *sweep, RAY_ADDRESS=two_nodes.address)
    assert done.returncode == 0, done.stdout
    _, trials = _runs(tmp_path)
    # A Ray of its own would have had one node, and not this one.
    assert SECOND_NODE in {trial.data.tags["node"] for trial in trials}
    assert _raylets(two_nodes) == raylets


def test_without_the_token_nobody_submits_a_job(two_nodes: Any) -> None:
    wrong = two_nodes.folder / "wrong-token"
    wrong.write_text("0" * 64)
    done = two_nodes.run("ray", "job", "list", "--address", two_nodes.dashboard, RAY_AUTH_TOKEN_PATH=str(wrong))
    assert done.returncode != 0
    assert "auth" in done.stdout.lower()


def _runs(folder: Path) -> tuple[Any, list[Any]]:
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    client = tracking_client(uri)
    experiment = client.get_experiment_by_name("raysys").experiment_id
    [parent] = client.search_runs([experiment], "tags.`raysys.kind` = 'sweep'")
    return parent, children(parent.info.run_id, experiment="raysys", uri=uri)


def _raylets(nodes: Any) -> set[int]:
    return {process.pid for process in nodes.processes() if process.name() == "raylet"}
