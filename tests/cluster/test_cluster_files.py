"""The cluster files are what Ray's launcher accepts, and do no harm to other users of the machines."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import ray
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.serve.schema import ServeDeploySchema

from raysys.serve import Settings, build

ROOT = Path(__file__).resolve().parents[2]
SERVE = ROOT / "clusters" / "serve.yaml"  # Serve's own kind of file, and none of the launcher's
FILES = sorted(path for path in (ROOT / "clusters").glob("*.yaml") if "cluster_name:" in path.read_text())
SCRIPTS = ("sweep", "train", "anneal", "synthesise", "study", "serve")
COMMANDS = ("initialization_commands", "setup_commands", "head_setup_commands", "worker_setup_commands")
START = ("head_start_ray_commands", "worker_start_ray_commands")


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def cluster(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One cluster file."""
    return yaml.safe_load(request.param.read_text())


def test_it_follows_rays_schema(cluster: dict[str, Any]) -> None:
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    jsonschema.validate(cluster, schema)


def test_the_launcher_accepts_it_with_its_defaults(cluster: dict[str, Any]) -> None:
    validate_config(prepare_config(cluster))


def test_its_commands_are_shell(cluster: dict[str, Any]) -> None:
    for command in [command for section in COMMANDS + START for command in cluster.get(section, [])]:
        subprocess.run(["bash", "-n", "-c", command], check=True)


def test_every_node_gets_the_token_and_asks_for_it(cluster: dict[str, Any]) -> None:
    assert "~/.ray/auth_token" in cluster["file_mounts"]
    for section in START:
        started = [command for command in cluster[section] if "ray start" in command]
        assert len(started) == 1
        assert "RAY_AUTH_MODE=token ray start" in started[0]


def test_it_mounts_what_an_installation_needs(cluster: dict[str, Any]) -> None:
    mounted = {there.removeprefix("~/raysys-source/"): here for there, here in cluster["file_mounts"].items()}
    needed = {"raysys", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    assert needed <= set(mounted)
    assert all((ROOT / mounted[name]).exists() for name in needed)


def test_images_carry_the_ray_that_raysys_is_tested_with(cluster: dict[str, Any]) -> None:
    for image in (value for key, value in cluster.get("docker", {}).items() if key.endswith("image")):
        assert f":{ray.__version__}-" in image


def test_every_cloud_has_its_file_and_says_which_machine_image(cluster: dict[str, Any]) -> None:
    """Ray's own defaults bring drivers that are too old for torch."""
    assert [path.stem for path in FILES] == ["aws", "azure", "gcp", "on-premises"]
    for node in cluster.get("available_node_types", {}).values():
        config = node["node_config"]
        disks = [disk["initializeParams"] for disk in config.get("disks", [])]
        named = [config.get("ImageId"), config.get("azure_arm_parameters", {}).get("imageSku")]
        named += [disk.get("sourceImage") for disk in disks]
        assert any(named) or cluster["provider"]["type"] == "local"


def test_machines_that_others_use_are_not_swept_clean() -> None:
    shared = yaml.safe_load((ROOT / "clusters" / "on-premises.yaml").read_text())
    assert not [command for section in START for command in shared[section] if "ray stop" in command]


@pytest.mark.parametrize("command", SCRIPTS)
def test_the_scripts_hand_over_to_the_command_line(command: str) -> None:
    script = ROOT / "clusters" / f"{command}.py"
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert f"raysys {command}" in done.stdout


def test_the_endpoints_file_is_what_serve_and_the_endpoint_accept() -> None:
    config = ServeDeploySchema.model_validate(yaml.safe_load(SERVE.read_text()))
    (application,) = config.applications
    module, name = application.import_path.split(":")
    assert getattr(importlib.import_module(module), name) is build
    bound = build(Settings.model_validate(application.args))
    assert bound._bound_deployment.name == "gate"
    assert config.http_options.request_timeout_s > Settings.model_validate(application.args).limits.timeout_s
