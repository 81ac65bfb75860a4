"""What a worker of a farm needs of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from raysys.cluster import counted
from raysys.errors import RaysysError

__all__ = ["Resources"]


@dataclass(frozen=True)
class Resources:
    """CPUs and GPUs of one worker; several workers may share a GPU by shares such as 0.5.

    Raises
    ------
    RaysysError
        If a number is negative, or a worker would need nothing at all.
    """

    cpus: float = 1
    gpus: float = 0

    def __post_init__(self) -> None:
        if min(self.cpus, self.gpus) < 0 or self.cpus + self.gpus == 0:
            raise RaysysError(
                f"a farm's worker with {self.cpus:g} CPUs and {self.gpus:g} GPUs; allowed: numbers >= 0, and one above"
            )

    @property
    def threads(self) -> int:
        """Numerical threads that a worker may run: one for each of its CPUs."""
        return max(1, int(self.cpus))

    def places(self, cluster: Mapping[str, float]) -> int:
        """Workers for which a cluster of these resources ("CPU", "GPU") has room, and one at least."""
        return max(1, int(min(cluster.get(kind, 0) / need for kind, need in self.by_kind.items())))

    @property
    def by_kind(self) -> dict[str, float]:
        """As Ray names them; what is not needed is left out."""
        return {kind: need for kind, need in (("CPU", self.cpus), ("GPU", self.gpus)) if need}

    def missing(self, seconds: float, cluster: Mapping[str, float], free: Mapping[str, float]) -> str:
        """The sentence for a cluster in which no worker has begun within `seconds`."""
        single = (self.cpus, self.gpus) == (1, 0)
        wanted = " and ".join(counted(need, kind) for kind, need in self.by_kind.items())
        there = ", and ".join(
            f"{counted(cluster.get(kind, 0), kind)}, of which {free.get(kind, 0):g} are free" for kind in self.by_kind
        )
        return (
            f"no worker got {'a CPU' if single else wanted} within {seconds:g} s; the cluster has {there}; each worker "
            f"needs {'1' if single else wanted}"
        )
