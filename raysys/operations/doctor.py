"""What a first run on a machine, or on a cluster's nodes, would stumble over: each thing looked at, with what helps."""

from __future__ import annotations

import os
import re
import resource
import shutil
import stat
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from raysys.cache import cache_folder, is_writable
from raysys.errors import RaysysError
from raysys.files import written_aside

__all__ = ["Finding", "doctor"]

GIGABYTE = 1 << 30
SHARED_MEMORY, FREE = 1 * GIGABYTE, 2 * GIGABYTE
OPEN_FILES = 4096
SKEW = 2.0  # seconds between clocks, beyond which the order of events in MLflow is not what it was


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: "ok", a "remark" that need not be minded, or "bad" with the sentence that helps."""

    what: str
    verdict: Literal["ok", "remark", "bad"]
    words: str


def doctor(
    storage: str | Path = "runs", *, tracking_uri: str | None = None, address: str | None = None
) -> Iterator[Finding]:
    """Look at this machine, and at every node of the cluster, if one is named.

    Parameters
    ----------
    storage
        Where runs are to be kept.
    tracking_uri
        MLflow's location; the usual one by default.
    address
        Of a Ray cluster; RAY_ADDRESS by default. Without either, each command starts a Ray of its own.

    Yields
    ------
    Finding
        One after the other, as each is looked at.
    """
    yield from versions()
    yield from accelerators()
    yield shared_memory()
    yield open_files()
    yield storage_found(Path(storage))
    yield compiled_code()
    yield tracking(tracking_uri)
    yield token()
    address = address or os.environ.get("RAY_ADDRESS")
    if address in (None, "local"):
        yield Finding("Ray", "remark", "no cluster is named (--address, RAY_ADDRESS): each command starts its own Ray")
    else:
        yield from nodes(str(address), Path(storage))


def versions() -> Iterator[Finding]:
    """Python, and what raysys needs, against what it asks for."""
    from packaging.requirements import Requirement

    yield Finding("Python", "ok" if sys.version_info >= (3, 11) else "bad", sys.version.split()[0])
    wanted = [Requirement(line) for line in metadata.requires("raysys") or ()]
    for one in wanted:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            there = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            yield Finding(one.name, "bad", f"is missing; pip install '{one}'")
            continue
        if not one.specifier.contains(there, prereleases=True):
            yield Finding(one.name, "bad", f"is {there}, and raysys asks for {one.specifier}; pip install '{one}'")
        elif one.name in ("ray", "torch", "mlflow"):
            yield Finding(one.name, "ok", there)


def accelerators() -> Iterator[Finding]:
    """GPUs as torch sees them, and as the system has them."""
    import torch

    count, driver = torch.cuda.device_count(), shutil.which("nvidia-smi")
    if count:
        names = ", ".join(dict.fromkeys(torch.cuda.get_device_name(k) for k in range(count)))
        yield Finding("GPUs", "ok", f"{count} x {names}, CUDA {torch.version.cuda}")
        nccl = torch.distributed.is_available() and torch.distributed.is_nccl_available()
        words = "is there" if nccl else "is not in this torch, so several GPUs cannot train together"
        yield Finding("NCCL", "ok" if nccl else "bad", words)
    elif driver:
        built = f"for CUDA {torch.version.cuda}" if torch.version.cuda else "without CUDA"
        yield Finding(
            "GPUs", "bad", f"{driver} is there, but torch {torch.__version__}, built {built}, sees none; install the "
            "torch of the driver's CUDA version"
        )  # fmt: skip
    else:
        yield Finding("GPUs", "remark", "none: training runs on CPUs")


def shared_memory(place: str = "/dev/shm") -> Finding:
    """Room where Ray keeps its objects."""
    try:
        free = shutil.disk_usage(place).free
    except OSError:
        return Finding("shared memory", "remark", f"there is no {place}; Ray keeps objects on disk, which is slower")
    if free < SHARED_MEMORY:
        return Finding(
            "shared memory", "bad", f"{place} has {free / 1e6:.0f} MB; give a container more: docker run --shm-size=2g"
        )
    return Finding("shared memory", "ok", f"{free / GIGABYTE:.1f} GiB free in {place}")


def open_files() -> Finding:
    """How many files a process may have open; every worker of Ray takes dozens."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = soft >= OPEN_FILES or soft == resource.RLIM_INFINITY
    words = f"{soft} at a time" if enough else f"{soft} at a time; ulimit -n {min(hard, 65536)} before Ray is started"
    return Finding("open files", "ok" if enough else "bad", words)


def storage_found(folder: Path) -> Finding:
    """Whether runs can be kept in a folder, and are safe from a second driver."""
    place = folder.resolve()
    while not place.exists():
        place = place.parent
    try:
        with written_aside(place / f".raysys-doctor-{os.getpid()}") as aside:
            aside.write_text("x")
        (place / f".raysys-doctor-{os.getpid()}").unlink()
        free = shutil.disk_usage(place).free
        locks = _locks(place)
    except OSError as error:
        return Finding("storage", "bad", f"{folder} cannot be written to ({error.strerror}); name another (--storage)")
    if free < FREE:
        return Finding("storage", "bad", f"{folder} has {free / 1e6:.0f} MB left; make room, or name another place")
    if not locks:
        return Finding("storage", "bad", f"{folder} is on a file system without locks: mount it with them")
    return Finding("storage", "ok", f"{folder} can be written to, {free / GIGABYTE:.0f} GiB are free")


