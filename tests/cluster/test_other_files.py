"""Kubernetes, Slurm and containers: what is there fits together, and says no secret; nothing of it is started here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import ray
import yaml
from ray.serve.schema import ServeDeploySchema

from raysys.serve.application import Settings

CLUSTERS = Path(__file__).resolve().parents[2] / "clusters"
KUBERNETES = CLUSTERS / "kubernetes"
OVERLAYS = ("cpu", "gpu")
# What KubeRay knows of each kind, of those fields that stand in our files (its reference of ray.io/v1, of 1.6).
CLUSTER = {
    *("rayVersion", "authOptions", "enableInTreeAutoscaling", "autoscalerOptions", "headGroupSpec", "workerGroupSpecs"),
}
SPECS = {
    "RayCluster": CLUSTER,
    "RayJob": {"entrypoint", "shutdownAfterJobFinishes", "ttlSecondsAfterFinished", "backoffLimit", "rayClusterSpec"},
    "RayService": {"serveConfigV2", "rayClusterConfig"},
}


def objects(text: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(text) if one]


def ray_clusters(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The specifications of Ray clusters among objects."""
    inside = {"RayCluster": None, "RayJob": "rayClusterSpec", "RayService": "rayClusterConfig"}
    kinds = [(one, inside[one["kind"]]) for one in found if one["kind"] in inside]
    return [one["spec"][name] if name else one["spec"] for one, name in kinds]


@pytest.fixture(scope="module")
def overlays() -> dict[str, list[dict[str, Any]]]:
    """What `kubectl apply -k` would send, by overlay."""
    if shutil.which("kubectl") is None:
        pytest.skip("needs kubectl")
    commands = {name: ["kubectl", "kustomize", KUBERNETES / "overlays" / name] for name in OVERLAYS}
    built = {name: subprocess.check_output(command, text=True) for name, command in commands.items()}
    return {name: objects(text) for name, text in built.items()}


@pytest.fixture(scope="module")
def alone() -> list[dict[str, Any]]:
    """What is applied after the base."""
    return [one for name in ("sweep", "endpoint") for one in objects((KUBERNETES / f"{name}.yaml").read_text())]


def test_overlays_are_built_and_differ_in_their_workers_alone(overlays: dict[str, list[dict[str, Any]]]) -> None:
    for name, found in overlays.items():
        assert {one["kind"] for one in found} == {
            *("Namespace", "PersistentVolumeClaim", "Deployment", "Service", "RayCluster"),
        }
        assert {one["metadata"].get("namespace", "raysys") for one in found} == {"raysys"}
        (spec,) = ray_clusters(found)
        (workers,) = spec["workerGroupSpecs"]
        (container,) = workers["template"]["spec"]["containers"]
        assert container["image"].endswith(f"raysys:{name}")
        limits = container["resources"]["limits"]
        assert limits.get("nvidia.com/gpu") == {"cpu": None, "gpu": 1}[name]
        assert container["resources"]["requests"] == limits  # Ray counts what is there by the limits


def test_every_kind_has_fields_that_the_operator_knows(
    overlays: dict[str, list[dict[str, Any]]], alone: list[dict[str, Any]]
) -> None:
    for one in [*alone, *(one for found in overlays.values() for one in found)]:
        if one["kind"] in SPECS:
            assert one["apiVersion"] == "ray.io/v1"
            assert set(one["spec"]) <= SPECS[one["kind"]], one["kind"]
    for spec in [*ray_clusters(alone), *(spec for found in overlays.values() for spec in ray_clusters(found))]:
        assert set(spec) <= CLUSTER
        assert spec["rayVersion"] == ray.__version__
        assert spec["authOptions"] == {"mode": "token"}
        head, (workers,) = spec["headGroupSpec"], spec["workerGroupSpecs"]
        assert head["rayStartParams"]["num-cpus"] == "0"
        assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
        for pod in (head["template"]["spec"], workers["template"]["spec"]):
            assert pod["securityContext"]["runAsNonRoot"]
            mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
            assert mounted == {volume["name"] for volume in pod["volumes"]} == {"shared", "memory"}


def test_the_endpoint_is_one_that_serve_and_raysys_accept(alone: list[dict[str, Any]]) -> None:
    (service,) = (one for one in alone if one["kind"] == "RayService")
    deployed = ServeDeploySchema.model_validate(yaml.safe_load(service["spec"]["serveConfigV2"]))
    (application,) = deployed.applications
    assert application.import_path == "raysys.serve.application:build"
    settings = Settings.model_validate(application.args)
    assert settings.access.token_sha256 is None  # it comes from a secret
    assert "endpoint-serve-svc" in settings.access.hosts  # by which others in the cluster ask
    head = service["spec"]["rayClusterConfig"]["headGroupSpec"]["template"]["spec"]["containers"][0]
    assert {"name": "RAYSYS_TOKEN", "valueFrom": {"secretKeyRef": {"name": "endpoint", "key": "token"}}} in head["env"]


def test_the_script_for_slurm_is_shell_and_says_how_it_is_used() -> None:
    script = CLUSTERS / "slurm.sh"
    subprocess.run(["bash", "-n", script], check=True)
    done = subprocess.run(["bash", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage: sbatch" in done.stderr
    head = [line for line in script.read_text().splitlines() if line.startswith("#SBATCH ")]
    assert "#SBATCH --signal=B:TERM@120" in head  # to the script itself, which tells raysys
    assert not re.search(r"^ *ray stop", script.read_text(), re.M)  # it would end other jobs of the machine, too


def test_the_image_runs_as_nobody_special_and_has_the_versions_that_are_tested() -> None:
    text = (CLUSTERS / "Dockerfile").read_text()
    stages = re.split(r"^FROM ", text, flags=re.M)[1:]
    assert "-c constraints.txt" in text
    for stage in stages[1:3]:
        assert re.findall(r"^USER (\w+)", stage, re.M)[-1] == "raysys"
    assert stages[-1].strip() == "raysys"  # what is built without --target
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M)
    assert all((CLUSTERS.parent / name).exists() for names in copied for name in names.split())


def test_compose_names_no_password_and_opens_no_port_to_others() -> None:
    text = (CLUSTERS / "docker-compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        for key, value in service.get("environment", {}).items():
            assert "PASSWORD" not in key or value.startswith("${"), key
    needed = set(re.findall(r"\$\{(\w+):\?", text))
    assert needed == set(re.findall(r"^(\w+)=", (CLUSTERS / "docker-compose.env.example").read_text(), re.M))
    assert services["mlflow"]["build"]["target"] in re.findall(
        r"AS (\w+)$", (CLUSTERS / "Dockerfile").read_text(), re.M
    )
