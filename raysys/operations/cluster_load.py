"""What a cluster has, what of it is free, and who waits for what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from raysys.cluster import connected, counted

__all__ = ["Load", "cluster_load"]

KINDS = ("CPU", "GPU")


@dataclass(frozen=True)
class Load:
    """A cluster at one moment.

    Attributes
    ----------
    nodes
        That are alive.
    resources
        {kind: (all, free)} of CPUs and GPUs.
    waiting
        Who waits for what, in sentences.
    endpoints
        {application: state} of Ray Serve.
    """

    nodes: int
    resources: dict[str, tuple[float, float]]
    waiting: list[str] = field(default_factory=list)
    endpoints: dict[str, str] = field(default_factory=dict)


def cluster_load(address: str | None = None) -> Load:
    """Ask the Ray at an address; RaysysError if none answers."""
    with connected(address):
        import ray
        from ray.util import placement_group_table

        alive = [node for node in ray.nodes() if node["Alive"]]
        total, free = ray.cluster_resources(), ray.available_resources()
        resources = {kind: (total[kind], free.get(kind, 0.0)) for kind in KINDS if kind in total}
        return Load(len(alive), resources, _waiting(placement_group_table().values()), _endpoints())


def _waiting(groups: Any) -> list[str]:
    """What groups of workers wait for: those of a training get their CPUs all at once, or none."""
    sentences = []
    for group in groups:
        if group["state"] not in ("PENDING", "PREPARED", "RESCHEDULING"):
            continue
        each = Counter(
            " and ".join(counted(need, kind) for kind, need in bundle.items() if kind in KINDS)
            for bundle in group["bundles"].values()
        )
        wanted = ", ".join(f"{count} x {what}" for what, count in each.items() if what)
        sentences.append(f"{group['name'] or 'a group of workers'} waits for {wanted or 'its place'}")
    return sentences


def _endpoints() -> dict[str, str]:
    """The applications of Ray Serve; none where it does not run."""
    import ray

    # Asking Serve itself would start it.
    names = [actor["name"] for actor in ray.util.list_named_actors(all_namespaces=True)]
    if "SERVE_CONTROLLER_ACTOR" not in names:
        return {}
    from ray import serve

    return {name: str(found.status.value).lower() for name, found in serve.status().applications.items()}