def compiled_code() -> Finding:
    """Where kernels are kept once they are compiled."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if is_writable(Path(named) if named else cache_folder()):
        return Finding("cache", "ok", f"{named or cache_folder()}")
    return Finding(
        "cache", "bad", f"{named or cache_folder()} cannot be written to; set RAYSYS_CACHE to a folder that can"
    )


def tracking(uri: str | None) -> Finding:
    """Whether MLflow can be written to."""
    from raysys.models.registry import SQLITE, nothing_tracked, tracking_location

    try:
        place = tracking_location(uri)
    except RaysysError as error:
        return Finding("MLflow", "bad", str(error))
    if place.startswith(SQLITE):
        file = Path(place.removeprefix(SQLITE))
        if not is_writable(file.parent):
            return Finding("MLflow", "bad", f"{file} cannot be written to; work in another folder, or name a server")
        made = "is made at the first run" if nothing_tracked(uri) else "is there"
        return Finding("MLflow", "ok", f"{file} {made}; a cluster of several machines needs a server")
    try:
        began = time.monotonic()
        urllib.request.urlopen(f"{place.rstrip('/')}/health", timeout=5).close()
    except (OSError, ValueError) as error:
        return Finding("MLflow", "bad", f"no server answers at {_hidden(place)} ({getattr(error, 'reason', error)})")
    return Finding("MLflow", "ok", f"{_hidden(place)} answers in {1000 * (time.monotonic() - began):.0f} ms")


def token() -> Finding:
    """Who may join the cluster."""
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    file = Path(named) if named else Path("~/.ray/auth_token").expanduser()
    if os.environ.get("RAY_AUTH_TOKEN"):
        return Finding("token", "ok", "in RAY_AUTH_TOKEN")
    if not file.is_file():
        return Finding(
            "token", "remark", f"there is no {file}: ray get-auth-token --generate, before a cluster is started"
        )
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Finding("token", "bad", f"others may read {file}, and so run code on the cluster: chmod 600 {file}")
    if os.environ.get("RAY_AUTH_MODE") != "token":
        return Finding("token", "remark", f"{file} is there; ray and raysys ask for it once RAY_AUTH_MODE=token is set")
    return Finding("token", "ok", str(file))


def nodes(address: str, storage: Path) -> Iterator[Finding]:
    """Every node of a cluster: its versions, its clock, whether it sees the storage."""
    from raysys.cluster import connected

    try:
        with connected(address):
            yield from _each_node(storage.resolve())
    except RaysysError as error:
        yield Finding("Ray", "bad", str(error))


def _each_node(storage: Path) -> Iterator[Finding]:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as On

    alive = [node for node in ray.nodes() if node["Alive"]]
    total, free = ray.cluster_resources(), ray.available_resources()
    room = ", ".join(
        f"{free.get(kind, 0):g} of {total[kind]:g} {kind}s free" for kind in ("CPU", "GPU") if kind in total
    )
    yield Finding("Ray", "ok", f"{len(alive)} nodes, {room}")
    here = _facts(str(storage))
    for node in alive:
        asked_at = time.time()
        asked = ray.remote(_facts).options(num_cpus=0, scheduling_strategy=On(node["NodeID"], soft=False))
        try:
            there = ray.get(asked.remote(str(storage)), timeout=60)
        except ray.exceptions.RayError as error:
            yield Finding(node["NodeManagerAddress"], "bad", f"gives no answer ({type(error).__name__})")
            continue
        # Its clock showed the time of the answer somewhere between the question and now.
        skew = max(asked_at - there["time"], there["time"] - time.time(), 0.0)
        yield _node(node["NodeManagerAddress"], there, here, skew)


def _node(name: str, there: dict[str, Any], here: dict[str, Any], skew: float) -> Finding:
    wrong = [
        f"{what} is {there['versions'][what]} there and {version} here"
        for what, version in here["versions"].items()
        if there["versions"][what] != version
    ]
    if not there["storage"]:
        wrong.append("it does not see the storage, or cannot write to it: a folder on a disk that all nodes share")
    if skew > SKEW:
        wrong.append(f"its clock is {skew:.0f} s off: let all machines ask one time server")
    return Finding(name, "bad" if wrong else "ok", "; ".join(wrong) or f"{there['host']}, storage can be written to")


def _facts(storage: str) -> dict[str, Any]:
    """Of the node that this runs on."""
    import socket

    names = ("raysys", "ray", "torch")
    found: dict[str, Any] = {"host": socket.gethostname(), "time": time.time()}
    found["versions"] = {name: metadata.version(name) for name in names} | {"Python": sys.version.split()[0]}
    return found | {"storage": storage_found(Path(storage)).verdict == "ok"}


def _locks(place: Path) -> bool:
    """Whether a driver can lock a folder there."""
    import fcntl
    import tempfile

    with tempfile.NamedTemporaryFile(prefix=".raysys-doctor-", dir=place) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _hidden(uri: str) -> str:
    """An address without the password that may stand in it."""
    return re.sub(r"//[^/@]*@", "//***@", uri)
